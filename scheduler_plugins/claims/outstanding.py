"""Which instances of starts in flight an inventory does not show yet: those alone are still to come."""

from collections.abc import Iterable
from dataclasses import replace

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Observation
from scheduler_plugins.claims.model import Firm, Start, Unresolved


def outstanding(start: Start, seen: Observation) -> Start:
    """The start with only those instances that the inventory does not show yet."""
    told, alive = seen.owners or {}, living(seen.inventory)
    own = [uuid for uuid in start.uuids if uuid in alive and uuid not in told]
    if start.vm_id in told.values():
        own += [uuid for uuid, vm_id in told.items() if vm_id == start.vm_id and uuid in alive]
    if not own:
        return start
    left = list(start.types)
    for uuid in own:
        if alive[uuid] in left:
            left.remove(alive[uuid])
    return start if len(left) == len(start.types) else replace(start, types=tuple(left))


def living(inventory: HostInventory) -> dict[str, str]:
    """The type of each instance, by its UUID; worked out once per inventory."""
    known: dict[str, str] | None = inventory.__dict__.get("living")
    if known is None:
        types = [t for parent in inventory.parents for t in parent.types or () if t.instances]
        known = {uuid: t.id for t in types for uuid in t.instances or ()}
        inventory.__dict__["living"] = known
    return known


def all_outstanding(entries: Iterable[Firm | Unresolved], seen: Observation) -> list[Start]:
    """The starts of which instances are still to come, with those alone."""
    return [left for entry in entries if (left := outstanding(entry.start, seen)).types]
