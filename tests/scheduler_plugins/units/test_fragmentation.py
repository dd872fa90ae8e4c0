"""MdevFragmentation: the numbers of `scores.py`, of the hosts as they are."""

from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.model import HostInventory, ParentDevice
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.demand.ages import BINS, EDGES, Lives, Tables
from scheduler_plugins.demand.lifetimes import age_bin
from scheduler_plugins.demand.mix import Mix
from scheduler_plugins.units import scores
from scheduler_plugins.units.consolidate import MdevConsolidate
from scheduler_plugins.units.context import Context
from scheduler_plugins.units.fragmentation import MdevFragmentation
from scheduler_plugins.units.parameters import Settings
from scheduler_plugins.units.spread import MdevSpread
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import Q1, Q2, Q4, Q16, t4

UNIT = MdevFragmentation()
ADDRESSES = tuple(f"0000:{number:02x}:00.0" for number in range(16, 24))
TYPES = (Q1, Q2, Q4, Q16)
NOW, HOUR = 1_000_000.0, 3600.0


class Card(NamedTuple):
    """What lives on a T4."""

    type: str
    alive: int


EMPTY = Card(Q1, 0)
cards = st.lists(
    st.sampled_from(TYPES).flatmap(lambda t: st.builds(Card, st.just(t), st.integers(0, inv.T4[t].most))),
    min_size=1,
    max_size=8,
)


def view(*on: Card) -> HostView:
    """A host with these T4s."""
    return inv.view(inv.host([t4(a, {c.type: c.alive}) for a, c in zip(ADDRESSES, on, strict=False)]))


@given(cards, st.sampled_from(TYPES), st.integers(1, 3))
def test_the_unit_is_the_core(on: list[Card], wanted: str, count: int) -> None:
    """The weight is what the core says of figures taken from the cards directly, over random hosts."""
    most = {t: inv.T4[t].most for t in TYPES}
    size = [TYPES.index(card.type) if card.alive else -1 for card in on]
    used = [card.alive for card in on]
    places = [most[card.type] for card in on]
    now, taken = [list(pair) for pair in zip(size, used, strict=True)], []
    for _ in range(count):
        kind = TYPES.index(wanted)
        free = [n for n, (k, u) in enumerate(now) if k == -1 or (k == kind and u < most[wanted])]
        if free:
            now[free[0]] = [kind, now[free[0]][1] + 1]
            taken.append(free[0])
    mix = Mix.of([(Q1,)] * 70 + [(Q2,)] * 20 + [(Q4,)] * 9 + [(Q16,)])
    weight = UNIT.weigh(inv.request(*[wanted] * count), view(*on), Context(mix=mix))

    if len(taken) < count:
        assert 1000 == weight
        return
    value = [mix.value(t) for t in TYPES]
    kinds, room = [TYPES.index(wanted)] * count, [most[wanted]] * count
    cost = scores.fragmentation_cost(size, used, places, value, mix.several, taken, kinds, room, [-1.0] * count)
    assert scores.weight_of(cost, scores.opened_by(size, taken), count) == weight


@given(st.lists(cards, min_size=2, max_size=6), st.sampled_from(TYPES), st.randoms())
def test_order_of_hosts(fleet: list[list[Card]], wanted: str, rng: object) -> None:
    """What was asked about other hosts before, in the same decision, changes no weight."""
    context, asked = Context(), inv.request(wanted)
    alone = [UNIT.weigh(asked, view(*on), Context()) for on in fleet]
    order = list(range(len(fleet)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    together = {n: UNIT.weigh(asked, view(*fleet[n]), context) for n in order}

    assert alone == [together[n] for n in range(len(fleet))]


@given(st.integers(0, 7), st.integers(0, 7))
def test_one_card_a_host(fuller: int, emptier: int) -> None:
    """With one card a host the order is MdevConsolidate's, and that of MdevSpread turned round."""
    one, other = (view(Card(Q2, alive)) for alive in (fuller, emptier))
    asked = inv.request(Q2)
    weights = [(u.weigh(asked, one), u.weigh(asked, other)) for u in (UNIT, MdevConsolidate(), MdevSpread())]

    assert {(a > b) - (a < b) for a, b in weights[:2]} == {(emptier > fuller) - (emptier < fuller)}
    assert (weights[2][0] > weights[2][1]) is (fuller > emptier)


def test_places_that_nobody_wants() -> None:
    """A card is opened first where the cluster wants the places behind it, by its VMs or by a mix."""
    behind_small, behind_large = view(EMPTY, Card(Q1, 3)), view(EMPTY, Card(Q4, 1))
    asked = inv.request(Q2)
    learnt = Context(mix=Mix.of([(Q1,)] * 99 + [(Q4,)]))
    told = replace(learnt, settings=Settings(mix={Q1: 0.01, Q4: 0.99}), memo={})

    assert UNIT.weigh(asked, behind_small, learnt) < UNIT.weigh(asked, behind_large, learnt)
    assert UNIT.weigh(asked, behind_small, told) > UNIT.weigh(asked, behind_large, told)


def lives(*ages: float) -> Lives:
    """All VMs live somewhat longer than an hour, and the neighbours have run so long."""
    departures = {Q2: [0.0] * BINS}
    departures[Q2][age_bin(1.2 * HOUR, EDGES)] = 100.0
    exposure = {Q2: [500 * HOUR / BINS] * BINS}
    since = {uuid: NOW - age for uuid, age in zip(inv.uuids(ADDRESSES[0], Q2, 8), ages, strict=False)}
    return Lives(Tables(departures, exposure), {}, since)


@pytest.mark.parametrize("ages", [True, False])
def test_ages(ages: bool) -> None:
    """A neighbour that has just come keeps the card anyway; switched off, ages count for nothing."""
    settings = Settings(ages=ages)
    old, young = (Context(settings, lives=lives(age), now=NOW) for age in (1.2 * HOUR, 60.0))
    weights = [UNIT.weigh(inv.request(Q2), view(Card(Q2, 1)), context) for context in (old, young)]

    assert (weights[0] > weights[1]) is ages
    assert ages or weights[0] == weights[1]


def test_age_of_an_instance_that_the_host_explains() -> None:
    """Where the engine does not know an instance, its VM is the one that the host names."""
    uuid = inv.uuids(ADDRESSES[0], Q2, 1)[0]
    host = view(Card(Q2, 1))
    assert host.observation
    told = replace(host, observation=replace(host.observation, owners={uuid: "vm"}))
    known = Lives(lives().tables, {"vm": NOW - 1.2 * HOUR}, {})
    context = Context(lives=known, now=NOW)

    assert UNIT.weigh(inv.request(Q2), told, context) > UNIT.weigh(inv.request(Q2), host, context)


def test_too_few_lives_are_none() -> None:
    """While too few lives are known, the weight is the one without ages."""
    few = Lives(Tables({Q2: [1.0] * 3 + [0.0] * (BINS - 3)}, {Q2: [HOUR] * BINS}))
    weights = [UNIT.weigh(inv.request(Q2), view(Card(Q2, 1)), Context(lives=known)) for known in (few, None)]

    assert weights[0] == weights[1]


FAMILIES: list[tuple[ParentDevice | list[ParentDevice], str]] = [
    (inv.mtty(24, 12, vendor="0x1af4"), "mtty-1"),
    (inv.gvtg({"i915-GVTg_V5_4": 2, "i915-GVTg_V5_8": 4}), "i915-GVTg_V5_8"),
    (inv.device("0.0.fffe", {"vfio_ccw-io": 1}, vendor="0x1014"), "vfio_ccw-io"),
    (inv.functions("0000:5b", 16, inv.A100_MIG, dict.fromkeys(inv.A100_MIG, 1)), "nvidia-474"),
    (inv.functions("0000:5b", 2, inv.L40S, dict.fromkeys(inv.L40S, 1)), "nvidia-1148"),
    (inv.described(inv.unseen(inv.gpu("0000:5b:00.0", inv.A40)), inv.A40), "nvidia-557"),
]


@pytest.mark.parametrize(("parents", "wanted"), FAMILIES, ids=[wanted for _, wanted in FAMILIES])
@pytest.mark.parametrize("count", [1, 2])
def test_every_family_has_a_weight(parents: ParentDevice | list[ParentDevice], wanted: str, count: int) -> None:
    """Whatever a family's figures tell, a host that fits has a weight, and opening an empty card is dear."""
    inventory: HostInventory = inv.host(parents)
    weight = UNIT.weigh(inv.request(*[wanted] * count), inv.view(inventory))

    assert 333 <= weight <= 1000
