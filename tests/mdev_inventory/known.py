"""Hosts, VMs, inventories and observations with one thing changed."""

from typing import Any

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host, Vm
from mdev_inventory.model import HostInventory, MdevType, ParentDevice, ReadError
from mdev_inventory.observation import HostFailure, Observation, Source
from mdev_inventory.store.inventories import Inventories

INVENTORY = HostInventory(
    parents=(
        ParentDevice(
            address="0000:3b:00.0",
            vendor="0x10de",
            device="0x1eb8",
            driver="nvidia",
            numa_node=0,
            types=(
                MdevType("nvidia-222", "GRID T4-1B", "num_heads=4", "vfio-pci", 15, ("some-uuid",)),
                MdevType("nvidia-223", "GRID T4-2B", "num_heads=4", "vfio-pci", None, None),
            ),
        ),
        ParentDevice(address="mtty", types=None),
    ),
    errors=(ReadError("/sys/class/mdev_bus/mtty/mdev_supported_types", "EIO"),),
    collected_at="2026-11-22T19:00:00Z",
    boot_id="a-boot",
    hook_version="1.0.0",
)


def host(host_id: str = "h1", **overrides: Any) -> Host:
    """A host that is up."""
    values: dict[str, Any] = {
        "id": host_id,
        "name": f"name-of-{host_id}",
        "address": f"{host_id}.example.com",
        "port": 54321,
        "status": "up",
        "cluster_id": "c1",
        "separate": False,
    }
    return Host(**values | overrides)


def seen(host_id: str = "h1", at: float = 100.0, **overrides: Any) -> Observation:
    """What a host's hook told when asked at `at`, one second later."""
    values: dict[str, Any] = {
        "host_id": host_id,
        "inventory": INVENTORY,
        "source": Source.HOOK,
        "requested_at": at,
        "received_at": at + 1,
    }
    return Observation(**values | overrides)


def failed(host_id: str = "h1", code: str = "timeout", at: float = 100.0) -> HostFailure:
    """A host that could not be asked."""
    return HostFailure(host_id, code, f"host {host_id} did not answer", at)


def known_vm(vm_id: str = "v1", *types: str, at: float = 100.0) -> KnownVm:
    """A VM that asks for these types."""
    return KnownVm(vm_id, f"name-of-{vm_id}", types, at)


def vm(vm_id: str = "v1", mdev_type: str | None = None) -> Vm:
    """A VM as an older engine shows it."""
    return Vm(vm_id, f"name-of-{vm_id}", "down", "c1", None, mdev_type, None)


def state(inventories: Inventories) -> tuple[object, ...]:
    """All that they know at this moment."""
    return inventories.hosts, inventories.observations, inventories.failures, inventories.vms
