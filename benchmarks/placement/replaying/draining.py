"""What no weight can give, second part: part-full cards drained by live migration.

- **drain**: GPU packing chooses the host, VDSM the card. Where a start would be refused, one card is emptied
  first, if its instances find room on other cards of their class: the card with the fewest, its VMs one by
  one to the fullest others. Then the VM starts there. VMs of two instances are not moved. Moves are counted.
- **pool**: all cards of a model are one pool that is packed anew at every start, as if migration were free:
  a VM starts if the cards that its and every other class needs, each rounded up, are no more than there are.
  A benchmark for what migration could reach, no bound: it never refuses, where a bound may.
"""

import numpy as np

from benchmarks.placement.replaying.ages import Ages, new_ages
from benchmarks.placement.replaying.compiled import compiled
from benchmarks.placement.replaying.replay import end, let_go, seat, start
from benchmarks.placement.replaying.rules import PACKING
from benchmarks.placement.replaying.state import EMPTY, NOWHERE, Demand, Fleet, State, Whole, new_state
from benchmarks.placement.replaying.weighing import Scratch, Setting, choose, new_scratch, walk


@compiled
def host_of(fleet: Fleet, card: int) -> int:
    """The host that the card is in."""
    return int(np.searchsorted(fleet.first, card, side="right") - 1)


@compiled
def movable(state: State, demand: Demand, card: int) -> bool:
    """Whether something is on the card, and no orphan and no VM of two instances."""
    for slot in range(state.used[card]):
        vm = state.member[card, slot]
        if vm == NOWHERE or demand.count[vm] > 1:
            return False
    return bool(state.size[card] != EMPTY)


@compiled
def room_elsewhere(fleet: Fleet, state: State, card: int) -> int:
    """How many instances of the card's class other cards of its model have room for, none of them empty."""
    room = 0
    for other in range(fleet.model.size):
        if other != card and state.size[other] == state.size[card]:
            room += state.held[other] - state.used[other]
    return room


@compiled
def helps(fleet: Fleet, state: State, demand: Demand, vm: int, card: int, scratch: Scratch) -> bool:
    """Whether the card's host could start the VM if the card was empty."""
    host = host_of(fleet, card)
    begin, last = fleet.first[host], fleet.first[host + 1]
    size, used = state.size[begin:last].copy(), state.used[begin:last].copy()
    size[card - begin], used[card - begin] = EMPTY, 0
    table = fleet.places[fleet.model[begin]]
    return bool(walk(size, used, table, demand.kind[vm], demand.count[vm], scratch.cards))


@compiled
def cheapest(fleet: Fleet, state: State, demand: Demand, vm: int, scratch: Scratch) -> int:
    """The card that is emptied with the fewest moves so that the VM could start; NOWHERE if there is none."""
    best = NOWHERE
    for card in range(fleet.model.size):
        if best != NOWHERE and state.used[card] >= state.used[best]:
            continue
        if (
            movable(state, demand, card)
            and room_elsewhere(fleet, state, card) >= state.used[card]
            and helps(fleet, state, demand, vm, card, scratch)
        ):
            best = card
    return best


@compiled
def fullest_other(fleet: Fleet, state: State, card: int) -> int:
    """The card with the least room, but some, for an instance of the card's class."""
    best = NOWHERE
    for other in range(fleet.model.size):
        room = state.held[other] - state.used[other]
        if other == card or state.size[other] != state.size[card] or room == 0:
            continue
        if best == NOWHERE or room < state.held[best] - state.used[best]:
            best = other
    return best


@compiled
def drain(fleet: Fleet, state: State, demand: Demand, card: int, hosts: Whole) -> int:
    """Moves everything off the card; how many moves that took."""
    moves, table = int(state.used[card]), fleet.places[fleet.model[card]]
    for _ in range(moves):
        vm, target = state.member[card, 0], fullest_other(fleet, state, card)
        end(state, demand, vm, hosts[vm])
        hosts[vm] = host_of(fleet, target)
        seat(state, demand, table, vm, 0, target)
        state.cpus[hosts[vm]] += demand.cpus[vm]
    return moves


@compiled
def _replay(
    fleet: Fleet, demand: Demand, setting: Setting, state: State, ages: Ages, scratch: Scratch, started: Whole
) -> int:
    barred, hosts = np.full(fleet.first.size - 1, NOWHERE), np.full(demand.when.size, NOWHERE)
    moves, gone = 0, 0
    for vm in range(demand.when.size):
        gone = let_go(state, demand, vm, gone, hosts)
        host = choose(fleet, state, demand, vm, setting, ages, scratch, barred)
        if host == NOWHERE:
            card = cheapest(fleet, state, demand, vm, scratch)
            if card != NOWHERE:
                moves += drain(fleet, state, demand, card, hosts)
                host = host_of(fleet, card)
        if host != NOWHERE:
            start(fleet, state, demand, vm, host, scratch)
            hosts[vm] = started[vm] = host
    return moves


def replay_draining(fleet: Fleet, demand: Demand) -> tuple[Whole, int]:
    """By VM: the host that it started on, NOWHERE where it was refused; and how many VMs were moved."""
    arrivals, classes = demand.when.size, fleet.places.shape[1]
    setting = Setting(PACKING, False, 0, np.zeros(classes), 0.0, np.zeros(2 * classes), 0, 0.0, False)
    started = np.full(arrivals, NOWHERE)
    ages = new_ages(np.zeros(1), classes, 0)
    state = new_state(fleet, arrivals)
    return started, _replay(fleet, demand, setting, state, ages, new_scratch(fleet), started)


@compiled
def cards_needed(running: Whole, table: Whole) -> int:
    """Cards of a model that so many instances of each class take, packed as tightly as they can be."""
    needed = 0
    for kind in range(table.size):
        if table[kind] > 0:
            needed += -(-running[kind] // table[kind])
    return needed


@compiled
def _replay_pool(fleet: Fleet, demand: Demand, started: Whole) -> None:
    running, gone = np.zeros(fleet.places.shape[1], np.int64), 0
    for vm in range(demand.when.size):
        while gone < vm and demand.ends[demand.leaving[gone]] <= demand.when[vm]:
            leaver = demand.leaving[gone]
            gone += 1
            if leaver < vm and started[leaver] != NOWHERE:
                running[demand.kind[leaver]] -= demand.count[leaver]
        kind = demand.kind[vm]
        running[kind] += demand.count[vm]
        for model in range(fleet.places.shape[0]):
            table = fleet.places[model]
            if table[kind] > 0 and cards_needed(running, table) <= (fleet.model == model).sum():
                started[vm] = 0
        if started[vm] == NOWHERE:
            running[kind] -= demand.count[vm]


def replay_pool(fleet: Fleet, demand: Demand) -> Whole:
    """By VM: 0 where it started, NOWHERE where it was refused."""
    started = np.full(demand.when.size, NOWHERE)
    _replay_pool(fleet, demand, started)
    return started
