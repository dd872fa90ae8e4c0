"""What a host would do with a request right now: tried on its bus, then taken back.

The truth that verdicts are held against: the host's own allocator and the kernel model, no estimate.
"""

import uuid
from collections.abc import Sequence
from typing import Self

from simulation.hosts.host import SimulatedHost


class Trial:
    """Starts tried on a host within `with`, then taken back: its tree and its listeners see nothing of them.

    Use it alone with the host (the engine's `call`).
    """

    def __init__(self, host: SimulatedHost) -> None:
        """Nothing is tried yet."""
        self._host = host
        self._bus = host.bus
        self._listeners = host.bus.listeners
        self._made: list[str] = []

    def __enter__(self) -> Self:
        """From now on nobody follows the bus."""
        self._bus.listeners = []
        return self

    def __exit__(self, *_: object) -> None:
        """Every figure is as before."""
        for instance in self._made:
            self._bus.remove(instance)
        self._bus.listeners = self._listeners

    def start(self, types: Sequence[str]) -> list[str] | None:
        """The parent devices of one VM's instances, which stay taken; None where the start would fail."""
        try:
            return [self._create(type_id) for type_id in types]
        except (OSError, ValueError):
            return None

    def _create(self, type_id: str) -> str:
        parent = self._host.choose(type_id)
        if parent is None:
            raise ValueError(f"no parent device of {self._host.name} has a free instance of {type_id}")
        instance = str(uuid.UUID(int=len(self._made) + 1))
        self._bus.create(parent, type_id, instance)
        self._made.append(instance)
        return parent


def parents_taken(host: SimulatedHost, types: Sequence[str]) -> list[str] | None:
    """The parent device that each instance would land on, or None where the start would fail."""
    with Trial(host) as trial:
        return trial.start(types)
