"""What a host would do with a request right now: tried on its bus, then taken back.

The truth that verdicts are held against: the host's own allocator and the kernel model, no estimate.
"""

import uuid
from collections.abc import Sequence

from simulation.hosts.allocator import choose
from simulation.hosts.host import SimulatedHost


def parents_taken(host: SimulatedHost, types: Sequence[str]) -> list[str] | None:
    """The parent that each instance would land on, or None where the start would fail.

    Nobody sees it: the host's tree is not touched, and every figure is as before afterwards. Call it
    alone with the host (the engine's `call`).
    """
    listeners, host.bus.listeners = host.bus.listeners, []
    made: list[tuple[str, str]] = []
    try:
        for type_id in types:
            made.append(_create(host, type_id))
    except (OSError, ValueError):
        return None
    finally:
        for instance, _ in made:
            host.bus.remove(instance)
        host.bus.listeners = listeners
    return [parent for _, parent in made]


def _create(host: SimulatedHost, type_id: str) -> tuple[str, str]:
    """(UUID, parent) of a new instance; OSError or ValueError as the host's start would fail."""
    parent = choose(host.bus, type_id, host.separate)
    if parent is None:
        raise ValueError(f"no parent device of {host.name} has a free instance of {type_id}")
    instance = str(uuid.uuid4())
    host.bus.create(parent, type_id, instance)
    return instance, parent
