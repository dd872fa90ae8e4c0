"""The judge's heart: demand replayed against a fleet, one decision after the other, compiled.

A VM starts on the host that the rule likes best (`weighing.py`). One that fits nowhere is refused and does
not come back; no rule refuses while any host has room.

What the rules see may lag behind (`Setting.lag`): they look at the state of the last look, with their own
starts since then where claims are on. Where the chosen host has no room in truth, the start has failed and is
run again on the next best, and where none seems to have room, all are looked at again.
"""

from typing import NamedTuple

import numpy as np

from benchmarks.placement.replaying import ages as learning
from benchmarks.placement.replaying.ages import Ages, new_ages
from benchmarks.placement.replaying.compiled import compiled
from benchmarks.placement.replaying.state import EMPTY, NOWHERE, Demand, Fleet, Real, State, Whole, new_state
from benchmarks.placement.replaying.weighing import FRAGMENTATION_AGED, Scratch, Setting, choose, new_scratch, put, walk

_NO_TIME = 1e-12


class Outcome(NamedTuple):
    """What came of it."""

    host: Whole
    """By VM: the host that it started on, NOWHERE where it was refused."""
    failed: int
    """Starts on hosts that had no room."""
    largest: float
    """Share of time in which one more VM could have had a whole card, mean over the models."""
    spare: float
    """Hosts with cards on which nothing ran, mean over time."""


@compiled
def seat(state: State, demand: Demand, table: Whole, vm: int, index: int, card: int) -> None:
    """One of the VM's instances created on the card."""
    state.member[card, state.used[card]] = vm
    put(state.size, state.used, state.held, table, demand.kind[vm], card)
    state.card[vm, index] = card


@compiled
def start(fleet: Fleet, state: State, demand: Demand, vm: int, host: int, scratch: Scratch) -> bool:
    """The VM started on the host by its allocator; False, and nothing changed, where it refuses."""
    begin, end = fleet.first[host], fleet.first[host + 1]
    table, kind, count = fleet.places[fleet.model[begin]], demand.kind[vm], demand.count[vm]
    if not walk(state.size[begin:end], state.used[begin:end], table, kind, count, scratch.cards):
        return False
    for index in range(count):
        seat(state, demand, table, vm, index, begin + scratch.cards[index])
    state.cpus[host] += demand.cpus[vm]
    return True


@compiled
def end(state: State, demand: Demand, vm: int, host: int) -> None:
    """The VM's instances gone."""
    for index in range(demand.count[vm]):
        card = state.card[vm, index]
        last = state.used[card] - 1
        for slot in range(last):
            if state.member[card, slot] == vm:
                state.member[card, slot] = state.member[card, last]
                break
        state.used[card] = last
        if last == 0:
            state.size[card], state.held[card] = EMPTY, 0
        state.card[vm, index] = NOWHERE
    state.cpus[host] -= demand.cpus[vm]


@compiled
def let_go(state: State, demand: Demand, vm: int, gone: int, hosts: Whole) -> int:
    """Ends the VMs whose time is over when this one comes; how many of `leaving` are looked at by then."""
    while gone < vm and demand.ends[demand.leaving[gone]] <= demand.when[vm]:
        leaver = demand.leaving[gone]
        gone += 1
        if leaver < vm and hosts[leaver] != NOWHERE:
            end(state, demand, leaver, hosts[leaver])
    return gone


@compiled
def look(seen: State, state: State) -> None:
    """What is seen becomes what is."""
    seen.size[:], seen.used[:], seen.held[:] = state.size, state.used, state.held
    seen.member[:], seen.cpus[:], seen.card[:] = state.member, state.cpus, state.card


@compiled
def census(fleet: Fleet, state: State, models: Whole) -> int:
    """How many hosts with cards run nothing; counts in `models` the empty cards of each model."""
    models[:] = 0
    spare = 0
    for host in range(fleet.first.size - 1):
        begin, end = fleet.first[host], fleet.first[host + 1]
        running = begin == end
        for card in range(begin, end):
            if state.size[card] == EMPTY:
                models[fleet.model[card]] += 1
            else:
                running = True
        spare += not running
    return spare


class Clock(NamedTuple):
    """What runs along with a replay, in arrays of their own so that compiled functions may change it."""

    gone: Whole
    """How many of `Demand.leaving` have been looked at."""
    failed: Whole
    looked: Real
    """When the state was looked at last."""
    sums: Real
    """Since the warm-up: time, and over time the share of models with an empty card, and idle hosts."""
    barred: Whole
    """By host: the VM whose start there has just failed."""
    models: Whole
    """Empty cards by model."""


@compiled
def depart(state: State, demand: Demand, setting: Setting, ages: Ages, clock: Clock, vm: int, host: Whole) -> None:
    """All VMs gone whose time is over when this one comes."""
    while clock.gone[0] < demand.when.size:
        leaver = demand.leaving[clock.gone[0]]
        if demand.ends[leaver] > demand.when[vm]:
            break
        clock.gone[0] += 1
        if leaver < vm and host[leaver] != NOWHERE:
            if setting.rule == FRAGMENTATION_AGED:
                learning.left(ages, demand, leaver, demand.ends[leaver])
            end(state, demand, leaver, host[leaver])


@compiled
def measure(fleet: Fleet, state: State, demand: Demand, clock: Clock, vm: int) -> None:
    """Adds what the state is worth until the next VM comes."""
    lasting = demand.when[vm + 1] - demand.when[vm]
    clock.sums[0] += lasting
    clock.sums[2] += census(fleet, state, clock.models) * lasting
    clock.sums[1] += (clock.models > 0).sum() / clock.models.size * lasting


@compiled
def admit(
    fleet: Fleet,
    state: State,
    seen: State,
    demand: Demand,
    vm: int,
    setting: Setting,
    ages: Ages,
    scratch: Scratch,
    clock: Clock,
) -> int:
    """The host that the VM has started on; NOWHERE where none has room."""
    again = setting.lag > 0.0
    while True:
        chosen = choose(fleet, seen, demand, vm, setting, ages, scratch, clock.barred)
        if chosen == NOWHERE:
            if not again:
                return NOWHERE
            again, clock.looked[0] = False, demand.when[vm]
            look(seen, state)
            clock.barred[:] = NOWHERE
        elif start(fleet, state, demand, vm, chosen, scratch):
            if setting.lag > 0.0 and setting.claims:
                start(fleet, seen, demand, vm, chosen, scratch)
            return chosen
        else:
            clock.barred[chosen] = vm
            clock.failed[0] += 1


@compiled
def _replay(
    fleet: Fleet,
    demand: Demand,
    setting: Setting,
    state: State,
    seen: State,
    ages: Ages,
    scratch: Scratch,
    clock: Clock,
    host: Whole,
) -> None:
    np.random.seed(setting.seed)
    for vm in range(demand.when.size):
        depart(state, demand, setting, ages, clock, vm, host)
        if setting.rule == FRAGMENTATION_AGED and vm % learning.EVERY == learning.EVERY - 1:
            learning.learn(ages, demand, state, vm, demand.when[vm])
        if setting.lag > 0.0 and demand.when[vm] - clock.looked[0] >= setting.lag:
            look(seen, state)
            clock.looked[0] = demand.when[vm]
        host[vm] = admit(fleet, state, seen, demand, vm, setting, ages, scratch, clock)
        if setting.warmup <= vm < demand.when.size - 1:
            measure(fleet, state, demand, clock, vm)


def replay(fleet: Fleet, demand: Demand, setting: Setting, edges: Real) -> Outcome:
    """The demand replayed; the same arguments give the same outcome. `edges`: bins of age, for that rule."""
    arrivals = demand.when.size
    state = new_state(fleet, arrivals)
    seen = new_state(fleet, arrivals) if setting.lag > 0.0 else state
    classes = fleet.places.shape[1]
    ages = new_ages(edges, classes, arrivals if setting.rule == FRAGMENTATION_AGED else 0)
    clock = Clock(
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.zeros(1),
        np.zeros(3),
        np.full(fleet.first.size - 1, NOWHERE),
        np.zeros(fleet.places.shape[0], np.int64),
    )
    host = np.full(arrivals, NOWHERE)
    _replay(fleet, demand, setting, state, seen, ages, new_scratch(fleet), clock, host)
    time, largest, spare = clock.sums
    return Outcome(host, int(clock.failed[0]), largest / max(time, _NO_TIME), spare / max(time, _NO_TIME))
