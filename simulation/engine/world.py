"""What all parts of one simulated engine share: its time, its chance, its database."""

import random
from dataclasses import dataclass, field
from uuid import UUID

from simulation.engine.audit import About, AuditLog, Code
from simulation.engine.settings import Delays, EngineVersion, Jitter, Misfortunes, Settings, client_options
from simulation.engine.state import Cluster, Host, Vm
from simulation.timeline import Timeline
from simulation.timeline.outside import Outside
from simulation.timeline.processes import Processes


class ActionError(Exception):
    """The engine refuses an action: a fault with status 409 in the REST API."""


@dataclass(slots=True, eq=False)
class World:
    """One engine's insides. Tables are in database order, which is the order of adding."""

    timeline: Timeline
    outside: Outside
    version: EngineVersion
    settings: Settings
    source: random.Random
    """All chance comes from here: one seed, one course of events."""
    processes: Processes
    audit: AuditLog = field(default_factory=AuditLog)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    vms: dict[str, Vm] = field(default_factory=dict)
    options: dict[str, dict[str, str]] = field(init=False)
    """Settings that REST shows, by name and cluster level."""

    def __post_init__(self) -> None:
        """As engine-setup leaves them."""
        self.options = client_options(self.version)

    @property
    def now(self) -> float:
        """The timeline's moment."""
        return self.timeline.now

    @property
    def delays(self) -> Delays:
        """How long things take."""
        return self.settings.delays

    @property
    def misfortunes(self) -> Misfortunes:
        """What goes wrong by chance."""
        return self.settings.misfortunes

    def draw(self, jitter: Jitter) -> float:
        """The next delay of that kind, in seconds."""
        return jitter.draw(self.source)

    def happens(self, share: float) -> bool:
        """Whether a misfortune of that share strikes now."""
        return share > 0 and self.source.random() < share

    def uuid(self) -> str:
        """A fresh random id, the same again under the same seed."""
        return str(UUID(int=self.source.getrandbits(128), version=4))

    def write(self, code: Code, text: str, vm: Vm | None = None, host: Host | None = None) -> None:
        """Adds an audit event about a VM, a host, or neither."""
        cluster = vm.cluster if vm else host.cluster if host else None
        about = About(*(one.id if one else None for one in (vm, host, cluster)))
        self.audit.write(code, self.now, text, about)
