"""MdevConsolidate and MdevSpread: the weight of the card that the host's allocator would take."""

import pytest

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Source
from scheduler_plugins.units.consolidate import MdevConsolidate
from scheduler_plugins.units.spread import MdevSpread
from tests.scheduler_plugins import inventories as inv

A, B = "0000:3b:00.0", "0000:3c:00.0"
Q1, Q2, Q4, Q16 = "nvidia-230", "nvidia-231", "nvidia-232", "nvidia-234"
ALL_A40 = dict.fromkeys(inv.A40, 1)
ONLY_4 = {"nvidia-560": 1, "nvidia-570": 1}


def t4(alive: inv.Alive | None = None, *, second: inv.Alive | None = None) -> HostInventory:
    """A host with a T4 that holds those instances, and one behind it that holds the `second` ones."""
    return inv.host(inv.gpu(A, inv.T4, alive), *([] if second is None else [inv.gpu(B, inv.T4, second)]))


def a40(taken: int) -> HostInventory:
    """A host with an A40 of 16 functions, so many of which hold a 4Q."""
    left = ALL_A40 if not taken else ONLY_4
    return inv.host(inv.functions("0000:3b", 16, inv.A40, left, ["nvidia-560"] * taken))


ROWS = [
    pytest.param(t4(), [Q2], 999, 0, id="opens an empty card"),
    pytest.param(t4({Q2: 1}), [Q2], 374, 10, id="2nd of 8 on a card, 6 stay free"),
    pytest.param(t4({Q2: 6}), [Q2], 62, 60, id="7th of 8, 1 stays free"),
    pytest.param(t4({Q2: 7}), [Q2], 0, 70, id="takes the last place"),
    pytest.param(t4({Q4: 3}), [Q4], 0, 30, id="takes the last place of a larger type"),
    pytest.param(t4(), [Q16], 999, 0, id="the only place of an empty card"),
    pytest.param(t4({"nvidia-222": 15}), ["nvidia-222"], 0, 150, id="16th of 16"),
    pytest.param(t4(second={Q2: 7}), [Q2], 999, 0, id="the card that the host takes, not its best"),
    pytest.param(t4({Q4: 1}, second={Q2: 7}), [Q2], 0, 70, id="the first card cannot be taken"),
    pytest.param(t4(), [Q2, Q2], (999 + 374) // 2, 5, id="two: one opens, one joins"),
    pytest.param(t4({Q2: 6}), [Q2, Q2], 62 // 2, 65, id="two that join"),
    pytest.param(t4({Q2: 7}, second={}), [Q2, Q2], 999 // 2, 35, id="two: one fills, one opens"),
    pytest.param(a40(0), ["nvidia-560"], 999, 0, id="an empty card of functions"),
    pytest.param(a40(3), ["nvidia-560"], 332, 30, id="functions: 4th of 12, 8 stay free"),
    pytest.param(a40(11), ["nvidia-560"], 0, 110, id="functions: takes the card's last place"),
    pytest.param(t4({Q2: 8}), [Q2], 1000, 1000, id="refused"),
    pytest.param(t4({Q2: 7}), [Q2, Q2], 1000, 1000, id="refused in part"),
    pytest.param(t4(), [], 0, 0, id="no request"),
    pytest.param(
        inv.host(inv.device(A, {"x-1": 300}, {"x-1": 99})), ["x-1"], 373, 990, id="99 neighbours are the most"
    ),
    pytest.param(inv.host(inv.device(A, {"x-1": 300}, {"x-1": 120})), ["x-1"], 355, 990, id="more count no more"),
]


@pytest.mark.parametrize(("inventory", "types", "consolidate", "spread"), ROWS)
def test_weight(inventory: HostInventory, types: list[str], consolidate: int, spread: int) -> None:
    """Consolidate weighs what stays free, an empty card worst; Spread weighs neighbours."""
    view, asked = inv.view(inventory), inv.request(*types)

    assert (consolidate, spread) == (MdevConsolidate().weigh(asked, view), MdevSpread().weigh(asked, view))


@pytest.mark.parametrize("unit", [MdevConsolidate(), MdevSpread()])
def test_nothing_known(unit: MdevConsolidate | MdevSpread) -> None:
    """A host of which nothing is known is worst, but not for a VM without a request."""
    assert 1000 == unit.weigh(inv.request(Q2), inv.view(None))
    assert 0 == unit.weigh(inv.request(), inv.view(None))


def test_instances_unknown() -> None:
    """Where neither instances nor a maximum are known, the card counts as empty, and as crowded."""
    view = inv.view(inv.host(inv.unseen(inv.device(A, {"x-1": 3}))), source=Source.ENGINE)

    assert 999 == MdevConsolidate().weigh(inv.request("x-1"), view)
    assert 999 == MdevSpread().weigh(inv.request("x-1"), view)


def test_instances_unknown_but_maximum_told() -> None:
    """Where only the maximum is known, what the figure lacks of it lives on the card."""
    view = inv.view(inv.host(inv.unseen(inv.gpu(A, inv.T4, {Q2: 5}))), source=Source.VDSM)

    assert 499 * 2 // 8 == MdevConsolidate().weigh(inv.request(Q2), view)
    assert 50 == MdevSpread().weigh(inv.request(Q2), view)


def test_separate_placement() -> None:
    """The card is the one that the host's own placement takes."""
    inventory = t4({Q2: 7}, second={})

    assert 0 == MdevConsolidate().weigh(inv.request(Q2), inv.view(inventory))
    assert 999 == MdevConsolidate().weigh(inv.request(Q2), inv.view(inventory, separate=True))


@pytest.mark.parametrize("source", [Source.VDSM, Source.HOOK])
def test_source_counts(source: Source) -> None:
    """A vendor that the source does not tell is none missing."""
    view = inv.view(inv.host(inv.gpu(A, inv.T4)._replace(vendor=None)), source=source)

    assert (1000 if source is Source.HOOK else 0) == MdevSpread().weigh(inv.request(Q2), view)


def test_order_from_full_to_empty() -> None:
    """The fuller the card, the better for Consolidate and the worse for Spread, without ties."""
    views = [inv.view(t4({Q1: alive} if alive else {})) for alive in range(16)]
    consolidate = [MdevConsolidate().weigh(inv.request(Q1), view) for view in views]
    spread = [MdevSpread().weigh(inv.request(Q1), view) for view in views]

    assert sorted(set(consolidate), reverse=True) == consolidate
    assert sorted(set(spread)) == spread
