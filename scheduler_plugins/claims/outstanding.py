"""Which instances of starts in flight an inventory does not show yet: those alone are still to come."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Observation
from scheduler_plugins.claims.model import Start


def outstanding(start: Start, seen: Observation) -> Start:
    """The start with only those instances that the inventory does not show yet."""
    return _outstanding(start, living(seen.inventory), seen.owners or {})


def all_outstanding(starts: Iterable[Start], seen: Observation) -> tuple[Start, ...]:
    """The starts of which instances are still to come, with those alone."""
    alive, owners = living(seen.inventory), seen.owners or {}
    left = [_outstanding(start, alive, owners) for start in starts]
    return tuple([start for start in left if start.types])


def living(inventory: HostInventory) -> dict[str, str]:
    """The type of each instance, by its UUID."""
    types = [t for parent in inventory.parents for t in parent.types or () if t.instances]
    return {uuid: t.id for t in types for uuid in t.instances or ()}


def _outstanding(start: Start, alive: Mapping[str, str], owners: Mapping[str, str]) -> Start:
    own = [uuid for uuid in start.uuids if uuid in alive and uuid not in owners]
    own += [uuid for uuid, vm_id in owners.items() if vm_id == start.vm_id and uuid in alive]
    left = list(start.types)
    for uuid in own:
        if alive[uuid] in left:
            left.remove(alive[uuid])
    return start if len(left) == len(start.types) else replace(start, types=tuple(left))
