"""A placement in bare figures, for every family of devices."""

import pytest

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.footprint import Figures, Footprint, Resident, cards_of, footprint
from scheduler_plugins.allocator.model import HostView
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_4A, A40_4Q, A40_48Q, B2, Q1, Q2, Q4, A, B, C, a40, t4

ROWS = [
    pytest.param(
        inv.host(t4(), t4(B, {Q4: 3}), t4(C, {Q2: 8})),
        [Q2],
        Figures((-1, 1, 0), (0, 3, 8), (8, 4, 8), (0,), (0,), (8,), (Q2, Q4)),
        id="three GPUs: empty, another type, full",
    ),
    pytest.param(
        inv.host(t4(A, {Q2: 7}), t4(B)),
        [Q2, Q2],
        Figures((0, -1), (7, 0), (8, 8), (0, 1), (0, 0), (8, 8), (Q2,)),
        id="two instances on two GPUs",
    ),
    pytest.param(
        inv.host(t4()), [Q2, Q2], Figures((-1,), (0,), (8,), (0, 0), (0, 0), (8, 8), (Q2,)), id="two instances on one"
    ),
    pytest.param(
        inv.host(t4(), a40(16, A40_4Q, A40_4Q, A40_4A, bus="0000:5b"), a40(16, bus="0000:6b")),
        [A40_4Q],
        Figures((0, -1), (3, 0), (12, 12), (0,), (0,), (12,), (A40_4Q,)),
        id="functions are one card, another model none",
    ),
    pytest.param(
        inv.host(a40(16, A40_4A, bus="0000:5b"), a40(16, bus="0000:6b")),
        [A40_48Q],
        Figures((1, -1), (1, 0), (12, 1), (1,), (0,), (1,), (A40_48Q, A40_4A)),
        id="a whole card behind one in use",
    ),
    pytest.param(
        inv.host(inv.device(A, {"x-1": 3, "x-2": 0}, {"x-2": 1})),
        ["x-1"],
        Figures((1,), (1,), (1,), (0,), (0,), (4,), ("x-1", "x-2")),
        id="unknown family, another type alive",
    ),
    pytest.param(
        inv.host(inv.device("mtty", {"mtty-1": 20, "mtty-2": 10}, {"mtty-1": 4}, vendor="0x1af4")),
        ["mtty-2"],
        Figures((1,), (4,), (24,), (0,), (0,), (14,), ("mtty-2", "mtty-1")),
        id="a pool",
    ),
    pytest.param(
        inv.host(t4(A, {Q2: 8})._replace(types=()), t4(B)),
        [Q2],
        Figures((-1,), (0,), (8,), (0,), (0,), (8,), (Q2,)),
        id="a parent without types",
    ),
]


def taken(view: HostView, *types: str) -> Footprint:
    """The footprint of those types, which the host takes."""
    found = footprint(view, inv.request(*types))
    assert found is not None
    return found


@pytest.mark.parametrize(("inventory", "types", "figures"), ROWS)
def test_figures(inventory: HostInventory, types: list[str], figures: Figures) -> None:
    """A footprint has the cards in the allocator's order, what each holds, and what the placement takes."""
    assert figures == taken(inv.view(inventory), *types).figures


def test_separate_placement() -> None:
    """The card is the one that the host's own placement takes."""
    view = inv.view(inv.host(t4(A, {Q2: 1}), t4(B)), separate=True)

    assert (1,) == taken(view, Q2).figures.cards


def test_sources_without_instances() -> None:
    """A card that lacks some of its maximum holds the type asked for; its neighbours have no names."""
    found = taken(inv.view(inv.host(inv.unseen(t4(A, {Q2: 5}))), source=Source.VDSM), Q2)

    assert Figures((0,), (5,), (8,), (0,), (0,), (8,), (Q2,)) == found.figures
    assert ((Resident("", ""),) * 5,) == found.residents


def test_residents() -> None:
    """A footprint names who lives on each instance's card; nobody beside the first one of the same VM."""
    view = inv.view(inv.host(inv.device(A, {Q2: 5, B2: 5}, {Q2: 1, B2: 1})))
    living = tuple(Resident(t, inv.uuids(A, t, 1)[0]) for t in (Q2, B2))

    assert (living, None) == taken(view, Q2, Q2).residents


@pytest.mark.parametrize("inventory", [None, inv.host(), inv.host(t4(A, {Q4: 1}))])
def test_refused(inventory: HostInventory | None) -> None:
    """Nothing known, nothing there, or held by another type: there is no footprint."""
    assert footprint(inv.view(inventory), inv.request(Q2)) is None


def test_worked_out_once() -> None:
    """The same question about the same inventory has the very same answer; another inventory its own."""
    view, other = (inv.view(inv.host(t4())) for _ in range(2))
    first, again, elsewhere = (footprint(each, inv.request(Q2)) for each in (view, view, other))

    assert first is again
    assert first == elsewhere
    assert first is not elsewhere
    assert footprint(view, inv.request(Q4)) != first


def test_cards_of_no_use() -> None:
    """A card that holds nothing and offers nothing of the types does not count."""
    inventory = inv.host(inv.device(A, {"x-1": 0}), inv.device(B, {"x-1": None}), t4(C))

    assert [] == list(cards_of(inventory, ["x-1"]))
    assert [(C, 0, 16)] == [(card.key[0], card.alive, card.places) for card in cards_of(inventory, [Q1, Q4])]
