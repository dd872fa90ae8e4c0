"""The judge's heart: demand replayed against a fleet, one decision after the other, compiled.

A VM starts on the host with the lowest weight among those that have room; the host puts it on its own first
fit: cards in the order of the listing, one class per card, the second instance on what the first has left. A
VM that fits nowhere is refused and does not come back; no rule refuses while any host has room. Of equal
weights the first host in the engine's order wins, or one at random where the rule's source says so.

What the rules see may lag behind (`Setting.lag`): they look at the state of the last look, with their own
starts since then where claims are on. Where the chosen host has no room in truth, the start has failed and is
run again on the next best, and where none seems to have room, all are looked at again.
"""

from typing import NamedTuple

import numpy as np

from scheduler_plugins.benchmarks.placement import ages as learning
from scheduler_plugins.benchmarks.placement.ages import Ages, new_ages
from scheduler_plugins.benchmarks.placement.compiled import compiled, product
from scheduler_plugins.benchmarks.placement.rules import EVEN, RANDOM, free, key_of
from scheduler_plugins.benchmarks.placement.state import (
    EMPTY,
    MOST,
    NOWHERE,
    PAIR,
    Demand,
    Fleet,
    Real,
    State,
    Whole,
    new_state,
)

CONSOLIDATE, SPREAD, FRAGMENTATION, FRAGMENTATION_AGED, CLAIRVOYANT = range(20, 25)
"""Rules beside those of `rules.py`: the product's, and the one that knows when VMs will end."""

_consolidate, _spread = product.consolidate, product.spread
_cost, _weight_of, _opened = product.fragmentation_cost, product.weight_of, product.opened_by
_NO_AGE = -1.0
"""Ages do not count."""
_NO_TIME = 1e-12


class Setting(NamedTuple):
    """What a replay is run with, beside fleet and demand."""

    rule: int
    random_ties: bool
    seed: int
    value: Real
    """`scores.class_value` by class, of the mix that the rule believes in."""
    several: float
    """`scores.several_value` of the pairs."""
    tasks: Real
    """The mix by class, then that of pairs by class: what FGD is told."""
    warmup: int
    """Arrivals at the start that the figures leave out."""
    lag: float
    """Age that the state reaches before it is looked at again; 0: always the truth."""
    claims: bool
    """Whether starts since the last look count."""


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


class Scratch(NamedTuple):
    """Room for one host's cards and one request, so that nothing is allocated per decision."""

    size: Whole
    used: Whole
    held: Whole
    cards: Whole
    kinds: Whole
    room: Whole
    life: Real
    others: Whole
    bins: Whole


def new_scratch(fleet: Fleet) -> Scratch:
    """Room for the largest host."""
    cards = int(np.diff(fleet.first).max())
    pair, most = np.zeros(PAIR, np.int64), np.zeros(MOST, np.int64)
    host = np.zeros(cards, np.int64)
    return Scratch(
        host, host.copy(), host.copy(), pair, pair.copy(), pair.copy(), np.zeros(PAIR), most, most.copy()
    )


@compiled
def walk(size: Whole, used: Whole, table: Whole, kind: int, count: int, cards: Whole) -> bool:
    """Where the host's allocator would put the instances: fills `cards`; False where it refuses."""
    found = 0
    for card in range(size.size):
        here = free(size, used, table, card, kind)
        while here > 0 and found < count:
            cards[found] = card
            found += 1
            here -= 1
        if found == count:
            return True
    return False


@compiled
def put(size: Whole, used: Whole, held: Whole, table: Whole, kind: int, card: int) -> None:
    """One instance more on the card."""
    size[card] = kind
    used[card] += 1
    held[card] = table[kind]


@compiled
def mean_key(
    rule: int,
    size: Whole,
    used: Whole,
    held: Whole,
    table: Whole,
    kind: int,
    count: int,
    s: Scratch,
    tasks: Real,
) -> float:
    """The rule's key of all instances, each on what the one before has left."""
    cards = size.size
    if count > 1:
        s.size[:cards], s.used[:cards], s.held[:cards] = size, used, held
        size, used, held = s.size[:cards], s.used[:cards], s.held[:cards]
    total = 0.0
    for index in range(count):
        card = s.cards[index]
        if rule == CONSOLIDATE:
            total += _consolidate(used[card], free(size, used, table, card, kind))
        elif rule == SPREAD:
            total += _spread(used[card])
        else:
            total += key_of(rule, size, used, held, table, kind, card, tasks)
        if count > 1:
            put(size, used, held, table, kind, card)
    return total / count


@compiled
def fragmentation(
    size: Whole,
    used: Whole,
    held: Whole,
    table: Whole,
    kind: int,
    count: int,
    s: Scratch,
    value: Real,
    several: float,
) -> float:
    """The product's MdevFragmentation, a whole number; `s.life` is set."""
    for index in range(count):
        s.kinds[index], s.room[index] = kind, table[kind]
    cards = s.cards[:count]
    kinds, room, life = s.kinds[:count], s.room[:count], s.life[:count]
    cost = _cost(size, used, held, value, several, cards, kinds, room, life)
    return float(_weight_of(cost, _opened(size, cards), count))


@compiled
def lengthened(state: State, demand: Demand, vm: int, first: int, s: Scratch) -> float:
    """By how much the VM outlives its cards, then how long ago it could have; empty cards cost much more."""
    total = 0.0
    for index in range(demand.count[vm]):
        card, ends = first + s.cards[index], 0.0
        for slot in range(state.used[card]):
            other = state.member[card, slot]
            ends = max(ends, demand.ends[other] if other != NOWHERE else 1e12)
        if state.used[card] == 0:
            total += 1e6
        else:
            total += max(0.0, demand.ends[vm] - ends) + 1e-6 * max(0.0, ends - demand.ends[vm])
    return total


@compiled
def weigh(
    host: int, fleet: Fleet, state: State, demand: Demand, vm: int, setting: Setting, ages: Ages, s: Scratch
) -> float:
    """The host's weight for the VM, lower is better; `s.cards` is where it would land."""
    begin, end, rule = fleet.first[host], fleet.first[host + 1], setting.rule
    kind, count, now = demand.kind[vm], demand.count[vm], demand.when[vm]
    if rule == RANDOM:
        return 0.0
    if rule == EVEN:
        return float(state.cpus[host])
    if rule == CLAIRVOYANT:
        return lengthened(state, demand, vm, begin, s)
    table = fleet.places[fleet.model[begin]]
    size, used, held = state.size[begin:end], state.used[begin:end], state.held[begin:end]
    if rule in (FRAGMENTATION, FRAGMENTATION_AGED):
        for index in range(count):
            s.life[index] = _NO_AGE
            if rule == FRAGMENTATION_AGED and ages.known[0] > 0.0:
                card = begin + s.cards[index]
                s.life[index] = learning.extension(ages, demand, state, card, kind, now, s.others, s.bins)
                if index > 0 and s.cards[index] == s.cards[0]:
                    s.life[index] = 0.0
        return fragmentation(size, used, held, table, kind, count, s, setting.value, setting.several)
    return mean_key(rule, size, used, held, table, kind, count, s, setting.tasks)


@compiled
def choose(
    fleet: Fleet,
    seen: State,
    demand: Demand,
    vm: int,
    setting: Setting,
    ages: Ages,
    s: Scratch,
    barred: Whole,
) -> int:
    """The host with the lowest weight among those that seem to have room; NOWHERE if there is none."""
    best, lowest, equal = NOWHERE, np.inf, 0
    kind, count = demand.kind[vm], demand.count[vm]
    for host in range(fleet.first.size - 1):
        begin, end = fleet.first[host], fleet.first[host + 1]
        if begin == end or barred[host] == vm:
            continue
        table = fleet.places[fleet.model[begin]]
        if not walk(seen.size[begin:end], seen.used[begin:end], table, kind, count, s.cards):
            continue
        weight = weigh(host, fleet, seen, demand, vm, setting, ages, s)
        if weight < lowest:
            best, lowest, equal = host, weight, 1
        elif weight == lowest and setting.random_ties:
            equal += 1
            if np.random.randint(equal) == 0:
                best = host
    return best


@compiled
def start(fleet: Fleet, state: State, demand: Demand, vm: int, host: int, s: Scratch) -> bool:
    """The VM started on the host by its allocator; False, and nothing changed, where it refuses."""
    begin, end = fleet.first[host], fleet.first[host + 1]
    table, kind, count = fleet.places[fleet.model[begin]], demand.kind[vm], demand.count[vm]
    if not walk(state.size[begin:end], state.used[begin:end], table, kind, count, s.cards):
        return False
    for index in range(count):
        card = begin + s.cards[index]
        state.member[card, state.used[card]] = vm
        put(state.size, state.used, state.held, table, kind, card)
        state.card[vm, index] = card
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
def depart(
    state: State, demand: Demand, setting: Setting, ages: Ages, clock: Clock, vm: int, host: Whole
) -> None:
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
    s: Scratch,
    clock: Clock,
) -> int:
    """The host that the VM has started on; NOWHERE where none has room."""
    again = setting.lag > 0.0
    while True:
        chosen = choose(fleet, seen, demand, vm, setting, ages, s, clock.barred)
        if chosen == NOWHERE:
            if not again:
                return NOWHERE
            again, clock.looked[0] = False, demand.when[vm]
            look(seen, state)
            clock.barred[:] = NOWHERE
        elif start(fleet, state, demand, vm, chosen, s):
            if setting.lag > 0.0 and setting.claims:
                start(fleet, seen, demand, vm, chosen, s)
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
    s: Scratch,
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
        host[vm] = admit(fleet, state, seen, demand, vm, setting, ages, s, clock)
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
