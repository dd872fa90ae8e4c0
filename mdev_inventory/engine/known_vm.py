"""What we last knew of a VM's request, for when the engine cannot be asked."""

from collections.abc import Iterable
from typing import NamedTuple, Self

from mdev_inventory.engine.levels import sends_placement
from mdev_inventory.engine.model import Vm, host_with


class KnownVm(NamedTuple):
    """A VM and its request as the engine last showed them."""

    id: str
    name: str
    types: tuple[str, ...]
    """The mdev types it asks for, in the allocator's order, with repetition; empty where it asks for none."""
    seen_at: float
    """When the engine was asked: the service's clock, seconds since the epoch."""
    devices: tuple[str, ...] = ()
    """Ids of its mediated devices, on engines from 4.5 on: the UUIDs that its instances have."""
    cluster_id: str = ""
    """Empty where the engine did not tell it."""
    compact: bool = False
    """Whether the host gets no vGPU placement for it, for its level is too old; not kept over a restart."""
    host_id: str | None = None
    """The host on which it holds its instances, empty where on none; None where nobody told since the last restart."""

    @classmethod
    def of(cls, vm: Vm, types: Iterable[str], seen_at: float) -> Self:
        """The VM that the engine showed, with what it asks for."""
        devices = tuple(device.id.lower() for device in vm.mediated_devices or ())
        compact, host_id = not sends_placement(vm.level), host_with(vm) or ""
        return cls(vm.id, vm.name, tuple(types), seen_at, devices, vm.cluster_id, compact, host_id)
