"""MdevSpread: the fewer neighbours on the card, the better."""

import pytest

from mdev_inventory.model import ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.units.spread import MdevSpread
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_4Q, Q1, Q2, Q4, A, a40, t4

UNIT = MdevSpread()


@pytest.mark.parametrize(
    ("card", "wanted", "weight"),
    [
        pytest.param([t4()], Q2, 0, id="alone on an empty card"),
        pytest.param([t4(A, {Q2: 1})], Q2, 10, id="one neighbour"),
        pytest.param([t4(A, {Q2: 7})], Q2, 70, id="takes the last place"),
        pytest.param([t4(A, {Q4: 3})], Q4, 30, id="takes the last place of a larger type"),
        pytest.param([t4(A, {"nvidia-222": 15})], "nvidia-222", 150, id="16th of 16"),
        pytest.param(a40(16), A40_4Q, 0, id="an empty card of functions"),
        pytest.param(a40(16, *[A40_4Q] * 11), A40_4Q, 110, id="functions: all of the card are neighbours"),
        pytest.param([inv.device(A, {"x-1": 300}, {"x-1": 99})], "x-1", 990, id="99 neighbours are the most"),
        pytest.param([inv.device(A, {"x-1": 300}, {"x-1": 120})], "x-1", 990, id="more count no more"),
    ],
)
def test_weight(card: list[ParentDevice], wanted: str, weight: int) -> None:
    """MdevSpread weighs ten for each neighbour on the card."""
    assert weight == UNIT.weigh(inv.request(wanted), inv.view(inv.host(card)))


def test_order_from_empty_to_full() -> None:
    """Each further instance on the card makes it worse."""
    views = [inv.view(inv.host(t4(A, {Q1: alive}))) for alive in range(16)]
    weights = [UNIT.weigh(inv.request(Q1), view) for view in views]

    assert sorted(set(weights)) == weights


def test_instances_unknown() -> None:
    """What the figure lacks of the maximum lives on the card; without a maximum it counts as crowded."""
    told = inv.view(inv.host(inv.unseen(t4(A, {Q2: 5}))), source=Source.VDSM)
    untold = inv.view(inv.host(inv.unseen(inv.device(A, {"x-1": 3}))), source=Source.ENGINE)

    assert 50 == UNIT.weigh(inv.request(Q2), told)
    assert 999 == UNIT.weigh(inv.request("x-1"), untold)
