"""Which VM an mdev instance belongs to.

An instance is known by its UUID alone, and what that tells depends on the engine: from
4.5 on it is the id of the VM's device; from 4.2.6.1 to 4.4 it is random at every start, so only the host's
VDSM knows, whose word comes with the observation; before, it is made from the VM's id or name.

A vGPU that belongs to no VM is an orphan: left behind by a start that failed, or made by somebody else. It takes
its place like any other instance. It is shown, never deleted: it may be in use outside of oVirt. What is on the mdev
bus and no vGPU (functions of a network card, a channel) is not ours and never an orphan.
"""

import threading
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID, uuid3

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.model import NVIDIA, MdevType, ParentDevice
from mdev_inventory.observation import Observation

NAMESPACE = UUID("8524b17c-f0ca-44a5-9ce4-66fe261e5986")
"""VDSM's own, for the UUIDs that it makes from a VM's id (4.2 to 4.2.6) or name (its hook, before)."""


GPU_DRIVERS = frozenset({"nvidia", "nvidia-vgpu-vfio", "i915", "xe", "amdgpu"})
GPU_TYPES = ("nvidia-", "i915-")
"""How the types of vGPUs begin, where the source does not tell the driver."""


class Orphan(NamedTuple):
    """An instance that belongs to no VM, as neither the engine nor the host's VDSM gives it to one."""

    uuid: str
    parent: str
    """Address of the parent device that it lives on."""
    type: str
    driver: str | None
    """The parent device's."""


def uuids_of(vm: KnownVm) -> frozenset[str]:
    """Every UUID that an instance of the VM may have, as far as the engine's own data tell."""
    return frozenset(vm.devices) | (_made(vm.id, vm.name) if vm.types else frozenset())


def owner(uuid: str, seen: Observation, derived: Mapping[str, str]) -> str | None:
    """Id of the VM that has this instance; None where nobody can tell, or nobody has it.

    `derived` is `Derived`'s.
    """
    return (seen.owners or {}).get(uuid) or derived.get(uuid)


def orphans(seen: Observation, derived: Mapping[str, str]) -> tuple[Orphan, ...] | None:
    """The vGPUs that belong to no VM; None where that cannot be told.

    One that is listed may belong to a VM that ended between two questions (`vm_questions`): it is an orphan
    for certain when two observations in a row say so.
    """
    left = _ownerless(seen, derived, vgpus=True)
    types = [found for parent in seen.inventory.parents for found in parent.types or () if is_vgpu(parent, found)]
    return None if (left and seen.owners is None) or not _told(types) else left


def foreign(seen: Observation, derived: Mapping[str, str]) -> tuple[Orphan, ...]:
    """The instances that are no vGPUs and that no VM is known to have: not ours."""
    return _ownerless(seen, derived, vgpus=False)


def is_vgpu(parent: ParentDevice, mdev_type: MdevType) -> bool:
    """Whether an instance of the type there is one for certain: by vendor, driver or the type's id."""
    return parent.vendor == NVIDIA or parent.driver in GPU_DRIVERS or mdev_type.id.startswith(GPU_TYPES)


def _ownerless(seen: Observation, derived: Mapping[str, str], vgpus: bool) -> tuple[Orphan, ...]:
    types = [(parent, found) for parent in seen.inventory.parents for found in parent.types or ()]
    return tuple(
        Orphan(uuid, parent.address, found.id, parent.driver)
        for parent, found in types
        for uuid in found.instances or ()
        if is_vgpu(parent, found) is vgpus and not owner(uuid, seen, derived)
    )


class Derived:
    """Which VM has which UUIDs by the engine's own data; safe for threads.

    Each decision shows a VM anew, and an engine has ten thousand: all are worked out again only where one of them
    has another name, other devices, or a request where it had none.
    """

    def __init__(self, vms: Callable[[], Mapping[str, KnownVm]]) -> None:
        """`vms` gives all VMs as known now: the same mapping until one of them is another."""
        self._all = vms
        self._vms: Mapping[str, KnownVm] = {}
        self._owners: Mapping[str, str] = {}
        self._lock = threading.Lock()

    @property
    def now(self) -> Mapping[str, str]:
        """VM id by instance UUID."""
        with self._lock:
            before, self._vms = self._vms, self._all()
            if self._vms is not before and _differ(before, self._vms):
                self._owners = {uuid: vm.id for vm in self._vms.values() for uuid in uuids_of(vm)}
            return self._owners

    def unexplained(self, uuids: Collection[str]) -> frozenset[str]:
        """Those of these instances whose VM only the host can tell, if anybody."""
        known = self.now
        return frozenset(uuid for uuid in uuids if uuid not in known)


def _differ(before: Mapping[str, KnownVm], now: Mapping[str, KnownVm]) -> bool:
    """Whether any VM may have other UUIDs than before; true as well where they only stand in another order."""
    changed = [(was, vm) for was, vm in zip(before.values(), now.values(), strict=False) if was is not vm]
    return len(before) != len(now) or any(_basis(was) != _basis(vm) for was, vm in changed)


def _basis(vm: KnownVm) -> tuple[str, str, tuple[str, ...], bool]:
    """What a VM's UUIDs hang on."""
    return vm.id, vm.name, vm.devices, bool(vm.types)


def _told(types: Collection[MdevType]) -> bool:
    """Whether the source tells instances at all; where there is no type there is nothing to tell."""
    return all(mdev_type.instances is not None for mdev_type in types)


@lru_cache(maxsize=65536)
def _made(vm_id: str, vm_name: str) -> frozenset[str]:
    # Half of a surrogate pair, which JSON may hold, is in no name that VDSM can have made a UUID of.
    texts = [text for text in (vm_id, vm_name) if text == text.encode("utf-8", "replace").decode()]
    return frozenset(str(uuid3(NAMESPACE, text)) for text in texts)
