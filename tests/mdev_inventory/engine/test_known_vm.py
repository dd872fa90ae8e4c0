"""What is kept of a VM that the engine showed."""

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import MediatedDevice, Vm


def test_a_vm_as_the_engine_shows_it() -> None:
    """Its devices' ids are kept with it, as the kernel writes them."""
    vm = Vm("vm-1", "desk", "up", "c1", None, None, (MediatedDevice("D0-1", {"mdevType": "t"}),))

    assert KnownVm("vm-1", "desk", ("t",), 1.0, ("d0-1",), "c1", host_id="") == KnownVm.of(vm, ("t",), 1.0)
