"""What the proxy socket and the engine endpoint need of the scheduler."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from scheduler_plugins.units.registry import Unit


class Fitting(Protocol):
    """A filter's decision, as far as an endpoint needs it."""

    @property
    def fitting(self) -> tuple[str, ...]:
        """The hosts that fit, in the order asked."""

    @property
    def stale(self) -> str:
        """Why the VM's request is not what the engine says now, with its age; empty where it is."""


class Decider(Protocol):
    """The scheduler, as the endpoints see it. Its methods block, and may be called from several threads."""

    @property
    def filters(self) -> Mapping[str, Unit]:
        """The filters by name."""

    @property
    def weights(self) -> Mapping[str, Unit]:
        """The weights by name."""

    def filter(self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]) -> Fitting:
        """Judges every host; raises SchedulerError."""

    def weigh(
        self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]
    ) -> list[tuple[str, int]]:
        """An integer for every host, 0 the best; raises SchedulerError."""
