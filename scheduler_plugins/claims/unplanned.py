"""VMs that the engine shows on hosts although no decision of ours is known: their starts are in flight too.

The service was down, or another way let them through. A VM that its host has not launched yet holds nothing
that an inventory could show. Of one that runs, the instances lack in an inventory that is older than they
are; but that can only be said where it is known which instances are the VM's.
"""

from collections.abc import Iterable, Iterator, Mapping

from mdev_inventory.collector.vm_questions import instances
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Vm
from mdev_inventory.observation import Observation, Source
from scheduler_plugins.claims.instances import uuids_of
from scheduler_plugins.claims.life import LAUNCHED, Claims, Observations
from scheduler_plugins.claims.model import Claim, Start, VmLocations, holds_devices
from scheduler_plugins.claims.outstanding import outstanding

STARTING = "wait_for_launch"


def unplanned_starts(
    locations: VmLocations, claims: Claims, known: Mapping[str, KnownVm], observations: Observations
) -> list[Claim]:
    """A claim for every VM that holds, or will hold, instances that its host does not show."""
    return list(_unplanned(_unknown(locations, claims), locations, known, observations))


def _unknown(locations: VmLocations, claims: Claims) -> Iterator[Vm]:
    for vm_id, vm in locations.vms.items():
        if vm and vm_id not in claims.by_vm and vm_id not in claims.pending and holds_devices(vm):
            yield vm


def _unplanned(
    vms: Iterable[Vm], locations: VmLocations, known: Mapping[str, KnownVm], observations: Observations
) -> Iterator[Claim]:
    living: dict[str, frozenset[str]] = {}
    for vm in vms:
        wanted, seen = known.get(vm.id), observations.get(vm.host_id or "")
        if wanted is None or seen is None or not wanted.types or seen.holds_to > locations.answered_at:
            continue
        if vm.host_id not in living:
            living[vm.host_id or ""] = instances(seen.inventory)
        start = Start(vm.id, vm.name, wanted.types, tuple(sorted(uuids_of(wanted))), wanted.compact)
        if _is_in_flight(vm, wanted, start, seen, living[vm.host_id or ""]):
            launched = locations.answered_at if vm.status in LAUNCHED else None
            yield Claim(start, vm.host_id or "", locations.answered_at, locations.asked_at, launched)


def _is_in_flight(vm: Vm, wanted: KnownVm, start: Start, seen: Observation, living: frozenset[str]) -> bool:
    if vm.status == STARTING:
        return True
    if vm.status not in LAUNCHED or seen.source is not Source.HOOK:
        return False
    if wanted.devices:  # the usual case, and cheap: all of them are there
        return not living.issuperset(wanted.devices)
    told = seen.owners is not None or not living
    return told and bool(outstanding(start, seen).types)
