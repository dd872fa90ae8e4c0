"""Starts in flight: what was decided, and no inventory shows yet.

Between a decision and the host's next inventory an instance is invisible, and for a while nobody tells even
the host. Two kinds of entries bridge that:

- **pending decision**: the VM may start on any host of our answer. It ends when the VM shows a host, or in
  time.
- **claim**: the VM is on one host, or may go to one host only. It ends with an inventory of that host that
  was requested after the VM had been launched, when the VM stops or has gone, or in time.

A VM has one decision: a later one replaces it. One that already runs (a migration, or a question that
nothing follows) only ever gets a pending decision, a short one, beside its claim.

Here are the entries, as plain data; `life.py` has what begins and ends them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mdev_inventory.engine.model import Vm, host_with


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long entries last at most, in seconds."""

    pending: float = 30.0
    claim: float = 300.0


@dataclass(frozen=True)
class Start:
    """A VM that was decided on, and what it takes."""

    vm_id: str
    vm_name: str
    types: tuple[str, ...]
    """One for each instance, in the order in which its host will make them."""
    uuids: tuple[str, ...] = ()
    """That its instances will have, where they are known beforehand; in no order."""
    compact: bool = False
    """Whether its host gets no vGPU placement for it."""

    @property
    def label(self) -> str:
        """The VM as people know it."""
        return self.vm_name or self.vm_id

    @cached_property
    def names(self) -> tuple[str, ...]:
        """By which an inventory may show some of it: the VM's id, UUIDs of its instances."""
        return (self.vm_id, *self.uuids)


@dataclass(frozen=True, slots=True)
class PendingDecision:
    """A decision whose host is not known yet."""

    start: Start
    hosts: tuple[str, ...]
    """Of the answer."""
    at: float
    home: str | None = None
    """The host on which the VM already ran; None for a start."""
    best: str | None = None
    """The host with the least sum of our weights, once those were asked for."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A VM that is, or will be, on one host."""

    start: Start
    host_id: str
    since: float
    shown_at: float | None = None
    """When the engine was asked that last showed the VM there; None while only our answer tells."""
    launched_at: float | None = None
    """When we first knew the VM launched: its instances are in every inventory requested later."""
    home: str | None = None
    """The host that it migrates from, and on which the engine shows it meanwhile."""


@dataclass(frozen=True, slots=True)
class VmLocations:
    """Where some VMs are, as the engine said."""

    vms: Mapping[str, Vm | None]
    """By id; None for one that the engine does not know."""
    asked_at: float
    answered_at: float


@dataclass(frozen=True)
class InFlight:
    """What is in flight to one host, in the order of the decisions."""

    claims: tuple[Claim, ...] = ()
    pending: tuple[PendingDecision, ...] = ()

    @property
    def shown(self) -> tuple[Start, ...]:
        """The starts of those VMs that the engine has shown on the host."""
        return tuple([claim.start for claim in self.claims if claim.shown_at is not None])

    @cached_property
    def expected(self) -> tuple[Start, ...]:
        """Those that may yet go elsewhere, or come to nothing: only our own answer tells of them."""
        told = [claim.start for claim in self.claims if claim.shown_at is None]
        return (*told, *(decision.start for decision in self.pending))

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.claims or self.pending)


NOTHING = InFlight()


def holds_devices(vm: Vm) -> bool:
    """Whether the VM is on a host in a status that holds mediated devices."""
    return host_with(vm) is not None
