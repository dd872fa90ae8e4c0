"""How a rule weighs the hosts for one VM, compiled: on the card that the host's own allocator would take.

A VM starts on the host with the lowest weight among those that seem to have room. The host puts it on its own
first fit: cards in the order of the listing, one class per card, the second instance on what the first has
left. Of equal weights the first host in the engine's order wins, or one at random where the rule's source
says so.
"""

from typing import NamedTuple

import numpy as np

from benchmarks.placement.replaying import ages as learning
from benchmarks.placement.replaying.ages import Ages
from benchmarks.placement.replaying.compiled import compiled, product
from benchmarks.placement.replaying.rules import EVEN, RANDOM, free, key_of
from benchmarks.placement.replaying.state import MOST, NOWHERE, PAIR, Demand, Fleet, Real, State, Whole

CONSOLIDATE, SPREAD, FRAGMENTATION, FRAGMENTATION_AGED, CLAIRVOYANT = range(20, 25)
"""Rules beside those of `rules.py`: the product's, and the one that knows when VMs will end."""

_consolidate, _spread = product.consolidate, product.spread
_cost, _weight_of, _opened = product.fragmentation_cost, product.weight_of, product.opened_by
_NO_AGE = -1.0
"""Ages do not count."""


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
    return Scratch(host, host.copy(), host.copy(), pair, pair.copy(), pair.copy(), np.zeros(PAIR), most, most.copy())


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
    rule: int, size: Whole, used: Whole, held: Whole, table: Whole, kind: int, count: int, scratch: Scratch, tasks: Real
) -> float:
    """The rule's key of all instances, each on what the one before has left."""
    cards = size.size
    if count > 1:
        scratch.size[:cards], scratch.used[:cards], scratch.held[:cards] = size, used, held
        size, used, held = scratch.size[:cards], scratch.used[:cards], scratch.held[:cards]
    total = 0.0
    for index in range(count):
        card = scratch.cards[index]
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
    scratch: Scratch,
    value: Real,
    several: float,
) -> float:
    """The product's MdevFragmentation, a whole number; `scratch.life` is set."""
    for index in range(count):
        scratch.kinds[index], scratch.room[index] = kind, table[kind]
    cards = scratch.cards[:count]
    kinds, room, life = scratch.kinds[:count], scratch.room[:count], scratch.life[:count]
    cost = _cost(size, used, held, value, several, cards, kinds, room, life)
    return float(_weight_of(cost, _opened(size, cards), count))


@compiled
def lengthened(state: State, demand: Demand, vm: int, first: int, scratch: Scratch) -> float:
    """By how much the VM outlives its cards, then how long ago it could have; empty cards cost much more."""
    total = 0.0
    for index in range(demand.count[vm]):
        card, ends = first + scratch.cards[index], 0.0
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
    host: int, fleet: Fleet, state: State, demand: Demand, vm: int, setting: Setting, ages: Ages, scratch: Scratch
) -> float:
    """The host's weight for the VM, lower is better; `scratch.cards` is where it would land."""
    begin, end, rule = fleet.first[host], fleet.first[host + 1], setting.rule
    kind, count, now = demand.kind[vm], demand.count[vm], demand.when[vm]
    if rule == RANDOM:
        return 0.0
    if rule == EVEN:
        return float(state.cpus[host])
    if rule == CLAIRVOYANT:
        return lengthened(state, demand, vm, begin, scratch)
    table = fleet.places[fleet.model[begin]]
    size, used, held = state.size[begin:end], state.used[begin:end], state.held[begin:end]
    if rule in (FRAGMENTATION, FRAGMENTATION_AGED):
        for index in range(count):
            scratch.life[index] = _NO_AGE
            if rule == FRAGMENTATION_AGED and ages.known[0] > 0.0:
                card = begin + scratch.cards[index]
                scratch.life[index] = learning.extension(
                    ages, demand, state, card, kind, now, scratch.others, scratch.bins
                )
                if index > 0 and scratch.cards[index] == scratch.cards[0]:
                    scratch.life[index] = 0.0
        return fragmentation(size, used, held, table, kind, count, scratch, setting.value, setting.several)
    return mean_key(rule, size, used, held, table, kind, count, scratch, setting.tasks)


@compiled
def choose(
    fleet: Fleet, seen: State, demand: Demand, vm: int, setting: Setting, ages: Ages, scratch: Scratch, barred: Whole
) -> int:
    """The host with the lowest weight among those that seem to have room; NOWHERE if there is none."""
    best, lowest, equal = NOWHERE, np.inf, 0
    kind, count = demand.kind[vm], demand.count[vm]
    for host in range(fleet.first.size - 1):
        begin, end = fleet.first[host], fleet.first[host + 1]
        if begin == end or barred[host] == vm:
            continue
        table = fleet.places[fleet.model[begin]]
        if not walk(seen.size[begin:end], seen.used[begin:end], table, kind, count, scratch.cards):
            continue
        weight = weigh(host, fleet, seen, demand, vm, setting, ages, scratch)
        if weight < lowest:
            best, lowest, equal = host, weight, 1
        elif weight == lowest and setting.random_ties:
            equal += 1
            if np.random.randint(equal) == 0:
                best = host
    return best
