"""How many instances of a type a host would create: real devices' figures, row by row."""

import pytest

from mdev_inventory.model import HostInventory, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.placement import free_instances
from tests.scheduler_plugins import inventories as inv

A, B = "0000:3b:00.0", "0000:3c:00.0"
Q2, B2 = "nvidia-231", "nvidia-223"
ALL_A40 = dict.fromkeys(inv.A40, 1)
ONLY_4 = {"nvidia-560": 1, "nvidia-570": 1}


def t4(address: str, alive: inv.Alive | None = None) -> ParentDevice:
    """A T4 that holds those instances."""
    return inv.gpu(address, inv.T4, alive)


@pytest.mark.parametrize(
    ("inventory", "type_id", "separate", "expected"),
    [
        pytest.param(inv.host(t4(A), t4(B, {Q2: 5})), Q2, False, 11, id="sum over cards of their own"),
        pytest.param(inv.host(t4(A), t4(B, {Q2: 5})), Q2, True, 11, id="separate holds as many"),
        pytest.param(inv.host(t4(A, {Q2: 1}), t4(B, {B2: 5})), B2, False, 3, id="held cards do not count"),
        pytest.param(
            inv.host(
                inv.functions("0000:3b", 16, inv.A40, ALL_A40),
                inv.functions("0000:5b", 16, inv.A40, ONLY_4, ["nvidia-570"] * 10),
            ),
            "nvidia-560",
            False,
            14,
            id="two cards",
        ),
        pytest.param(inv.host(inv.functions("0000:3b", 4, inv.A100_MIG, {})), "nvidia-474", False, 0, id="MIG"),
        pytest.param(inv.host(t4(A), inv.mtty(24, 12)), Q2, False, 8, id="up to the allocator's death"),
        pytest.param(inv.host(t4(A), inv.mtty(24, 12)), Q2, True, 1, id="separate dies sooner"),
        pytest.param(
            inv.host(t4(A, {Q2: 1}), inv.mtty(24, 12)), Q2, True, 0, id="separate walks past its own and dies"
        ),
        pytest.param(HostInventory((inv.mtty(24, 12), t4(A))), Q2, False, 8, id="the walk goes by name, not as listed"),
        pytest.param(inv.host(inv.mtty(24, 12)), "mtty-1", False, 0, id="dead at once"),
        pytest.param(inv.host(t4(A)), "nvidia-9", False, 0, id="not offered"),
        pytest.param(inv.host(), Q2, True, 0, id="no parents"),
        pytest.param(
            inv.host(inv.device("matrix", {"vfio_ap-passthrough": 2**31 - 1}, vendor="0x1014")),
            "vfio_ap-passthrough",
            False,
            2**31 - 1,
            id="a figure without meaning takes no longer",
        ),
    ],
)
def test_free_instances(inventory: HostInventory, type_id: str, separate: bool, expected: int) -> None:
    """How often the allocator would succeed with one instance after the other."""
    fresh = inventory._replace()  # nothing is remembered of it yet

    assert expected == free_instances(fresh, Source.HOOK, type_id, separate)
