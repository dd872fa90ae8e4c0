"""Placements and refusals: one row per example, figures of real devices."""

import pytest

from mdev_inventory.model import HostInventory, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.model import Slot
from scheduler_plugins.allocator.placement import Placement, place
from scheduler_plugins.allocator.refusals import Refusal, RefusalCode
from tests.scheduler_plugins import inventories as inv

A, B = "0000:3b:00.0", "0000:3c:00.0"
Q2, B2 = "nvidia-231", "nvidia-223"
ALL_A40 = dict.fromkeys(inv.A40, 1)


def t4(address: str, alive: inv.Alive | None = None) -> ParentDevice:
    """A T4 that holds those instances."""
    return inv.gpu(address, inv.T4, alive)


@pytest.mark.parametrize(
    ("inventory", "types", "separate", "parents"),
    [
        pytest.param(inv.host(t4(A)), [Q2], False, [A], id="one"),
        pytest.param(inv.host(t4(A, {Q2: 6})), [Q2, Q2], False, [A, A], id="two on the last two free"),
        pytest.param(inv.host(t4(A, {Q2: 7}), t4(B)), [Q2, Q2], False, [A, B], id="two over two cards"),
        pytest.param(inv.host(t4(A), t4(B)), [Q2, B2], False, [A, B], id="two types never share a GPU"),
        pytest.param(inv.host(t4(A), t4(B)), [Q2] * 3, True, [A, B, A], id="separate, then the first again"),
        pytest.param(
            inv.host(inv.functions("0000:3b", 16, inv.A40, ALL_A40)),
            ["nvidia-560", "nvidia-570"],
            False,
            ["0000:3b:00.4", "0000:3b:00.5"],
            id="functions of one size, each its own parent",
        ),
        pytest.param(inv.host(t4(A), inv.mtty(24, 12)), [Q2] * 8, False, [A] * 8, id="up to the walk's end"),
        pytest.param(
            inv.host(inv.mtty(4, 2, "0x1af4")), ["mtty-1", "mtty-2"], False, ["mtty"] * 2, id="a pool of four"
        ),
        pytest.param(inv.host(), [], False, [], id="nothing asked for"),
    ],
)
def test_fits(inventory: HostInventory, types: list[str], separate: bool, parents: list[str]) -> None:
    """Each instance lands where the allocator puts it after those before."""
    found = place(inventory, Source.HOOK, inv.request(*types), separate)

    assert isinstance(found, Placement)
    assert [Slot(p, t) for p, t in zip(parents, types, strict=True)] == list(found.slots)


def test_separate_walk_dies_before_the_fallback() -> None:
    """Two instances on one card, placed separately, with a parent without vendor behind it."""
    found = place(inv.host(t4(A), inv.mtty(24, 12)), Source.HOOK, inv.request(Q2, Q2), separate=True)

    assert isinstance(found, Refusal)
    assert RefusalCode.ALLOCATOR_FAILS is found.code


def test_after() -> None:
    """A placement tells what the host shows once all was created."""
    found = place(inv.host(t4(A)), Source.HOOK, inv.request(Q2, Q2), separate=False)

    assert isinstance(found, Placement)
    assert 6 == inv.figures_of(found.after, A)[Q2]
    assert 7 == inv.figures_of(found.steps[1][0], A)[Q2]
    assert found.steps[0][0] is found.before


def test_after_nothing() -> None:
    """A placement of nothing leaves the inventory as it is."""
    found = place(inv.host(t4(A)), Source.HOOK, inv.request(), separate=False)

    assert isinstance(found, Placement)
    assert found.before is found.after
