"""One host's inventory together with where it came from and how old it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mdev_inventory.model import HostInventory


class Source(StrEnum):
    """Who told us, best first. The poorer ones cannot tell instances and card membership."""

    HOOK = "hook"
    """VDSM's capabilities with our key: all that sysfs shows."""
    VDSM = "vdsm"
    """VDSM's `Host.hostdevListByCaps`: PCI parents only, no instances, types without a figure left out."""
    ENGINE = "engine"
    """The engine's copy of the host's devices: as VDSM's, refreshed rarely."""


@dataclass(frozen=True, slots=True)
class HostFailure:
    """Why a host could not be observed the last time it was asked."""

    host_id: str
    code: str
    """Stable for machines, e.g. `tls`, `timeout`, `bad-inventory`."""
    text: str
    """For people: what, which host, which value, what to do."""
    at: float


@dataclass(frozen=True, slots=True)
class Observation:
    """What one host was seen to have. Times are the service's own clock, seconds since the epoch."""

    host_id: str
    inventory: HostInventory
    source: Source
    requested_at: float
    """When the request left us. Not the time of all that it tells: see `holds_to`."""
    received_at: float
    failure: HostFailure | None = None
    """Why a better source did not do, where one should have: observed, but something is wrong there."""
    owners: Mapping[str, str] | None = None
    """Which VM has an instance, by its UUID, as the host's VDSM tells; None where that was not asked.

    Asked after the inventory came, so of the same moment or later, until `received_at` at the latest: an
    instance without an owner may be one whose VM ended in between.
    """
    arriving: frozenset[str] = frozenset()
    """Ids of the VMs that another host migrates here, as VDSM tells; asked at the same time as `owners`."""

    vms: frozenset[str] | None = None
    """Ids of the VMs on the host that may hold instances, as VDSM tells at that time; None where it did not."""
    carried: Mapping[str, float] = field(default_factory=dict)
    """Parent devices, by address, that this reading did not come to: they are told as they were when the host
    was asked at that time."""

    @property
    def holds_to(self) -> float:
        """All that the host did before this moment is in the inventory: the time of its oldest part.

        Not so for `Source.ENGINE`, whose copy was older already when we asked.
        """
        return min(self.requested_at, *self.carried.values()) if self.carried else self.requested_at

    def age(self, now: float) -> float:
        """Seconds since the request for its oldest part left; never negative."""
        return max(0.0, now - self.holds_to)
