"""Creating instances on a simulated bus, and reading what is left."""

from collections.abc import Callable, Sequence

from simulation.kernel import Bus
from simulation.kernel.boards import Board, build_bus

T4 = "0000:3b:00.0"
"""Where the first board is plugged in."""


Living = Sequence[tuple[str, str]]
"""(parent device, type) of each instance."""


def bus_with(boards: Sequence[Board], living: Living, seed: int | None = None) -> Bus:
    """A bus on which those instances live."""
    bus = build_bus(boards, seed=seed)
    for parent, type_id in living:
        fill(bus, parent, type_id)
    return bus


def fill(bus: Bus, parent: str, *type_ids: str) -> None:
    """Create instances of those types on the parent."""
    for type_id in type_ids:
        bus.create(parent, type_id, fresh(bus))


def fresh(bus: Bus) -> str:
    """A UUID that is not on the bus."""
    return f"{len(bus.instances()):08x}-0000-4000-8000-000000000002"


def by_name(bus: Bus, parent: str) -> dict[str, str]:
    """The figures that are not 0, by the end of the type's name (`2Q`)."""
    return {
        (bus.type_facts(parent, t).name or t).rpartition("-")[2]: bus.available(parent, t)
        for t in bus.types(parent)
        if bus.available(parent, t) != "0"
    }


def how_many(bus: Bus, choice: Callable[[int], str]) -> int:
    """How often a creation succeeds, on the first parent that shows room each time."""
    while True:
        wanted = choice(len(bus.instances()))
        parent = next((p for p in bus.parents() if bus.available(p, wanted) != "0"), None)
        if parent is None:
            return len(bus.instances())
        fill(bus, parent, wanted)
