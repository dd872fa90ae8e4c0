"""Where each instance of a request lands, and how many would: figures of real devices, row by row."""

import pytest

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.model import Slot
from scheduler_plugins.allocator.placement import Placement, free_instances, place, place_on
from scheduler_plugins.allocator.refusals import Refusal, RefusalCode
from scheduler_plugins.allocator.request import Request
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_4A, A40_4Q, B2, Q2, A, B, a40, t4

DEADLY = inv.mtty(24, 12)
"""A parent without vendor: VDSM's allocator dies of it."""
POOL_OF_4 = inv.mtty(4, 2, "0x1af4")


@pytest.mark.parametrize(
    ("inventory", "types", "separate", "parents"),
    [
        pytest.param(inv.host(t4()), [Q2], False, [A], id="one"),
        pytest.param(inv.host(t4(A, {Q2: 6})), [Q2, Q2], False, [A, A], id="two on the last two free"),
        pytest.param(inv.host(t4(A, {Q2: 7}), t4(B)), [Q2, Q2], False, [A, B], id="two over two cards"),
        pytest.param(inv.host(t4(), t4(B)), [Q2, B2], False, [A, B], id="two types never share a GPU"),
        pytest.param(inv.host(t4(), t4(B)), [Q2] * 3, True, [A, B, A], id="separate, then the first again"),
        pytest.param(
            inv.host(a40(16)),
            [A40_4Q, A40_4A],
            False,
            ["0000:3b:00.4", "0000:3b:00.5"],
            id="functions of one size, each its own parent",
        ),
        pytest.param(inv.host(t4(), DEADLY), [Q2] * 8, False, [A] * 8, id="up to the walk's end"),
        pytest.param(inv.host(POOL_OF_4), ["mtty-1", "mtty-2"], False, ["mtty"] * 2, id="a pool of four"),
        pytest.param(inv.host(), [], False, [], id="nothing asked for"),
    ],
)
def test_fits(inventory: HostInventory, types: list[str], separate: bool, parents: list[str]) -> None:
    """Each instance lands where the allocator puts it after those before."""
    found = place(inventory, Source.HOOK, inv.request(*types), separate)

    assert isinstance(found, Placement)
    assert [Slot(p, t) for p, t in zip(parents, types, strict=True)] == list(found.slots)


def test_separate_walk_dies_before_the_fallback() -> None:
    """A separate walk that meets a parent without vendor dies there, though the fallback would have fit."""
    found = place(inv.host(t4(), DEADLY), Source.HOOK, inv.request(Q2, Q2), separate=True)

    assert isinstance(found, Refusal)
    assert RefusalCode.ALLOCATOR_FAILS is found.code


def test_after() -> None:
    """A placement tells what the host shows once all was created."""
    found = place(inv.host(t4()), Source.HOOK, inv.request(Q2, Q2), separate=False)

    assert isinstance(found, Placement)
    assert 6 == inv.figures_of(found.after, A)[Q2]
    assert 7 == inv.figures_of(found.steps[1][0], A)[Q2]
    assert found.steps[0][0] is found.before


def test_after_nothing() -> None:
    """A placement of nothing leaves the inventory as it is."""
    found = place(inv.host(t4()), Source.HOOK, inv.request(), separate=False)

    assert isinstance(found, Placement)
    assert found.before is found.after


def test_a_host_never_seen() -> None:
    """To place a request on a host that was never seen is an error of the caller's."""
    with pytest.raises(ValueError, match="host gpu1 was never seen"):
        place_on(inv.view(None), inv.request(Q2))


FREE = [
    pytest.param(inv.host(t4(), t4(B, {Q2: 5})), Q2, False, 11, id="sum over cards of their own"),
    pytest.param(inv.host(t4(), t4(B, {Q2: 5})), Q2, True, 11, id="separate holds as many"),
    pytest.param(inv.host(t4(A, {Q2: 1}), t4(B, {B2: 5})), B2, False, 3, id="held cards do not count"),
    pytest.param(inv.host(a40(16), a40(16, *[A40_4A] * 10, bus="0000:5b")), A40_4Q, False, 14, id="two cards"),
    pytest.param(inv.host(inv.functions("0000:3b", 4, inv.A100_MIG, {})), "nvidia-474", False, 0, id="MIG"),
    pytest.param(inv.host(t4(), DEADLY), Q2, False, 8, id="up to the allocator's death"),
    pytest.param(inv.host(t4(), DEADLY), Q2, True, 1, id="separate dies sooner"),
    pytest.param(inv.host(t4(A, {Q2: 1}), DEADLY), Q2, True, 0, id="separate walks past its own and dies"),
    pytest.param(HostInventory((DEADLY, t4())), Q2, False, 8, id="the walk goes by name, not as listed"),
    pytest.param(inv.host(DEADLY), "mtty-1", False, 0, id="dead at once"),
    pytest.param(inv.host(t4()), "nvidia-9", False, 0, id="not offered"),
    pytest.param(inv.host(), Q2, True, 0, id="no parents"),
    pytest.param(
        inv.host(inv.device("matrix", {"vfio_ap-passthrough": 2**31 - 1}, vendor="0x1014")),
        "vfio_ap-passthrough",
        False,
        2**31 - 1,
        id="a figure without meaning takes no longer",
    ),
]


@pytest.mark.parametrize(("inventory", "type_id", "separate", "expected"), FREE)
def test_free_instances(inventory: HostInventory, type_id: str, separate: bool, expected: int) -> None:
    """An instance is free where the allocator would succeed with it after all those before."""
    assert expected == free_instances(inventory, Source.HOOK, type_id, separate)


@pytest.mark.parametrize("separate", [True, False])
def test_a_request_without_placement_is_compact_everywhere(separate: bool) -> None:
    """A VM that the engine sends no placement for is placed compact on a host of either setting, also afterwards."""
    inventory, request = inv.host(t4(), t4(B)), Request((Q2, Q2), compact=True)
    found = place(inventory, Source.HOOK, request, separate)

    assert isinstance(found, Placement)
    assert [A, A] == [slot.parent for slot in found.slots]
    assert found == place(inventory, Source.HOOK, Request((Q2, Q2)), False)
    assert found.after == place(inventory, Source.HOOK, Request((Q2, Q2)), False).after  # type: ignore[union-attr]
