"""Which VM an mdev instance belongs to.

An instance is known by its UUID alone, and what that tells depends on the engine: from
4.5 on it is the id of the VM's device; from 4.2.6.1 to 4.4 it is random at every start, so only the host's
VDSM knows, whose word comes with the observation; before, it is made from the VM's id or name.

What belongs to no VM is an orphan: left behind by a start that failed, or made by somebody else. It takes
its place like any other instance. It is shown, never deleted: it may be in use outside of oVirt.
"""

import threading
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol
from uuid import UUID, uuid3

from mdev_inventory.collector.vm_questions import instances
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.model import MdevType
from mdev_inventory.observation import Observation

NAMESPACE = UUID("8524b17c-f0ca-44a5-9ce4-66fe261e5986")
"""VDSM's own, for the UUIDs that it makes from a VM's id (4.2 to 4.2.6) or name (its hook, before)."""


class Orphan(NamedTuple):
    """An instance that belongs to no VM."""

    uuid: str
    parent: str
    """Address of the parent device that it lives on."""
    type: str


def uuids_of(vm: KnownVm) -> frozenset[str]:
    """Every UUID that an instance of the VM may have, as far as the engine's own data tell."""
    return frozenset(vm.devices) | (_made(vm.id, vm.name) if vm.types else frozenset())


def instances_of(vm: KnownVm, seen: Observation) -> frozenset[str]:
    """The VM's instances that this observation shows. What the host itself told of one counts more."""
    living, told = instances(seen.inventory), seen.owners or {}
    derived = {uuid for uuid in uuids_of(vm) if uuid not in told}
    return living & (derived | {uuid for uuid, vm_id in told.items() if vm_id == vm.id})


def owner(uuid: str, seen: Observation, derived: Mapping[str, str]) -> str | None:
    """Id of the VM that has this instance; None where nobody can tell, or nobody has it.

    `derived` is `Derived`'s.
    """
    return (seen.owners or {}).get(uuid) or derived.get(uuid)


def orphans(seen: Observation, derived: Mapping[str, str]) -> tuple[Orphan, ...] | None:
    """The instances that belong to no VM; None where that cannot be told.

    One that is listed may belong to a VM that ended between two questions (`vm_questions`): it is an orphan
    for certain when two observations in a row say so.
    """
    types = [(parent.address, found) for parent in seen.inventory.parents for found in parent.types or ()]
    living = [(address, found, uuid) for address, found in types for uuid in found.instances or ()]
    left = tuple(Orphan(uuid, address, t.id) for address, t, uuid in living if not owner(uuid, seen, derived))
    untold = left and seen.owners is None
    return None if untold or not _told([found for _, found in types]) else left


class Vms(Protocol):
    """The VMs as known now; safe for threads."""

    @property
    def vms(self) -> Mapping[str, KnownVm]:
        """By id."""

    def vms_changed(self, since: int) -> tuple[int, frozenset[str] | None]:
        """The number of changes so far, and the VMs that those after `since` concern; None for any."""


class Derived:
    """Which VM has which UUIDs by the engine's own data; safe for threads.

    Brought up to date with the VMs that changed: each decision shows one, and an engine has ten thousand.
    """

    def __init__(self, source: Vms) -> None:
        """Nothing was looked at yet."""
        self._source = source
        self._lock = threading.Lock()
        self._number = -1
        self._known: dict[str, tuple[str, tuple[str, ...], bool]] = {}
        """By VM id, what its UUIDs hang on."""
        self._owners: dict[str, str] = {}
        self._shared: set[str] = set()
        """UUIDs that two VMs may have."""

    @property
    def now(self) -> Mapping[str, str]:
        """VM id by instance UUID; for looking up, as it changes with the VMs."""
        with self._lock:
            number, changed = self._source.vms_changed(self._number)
            if number != self._number:
                self._take_in(changed)
                self._number = number
            return self._owners

    def unexplained(self, uuids: Collection[str]) -> frozenset[str]:
        """Those of these instances whose VM only the host can tell, if anybody."""
        known = self.now
        return frozenset(uuid for uuid in uuids if uuid not in known)

    def _take_in(self, changed: frozenset[str] | None) -> None:
        vms = self._source.vms
        for vm_id in changed if changed is not None else self._known.keys() | vms.keys():
            before, vm = self._known.get(vm_id), vms.get(vm_id)
            if (_basis(vm) if vm else None) == before:
                continue
            if before and not self._forget(vm_id):
                self._begin_anew(vms)
                return
            if vm:
                self._add(vm)

    def _add(self, vm: KnownVm) -> None:
        self._known[vm.id] = _basis(vm)
        uuids = uuids_of(vm)
        self._shared.update(uuid for uuid in uuids if uuid in self._owners)
        self._owners.update(dict.fromkeys(uuids, vm.id))

    def _forget(self, vm_id: str) -> bool:
        """False where one of its UUIDs may be another VM's as well: nobody knows then whose it is now."""
        name, devices, asks = self._known.pop(vm_id)
        uuids = uuids_of(KnownVm(vm_id, name, ("",) * asks, 0.0, devices))
        for uuid in uuids:
            self._owners.pop(uuid, None)
        return self._shared.isdisjoint(uuids)

    def _begin_anew(self, vms: Mapping[str, KnownVm]) -> None:
        # Others instead of emptied ones: somebody may be looking things up.
        self._known, self._owners, self._shared = {}, {}, set()
        for vm in vms.values():
            self._add(vm)


def _basis(vm: KnownVm) -> tuple[str, tuple[str, ...], bool]:
    """What a VM's UUIDs hang on, beside its id."""
    return vm.name, vm.devices, bool(vm.types)


def _told(types: Collection[MdevType]) -> bool:
    """Whether the source tells instances at all; where there is no type there is nothing to tell."""
    return all(mdev_type.instances is not None for mdev_type in types)


@lru_cache(maxsize=65536)
def _made(vm_id: str, vm_name: str) -> frozenset[str]:
    return frozenset(str(uuid3(NAMESPACE, text)) for text in (vm_id, vm_name))
