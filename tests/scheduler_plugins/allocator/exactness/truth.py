"""What a host really does, by the simulation's own kernel and allocator."""

import itertools
from collections.abc import Iterator, Sequence

from scheduler_plugins.allocator.model import Slot
from simulation.hosts import allocator
from simulation.kernel import Bus

ENDLESS = 40
"""So many instances are created at most where the question is how many the host creates."""


_numbers = itertools.count()


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
