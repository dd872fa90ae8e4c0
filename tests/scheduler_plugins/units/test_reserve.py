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

A, B = "0000:3b:00.0", "0000:86:00.0"
Q2, Q4 = "nvidia-231", "nvidia-232"
UNIT = MdevReserve()


def at(free: float) -> int:
    """The weight of so many free cards."""
    return 100 + int(899 * free / (free + 1))


ROWS = [
    pytest.param(inv.host(), 0, id="no card"),
    pytest.param(inv.host(inv.device(A, {})), 0, id="a parent without types"),
    pytest.param(inv.host(inv.device(A, {"x-1": 0})), 0, id="a card of no use"),
    pytest.param(inv.host(inv.gpu(A, inv.T4, {Q2: 8})), 100, id="a full card"),
    pytest.param(inv.host(inv.gpu(A, inv.T4)), 549, id="an empty card"),
    pytest.param(inv.host(inv.gpu(A, inv.T4), inv.gpu(B, inv.T4)), 699, id="two empty cards"),
    pytest.param(inv.host(inv.gpu(A, inv.T4, {Q2: 6})), at(2 / 8), id="a quarter free"),
    pytest.param(inv.host(inv.gpu(A, inv.T4, {Q2: 8}), inv.gpu(B, inv.T4, {Q4: 3})), at(0.25), id="a sum"),
    pytest.param(
        inv.host(inv.functions("0000:5b", 16, inv.A40, {"nvidia-560": 1}, ["nvidia-560"] * 9)),
        at(3 / 12),
        id="functions",
    ),
    pytest.param(inv.host(inv.device(A, {"x-1": 3, "x-2": 6}, {"x-2": 2})), at(6 / 8), id="a pool"),
]


@pytest.mark.parametrize(("inventory", "weight"), ROWS)
def test_weight(inventory: HostInventory, weight: int) -> None:
    """By how much of the host's cards is free."""
    assert weight == UNIT.weigh(inv.request(), inv.view(inventory))


def test_with_a_request_all_hosts_are_alike() -> None:
    """It is not for such VMs, whatever is known of the host."""
    assert 0 == UNIT.weigh(inv.request(Q2), inv.view(None))
    assert 0 == UNIT.weigh(inv.request(Q2), inv.view(inv.host(inv.gpu(A, inv.T4))))


def test_nothing_known() -> None:
    """A host that never told what it has is worst."""
    assert 1000 == UNIT.weigh(inv.request(), inv.view(None))


@pytest.mark.parametrize(
    ("types", "weight"),
    [({Q2}, 549), ({"nvidia-560"}, 0), ({"nvidia-560", Q4}, 549), (set(), 549)],
    ids=["offered", "not offered", "one of them", "all"],
)
def test_types_worth_keeping_free(types: set[str], weight: int) -> None:
    """Only cards that offer one of them count."""
    context = Context(Settings(reserved_types=frozenset(types)))

    assert weight == UNIT.weigh(inv.request(), inv.view(inv.host(inv.gpu(A, inv.T4))), context)


def test_instances_unknown() -> None:
    """Where the source tells no instances, what the figures lack of the maximum is in use."""
    parents = [inv.unseen(inv.gpu(A, inv.T4, {Q2: 6})), inv.unseen(inv.gpu(B, inv.T4))]

    assert at(1.25) == UNIT.weigh(inv.request(), inv.view(inv.host(parents), source=Source.VDSM))


@given(st.integers(0, 8), st.integers(0, 8))
def test_more_in_use_is_never_worse(one: int, other: int) -> None:
    """The fuller host is the better one, without ties."""
    weights = [UNIT.weigh(inv.request(), inv.view(inv.host(inv.gpu(A, inv.T4, {Q2: n})))) for n in (one, other)]

    assert (weights[0] < weights[1]) is (one > other)
