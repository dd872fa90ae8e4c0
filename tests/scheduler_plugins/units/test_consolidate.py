"""MdevConsolidate: the fuller the card, the better."""

import pytest

from mdev_inventory.model import ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.units.consolidate import MdevConsolidate
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_4Q, Q1, Q2, Q4, Q16, A, a40, t4

UNIT = MdevConsolidate()


@pytest.mark.parametrize(
    ("card", "wanted", "weight"),
    [
        pytest.param([t4()], Q2, 999, id="opens an empty card"),
        pytest.param([t4()], Q16, 999, id="opens it and takes its only place"),
        pytest.param([t4(A, {Q2: 1})], Q2, 374, id="2nd of 8 on a card, 6 stay free"),
        pytest.param([t4(A, {Q2: 6})], Q2, 62, id="7th of 8, 1 stays free"),
        pytest.param([t4(A, {Q2: 7})], Q2, 0, id="takes the last place"),
        pytest.param([t4(A, {Q4: 3})], Q4, 0, id="takes the last place of a larger type"),
        pytest.param(a40(16), A40_4Q, 999, id="an empty card of functions"),
        pytest.param(a40(16, *[A40_4Q] * 3), A40_4Q, 332, id="functions: 4th of 12, 8 stay free"),
        pytest.param(a40(16, *[A40_4Q] * 11), A40_4Q, 0, id="functions: takes the card's last place"),
        pytest.param([inv.device(A, {"x-1": 300}, {"x-1": 99})], "x-1", 373, id="100th of 399"),
        pytest.param([inv.device(A, {"x-1": 300}, {"x-1": 120})], "x-1", 355, id="121st of 420"),
    ],
)
def test_weight(card: list[ParentDevice], wanted: str, weight: int) -> None:
    """MdevConsolidate weighs how much of the card stays free, an empty card worst."""
    assert weight == UNIT.weigh(inv.request(wanted), inv.view(inv.host(card)))


def test_order_from_full_to_empty() -> None:
    """Each further instance on the card makes it better."""
    views = [inv.view(inv.host(t4(A, {Q1: alive}))) for alive in range(16)]
    weights = [UNIT.weigh(inv.request(Q1), view) for view in views]

    assert sorted(set(weights), reverse=True) == weights


def test_instances_unknown() -> None:
    """What the figure lacks of the maximum lives on the card; without a maximum it counts as empty."""
    told = inv.view(inv.host(inv.unseen(t4(A, {Q2: 5}))), source=Source.VDSM)
    untold = inv.view(inv.host(inv.unseen(inv.device(A, {"x-1": 3}))), source=Source.ENGINE)

    assert 499 * 2 // 8 == UNIT.weigh(inv.request(Q2), told)
    assert 999 == UNIT.weigh(inv.request("x-1"), untold)
