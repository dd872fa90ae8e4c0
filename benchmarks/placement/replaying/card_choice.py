"""What no weight can give, first part: the replay with the card chosen too, not only the host.

As `replay.py`, but the rule names the card for each instance, where VDSM would take the first that fits. Of a
request of several instances each takes the best card of the host, on what the one before has left.

- **packing**: GPU packing's key, card by card.
- **fragmentation**: the product's cost, without what it costs to be trapped behind other cards: no card is
  behind another where cards are chosen.
- **clairvoyant**: knows when every VM will end, and joins the card whose true end it extends least.
"""

from typing import NamedTuple

import numpy as np

from benchmarks.placement.replaying.compiled import compiled, product
from benchmarks.placement.replaying.replay import let_go, seat
from benchmarks.placement.replaying.rules import PACKING, free, packing
from benchmarks.placement.replaying.state import NOWHERE, PAIR, Demand, Fleet, Real, State, Whole, new_state
from benchmarks.placement.replaying.weighing import CLAIRVOYANT, FRAGMENTATION, put

RULES = {"packing": PACKING, "fragmentation": FRAGMENTATION, "clairvoyant": CLAIRVOYANT}
_ORPHAN_ENDS = 1e12
_OPENS = 1e6
_cost = product.fragmentation_cost


class Trial(NamedTuple):
    """One host's cards, to try a placement on."""

    size: Whole
    used: Whole
    held: Whole
    ends: Real
    """When the last VM on the card ends."""
    cards: Whole
    """What was chosen, one for each instance."""
    one_card: Whole
    one_kind: Whole
    one_room: Whole
    unlit: Real
    trapless: Real


def new_trial(fleet: Fleet) -> Trial:
    """Room for the largest host."""
    cards = int(np.diff(fleet.first).max())
    host, one = np.zeros(cards, np.int64), np.zeros(1, np.int64)
    return Trial(
        host,
        host.copy(),
        host.copy(),
        np.zeros(cards),
        np.zeros(PAIR, np.int64),
        one,
        one.copy(),
        one.copy(),
        np.full(1, -1.0),
        np.zeros(fleet.places.shape[1]),
    )


@compiled
def load(trial: Trial, fleet: Fleet, state: State, demand: Demand, host: int) -> int:
    """Copies the host's cards into the trial; how many there are."""
    begin, cards = fleet.first[host], fleet.first[host + 1] - fleet.first[host]
    for card in range(cards):
        trial.size[card], trial.used[card] = state.size[begin + card], state.used[begin + card]
        trial.held[card], trial.ends[card] = state.held[begin + card], 0.0
        for slot in range(trial.used[card]):
            vm = state.member[begin + card, slot]
            ends = demand.ends[vm] if vm != NOWHERE else _ORPHAN_ENDS
            trial.ends[card] = max(trial.ends[card], ends)
    return int(cards)


@compiled
def lengthens(trial: Trial, card: int, ends: float) -> float:
    """By how much the VM outlives the card; of equals the card that outlives the VM least."""
    if trial.used[card] == 0:
        return _OPENS
    beyond = float(ends - trial.ends[card])
    return max(0.0, beyond) + 1e-6 * max(0.0, -beyond)


@compiled
def key_of(rule: int, trial: Trial, cards: int, table: Whole, kind: int, card: int, ends: float) -> float:
    """The rule's key of one more instance on the card, lower is better."""
    size, used, held = trial.size[:cards], trial.used[:cards], trial.held[:cards]
    if rule == PACKING:
        return packing(size, used, held, card)
    if rule == CLAIRVOYANT:
        return lengthens(trial, card, ends)
    trial.one_card[0], trial.one_kind[0], trial.one_room[0] = card, kind, table[kind]
    return float(
        _cost(size, used, held, trial.trapless, 0.0, trial.one_card, trial.one_kind, trial.one_room, trial.unlit)
    )


@compiled
def arrange(rule: int, trial: Trial, cards: int, table: Whole, kind: int, count: int, ends: float) -> float:
    """The best card for each instance, one by one, in `trial.cards`; infinite where one finds none."""
    total = 0.0
    for index in range(count):
        best, lowest = NOWHERE, np.inf
        for card in range(cards):
            if free(trial.size, trial.used, table, card, kind) > 0:
                key = key_of(rule, trial, cards, table, kind, card, ends)
                if key < lowest:
                    best, lowest = card, key
        if best == NOWHERE:
            return np.inf
        put(trial.size, trial.used, trial.held, table, kind, best)
        trial.ends[best] = max(trial.ends[best], ends)
        trial.cards[index] = best
        total += lowest
    return total


@compiled
def take(fleet: Fleet, state: State, demand: Demand, vm: int, host: int, cards: Whole) -> None:
    """The VM started on those cards of the host."""
    begin = fleet.first[host]
    table = fleet.places[fleet.model[begin]]
    for index in range(demand.count[vm]):
        seat(state, demand, table, vm, index, begin + cards[index])
    state.cpus[host] += demand.cpus[vm]


@compiled
def choose(rule: int, fleet: Fleet, state: State, demand: Demand, vm: int, trial: Trial, chosen: Whole) -> int:
    """The best host, its cards in `chosen`; NOWHERE where none has room."""
    best, lowest = NOWHERE, np.inf
    for host in range(fleet.first.size - 1):
        if fleet.first[host] == fleet.first[host + 1]:
            continue
        table = fleet.places[fleet.model[fleet.first[host]]]
        if table[demand.kind[vm]] == 0:
            continue
        cards = load(trial, fleet, state, demand, host)
        key = arrange(rule, trial, cards, table, demand.kind[vm], demand.count[vm], demand.ends[vm])
        if key < lowest:
            best, lowest = host, key
            chosen[:] = trial.cards
    return best


@compiled
def _replay(rule: int, fleet: Fleet, demand: Demand, state: State, trial: Trial, hosts: Whole) -> None:
    chosen, gone = np.zeros(PAIR, np.int64), 0
    for vm in range(demand.when.size):
        gone = let_go(state, demand, vm, gone, hosts)
        host = choose(rule, fleet, state, demand, vm, trial, chosen)
        if host != NOWHERE:
            take(fleet, state, demand, vm, host, chosen)
            hosts[vm] = host


def replay(rule: int, fleet: Fleet, demand: Demand) -> Whole:
    """By VM: the host that it started on, NOWHERE where it was refused."""
    hosts = np.full(demand.when.size, NOWHERE)
    _replay(rule, fleet, demand, new_state(fleet, demand.when.size), new_trial(fleet), hosts)
    return hosts
