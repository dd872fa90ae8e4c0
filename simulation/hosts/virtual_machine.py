"""A VM as a simulated host knows it: what was asked for, how fast it goes, how far it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

VM_EXISTS, NO_SUCH_VM = 4, 1
"""VDSM's exception codes."""

WAIT, POWERING_UP, UP, POWERING_DOWN, DOWN = "WaitForLaunch", "Powering up", "Up", "Powering down", "Down"
MIGRATION_SOURCE, MIGRATION_DESTINATION = "Migration Source", "Migration Destination"


class VdsmRefusalError(Exception):
    """VDSM refuses a call, with its own error code."""

    def __init__(self, code: int, text: str) -> None:
        """The `code` and `message` of the JSON-RPC error."""
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds that each step of a VM's life takes."""

    prepare: float = 0.5
    """From a free creation slot to the first choice (images, networks)."""
    create: float = 0.05
    """From a choice to its creation: the window in which another VM may choose the same."""
    launch: float = 0.5
    """From the last creation to `Powering up` (QEMU)."""
    boot: float = 5.0
    """From `Powering up` to `Up`."""
    teardown: float = 0.2
    """From the end of the guest, or of a failed start, to the removal of its devices."""


@dataclass(frozen=True, slots=True)
class VmSpec:
    """What `VM.create` is told."""

    vm_id: str
    name: str
    devices: tuple[tuple[str, str], ...] = ()
    """(UUID, mdev type) of each device, in the order of the domain XML."""
    custom: Mapping[str, str] = field(default_factory=dict)
    delays: Delays | None = None
    """This VM's own pace; None is the host's."""
    incoming: bool = False
    """It comes from another host: `Migration Destination` until it is `Up`."""
    fails: str = ""
    """The start fails with that text once its devices are made: any other reason than the devices."""


@dataclass(slots=True)
class RunningVm:
    """A VM as VDSM holds it, until it is destroyed."""

    spec: VmSpec
    status: str = WAIT
    pace: Delays = field(default_factory=Delays)
    exit_ok: bool = True
    exit_message: str = ""
    made: list[str] = field(default_factory=list)
    """UUIDs of the devices that live."""
    destroyed: bool = False
    lost: bool = False
    """The host lost its power under it."""
    creating: bool = False


class Clock(Protocol):
    """What a host needs of a timeline."""

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> object:
        """Have the callback called after so many seconds."""


Listener = Callable[[str, str, bool], object]
"""Told (VM id, status, whether all is well): False only with `Down` after an error."""
