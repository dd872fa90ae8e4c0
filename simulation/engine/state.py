"""What the engine's database holds: clusters, hosts, VMs, and the record of every start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from simulation.hosts.virtual_machine import VmSpec
from simulation.timeline.processes import Lock, Promise


class HostDriver(Protocol):
    """What the engine needs of a host; SimulatedHost is one."""

    @property
    def listeners(self) -> list[Callable[[str, str, bool], object]]:
        """Told (VM id, VDSM's status, whether all is well) at every change."""

    def create_vm(self, spec: VmSpec) -> None:
        """VM.create: returns at once."""

    def destroy_vm(self, vm_id: str) -> None:
        """VM.destroy."""

    def hostdev_list(self) -> Mapping[str, Any]:
        """Host.hostdevListByCaps."""

    def power_off(self) -> None:
        """The host is fenced: what it held is gone."""

    def all_vm_stats(self) -> list[dict[str, Any]]:
        """Host.getAllVmStats."""

    def migrate_vm(self, vm_id: str) -> None:
        """VM.migrate, on the source: returns at once."""

    def keep_vm(self, vm_id: str) -> None:
        """The migration failed, the source goes on."""


@dataclass(slots=True)
class Policy:
    """A scheduling policy: what it names of external units, and internal weights of our choosing."""

    filters: tuple[str, ...] = ()
    """Names of external filters."""
    weights: tuple[tuple[str, int], ...] = ()
    """(name of an external weight, factor)."""
    internal_weights: tuple[tuple[int, Callable[["Host", "Vm"], int]], ...] = ()
    """(factor, weight of a host for a VM: lower is better)."""


@dataclass(slots=True, eq=False)
class Cluster:
    """A cluster with its policy and the properties that external units are handed."""

    id: str
    name: str
    policy: Policy = field(default_factory=Policy)
    properties: dict[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    """SchedulingManager's semaphore: one scheduling at a time per cluster."""


@dataclass(slots=True, eq=False)
class Host:
    """A host as the engine knows it; `devices` are rows of its database, fresh only when refreshed."""

    id: str
    name: str
    cluster: Cluster
    address: str
    port: int = 54321
    status: str = "up"
    separate: bool = False
    """vgpu_placement: separated."""
    driver: HostDriver | None = None
    """The host itself; None where nothing answers at its address."""
    hooks: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """VDSM's `hooks`: {point: {file: {checksum}}}."""
    devices: dict[str, dict[str, Any]] = field(default_factory=dict)
    """hostdevListByCaps' parameters by device name, as of the last RefreshHostDevices."""
    available: dict[str, bool] = field(default_factory=dict)
    """From `devices`: type id -> whether any device shows an instance left."""
    refreshing: bool = False
    """RefreshHost holds the host's exclusive lock."""


@dataclass(frozen=True, slots=True)
class VmDevice:
    """A mediated device of a VM, from 4.5 on."""

    id: str
    spec_params: Mapping[str, str]


class Ending(StrEnum):
    """What became of one attempt, or of a whole start."""

    UP = "up"
    FAILED = "failed"
    """The host reported Down with an error."""
    CREATE_FAILED = "create-failed"
    """VM.create was refused at once."""
    UNKNOWN = "unknown"
    """VM.create met a network error: the VM may or may not run there."""
    STOPPED = "stopped"
    """Somebody stopped the VM before it was up."""
    REFUSED = "refused"
    """Validation found no host: nothing was asked of external units."""
    NO_HOST = "no-host"
    """Scheduling found no host."""
    ABORTED = "aborted"
    """Scheduling died of an answer that the engine cannot read."""


@dataclass(slots=True)
class Round:
    """One selection of a host: who was there, who took whom away, who won."""

    candidates: tuple[str, ...]
    removed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By which filter which hosts: `MDevice`, or the external filters together as the engine sees them."""
    scores: dict[str, dict[str, int]] = field(default_factory=dict)
    """By unit the weight of each host that it named; unnamed units together under ``."""
    chosen: str | None = None


@dataclass(slots=True)
class Decision:
    """What scheduling said: a host, or none and why."""

    rounds: list[Round] = field(default_factory=list)
    host: Host | None = None
    aborted: str = ""
    """The exception that ended scheduling; empty where none did."""


@dataclass(slots=True)
class Attempt:
    """One try of a start on one host."""

    host_id: str
    decided_at: float
    decision: Decision
    created_at: float | None = None
    """When the host was shown."""
    ending: Ending | None = None
    reason: str = ""
    """The host's message where it failed."""
    ended: Promise[Ending] = field(default_factory=Promise)


@dataclass(slots=True)
class Run:
    """One start, from the wish to its end; hosts tried are in `attempts`."""

    vm_id: str
    asked_at: float
    attempts: list[Attempt] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    refused: str = ""
    """Validation's message, where it refused."""
    ending: Ending | None = None
    ended_at: float | None = None

    @property
    def history(self) -> list[tuple[str, Ending | None]]:
        """(host, what became of it) for each host tried."""
        return [(attempt.host_id, attempt.ending) for attempt in self.attempts]

    @property
    def last_round(self) -> Round | None:
        """The last selection made for it."""
        rounds = [turn for decision in self.decisions for turn in decision.rounds]
        return rounds[-1] if rounds else None


@dataclass(slots=True, eq=False)
class Vm:
    """A VM: what it asks for, where it is, and its starts so far."""

    id: str
    name: str
    cluster: Cluster
    mdev_type: str | None = None
    """Custom property, verbatim; engines before 4.5."""
    devices: tuple[VmDevice, ...] = ()
    """Engines from 4.5 on."""
    status: str = "down"
    host: Host | None = None
    instances: tuple[tuple[str, str], ...] = ()
    """(UUID, type) handed to the host at the last VM.create."""
    runs: list[Run] = field(default_factory=list)
    target: Host | None = None
    """Where it migrates to."""
    arrival: Promise[bool] | None = None
    """Whether the migration's target got it up."""
    stopping: bool = False
    busy: bool = False
    """A command holds it: a start until VM.create, a migration."""
    mdev_row: bool = False
    """The engine has stored the unmanaged host device `mdev` from the domain XML."""
    heard_at: float = 0.0
    """When the last status change will have been processed: monitoring keeps their order."""

    @property
    def run(self) -> Run | None:
        """The last start."""
        return self.runs[-1] if self.runs else None
