"""What a host really does, by the simulation's own kernel and allocator, and what its inventory tells."""

import itertools
from collections.abc import Iterator, Sequence

from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from scheduler_plugins.allocator.model import Slot
from simulation.hosts import allocator
from simulation.kernel import Bus

ENDLESS = 40
"""So many instances are created at most where the question is how many the host creates."""


_numbers = itertools.count()


def inventory_of(bus: Bus) -> HostInventory:
    """What the hook would read from that bus's sysfs (a test holds it against a tree on disk)."""
    return HostInventory(tuple(_parent(bus, address) for address in sorted(bus.parents())))


def create(bus: Bus, types: Sequence[str], separate: bool) -> tuple[Slot, ...] | None:
    """The slots that the host's allocator takes one after the other; None where it refuses or dies."""
    slots = tuple(itertools.islice(_created(bus, types, separate), len(types)))
    return slots if len(slots) == len(types) else None


def creates(bus: Bus, type_id: str, separate: bool) -> int:
    """How many instances of the type the host creates, one after the other; the bus is as before then."""
    before = set(bus.instances())
    count = sum(1 for _ in _created(bus, [type_id] * ENDLESS, separate))
    for uuid in set(bus.instances()) - before:
        bus.remove(uuid)
    return count


def _created(bus: Bus, types: Sequence[str], separate: bool) -> Iterator[Slot]:
    for type_id in types:
        try:
            parent = allocator.choose(bus, type_id, separate)
            if parent is None:
                return
            bus.create(parent, type_id, fresh())
        except (OSError, ValueError):
            return
        yield Slot(parent, type_id)


def fresh() -> str:
    """A UUID that is on no bus."""
    return f"{next(_numbers):08x}-0000-4000-8000-000000000003"


def _parent(bus: Bus, address: str) -> ParentDevice:
    facts = bus.attributes(address)
    return ParentDevice(
        address=address,
        vendor=_vendor(bus, address),
        device=facts["device"],
        driver=facts["driver"],
        numa_node=None if facts["numa_node"] == -1 else facts["numa_node"],
        physfn=facts["physfn"],
        types=tuple(_type(bus, address, type_id) for type_id in bus.types(address)),
    )


def _vendor(bus: Bus, address: str) -> str | None:
    try:
        return bus.vendor(address)
    except FileNotFoundError:
        return None


def _type(bus: Bus, address: str, type_id: str) -> MdevType:
    facts = bus.type_facts(address, type_id)
    return MdevType(
        id=type_id,
        name=facts.name or type_id,
        description=facts.description or "",
        device_api=facts.device_api or "",
        available=_figure(bus, address, type_id),
        instances=tuple(sorted(bus.devices(address, type_id))),
    )


def _figure(bus: Bus, address: str, type_id: str) -> int | None:
    try:
        return int(bus.available(address, type_id))
    except (OSError, ValueError):
        return None
