"""What the proxy socket and the engine endpoint need of the scheduler, and how much may be asked at once."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from scheduler_plugins.units.registry import Unit

HOSTS = 4096
"""In one question. A cluster has at most some hundreds; the proxy's command line holds 3,000."""
UNITS = 64
"""In one call of the engine's, which names those that it discovered."""
PROPERTIES = 64
"""Of a policy."""
PROPERTY_LENGTH = 8192
"""Characters of a property's name and value together."""
ID_LENGTH = 80
"""Characters of an id or a unit's name: a UUID has 36."""


def too_much(units: Sequence[str], vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]) -> str:
    """Why this is more than anybody asks at once; empty where it is not."""
    for name, count, most in (
        ("units", len(units), UNITS),
        ("hosts", len(host_ids), HOSTS),
        ("properties", len(properties), PROPERTIES),
    ):
        if count > most:
            return f"{count} {name} in one question; at most {most} are answered"
    if max(map(len, (*units, vm_id, *host_ids)), default=0) > ID_LENGTH:
        return f"an id or a unit's name of more than {ID_LENGTH} characters"
    if any(len(key) + len(value) > PROPERTY_LENGTH for key, value in properties.items()):
        return f"a property of more than {PROPERTY_LENGTH} characters"
    return ""


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
