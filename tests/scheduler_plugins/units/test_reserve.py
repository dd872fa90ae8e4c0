"""MdevReserve: VMs without a request stay off hosts with free cards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Source
from scheduler_plugins.units.context import Context
from scheduler_plugins.units.parameters import Settings
from scheduler_plugins.units.reserve import MdevReserve
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_4Q, Q2, Q4, A, B, a40, t4

UNIT = MdevReserve()


def at(free: float) -> int:
    """The weight of so many free cards."""
    return 100 + int(899 * free / (free + 1))


ROWS = [
    pytest.param(inv.host(), 0, id="no card"),
    pytest.param(inv.host(inv.device(A, {})), 0, id="a parent without types"),
    pytest.param(inv.host(inv.device(A, {"x-1": 0})), 0, id="a card of no use"),
    pytest.param(inv.host(t4(A, {Q2: 8})), 100, id="a full card"),
    pytest.param(inv.host(t4()), 549, id="an empty card"),
    pytest.param(inv.host(t4(), t4(B)), 699, id="two empty cards"),
    pytest.param(inv.host(t4(A, {Q2: 6})), at(2 / 8), id="a quarter free"),
    pytest.param(inv.host(t4(A, {Q2: 8}), t4(B, {Q4: 3})), at(0.25), id="a sum"),
    pytest.param(inv.host(a40(16, *[A40_4Q] * 9)), at(3 / 12), id="functions"),
    pytest.param(inv.host(inv.device(A, {"x-1": 3, "x-2": 6}, {"x-2": 2})), at(6 / 8), id="a pool"),
]


@pytest.mark.parametrize(("inventory", "weight"), ROWS)
def test_weight(inventory: HostInventory, weight: int) -> None:
    """A host weighs the more, the more of its cards is free."""
    assert weight == UNIT.weigh(inv.request(), inv.view(inventory))


@pytest.mark.parametrize(
    ("types", "weight"),
    [({Q2}, 549), ({A40_4Q}, 0), ({A40_4Q, Q4}, 549), (set(), 549)],
    ids=["offered", "not offered", "one of them", "all"],
)
def test_types_worth_keeping_free(types: set[str], weight: int) -> None:
    """Only cards that offer a type worth keeping free count."""
    context = Context(Settings(reserved_types=frozenset(types)))

    assert weight == UNIT.weigh(inv.request(), inv.view(inv.host(t4())), context)


def test_instances_unknown() -> None:
    """Where the source tells no instances, what the figures lack of the maximum is in use."""
    parents = [inv.unseen(t4(A, {Q2: 6})), inv.unseen(t4(B))]

    assert at(1.25) == UNIT.weigh(inv.request(), inv.view(inv.host(parents), source=Source.VDSM))


@given(st.integers(0, 8), st.integers(0, 8))
def test_more_in_use_is_never_worse(one: int, other: int) -> None:
    """The fuller host is the better one, without ties."""
    weights = [UNIT.weigh(inv.request(), inv.view(inv.host(t4(A, {Q2: n})))) for n in (one, other)]

    assert (weights[0] < weights[1]) is (one > other)
