"""Starts in flight: what was decided, and no inventory shows yet.

Between a decision and the host's next inventory an instance is invisible, and for a while nobody tells even
the host (design section 5). Two kinds of entries bridge that:

- **unresolved**: the VM may start on any host of our answer. It ends when the VM shows a host, or in time.
- **firm**: the VM is on one host, or may go to one host only. It ends with an inventory of that host that was
  requested after the VM had been launched, when the VM stops or has gone, or in time.

A VM has one decision: a later one replaces it. One that already runs (a migration, or a question that
nothing follows) only ever gets an unresolved entry, a short one, beside what is firm about it.

Here are the entries, as plain data; `ledger.py` has their life.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mdev_inventory.engine.model import STATUSES_WITHOUT_DEVICES, Vm


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long entries last at most, in seconds."""

    unresolved: float = 30.0
    claim: float = 300.0


@dataclass(frozen=True, slots=True)
class Start:
    """A VM that was decided on, and what it takes."""

    vm_id: str
    vm_name: str
    types: tuple[str, ...]
    """One for each instance, in the order in which its host will make them."""
    uuids: tuple[str, ...] = ()
    """That its instances will have, where they are known beforehand; in no order."""

    @property
    def label(self) -> str:
        """The VM as people know it."""
        return self.vm_name or self.vm_id


@dataclass(frozen=True, slots=True)
class Unresolved:
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
class Firm:
    """A VM that is, or will be, on one host."""

    start: Start
    host_id: str
    since: float
    shown_at: float | None = None
    """When the engine was asked that last showed the VM there; None while only our answer tells."""
    launched_at: float | None = None
    """When we first knew the VM launched: the devices are in every inventory requested later."""
    home: str | None = None
    """The host that it migrates from, and on which the engine shows it meanwhile."""


@dataclass(frozen=True, slots=True)
class News:
    """What the engine said about some VMs."""

    vms: Mapping[str, Vm | None]
    """By id; None for one that the engine does not know."""
    asked_at: float
    answered_at: float


@dataclass(frozen=True, slots=True)
class Taken:
    """What is in flight to one host, in the order of the decisions."""

    firm: tuple[Firm, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()

    @property
    def shown(self) -> tuple[Firm, ...]:
        """Those whose VM the engine has shown on the host."""
        return tuple(claim for claim in self.firm if claim.shown_at is not None)

    @property
    def expected(self) -> tuple[Firm | Unresolved, ...]:
        """Those that may yet go elsewhere, or come to nothing: only our own answer tells of them."""
        return (*(claim for claim in self.firm if claim.shown_at is None), *self.unresolved)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.firm or self.unresolved)


NOTHING = Taken()


def holds_devices(vm: Vm) -> bool:
    """Whether the VM is on a host in a status that holds devices."""
    return vm.host_id is not None and vm.status not in STATUSES_WITHOUT_DEVICES
