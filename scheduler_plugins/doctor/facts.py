"""What was learned, as plain data: all that checks see. None is what nobody could tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mdev_inventory.engine.administration import Cluster, Permission, Policy, Unit
from mdev_inventory.engine.model import Host, HostDevice, Vm
from mdev_inventory.model import HostInventory
from scheduler_plugins.config import Config
from scheduler_plugins.units.registry import FILTERS
from scheduler_plugins.units.verdict import some


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The state directory."""

    exists: bool = False
    mode: int = 0
    owner: int = 0
    service_user: int | None = None
    """Who should own it: the user `mdev-scheduler`; None where there is no such user."""
    free: int = 0
    """Bytes free on its file system."""


@dataclass(frozen=True, slots=True)
class ProxySocket:
    """The proxy's socket."""

    error: str = ""
    """Why nobody answers there; empty where somebody does."""
    mode: int = 0
    group: int = 0
    wanted_group: int | None = None
    """The group that is configured; None where none is, or where there is no such group."""


@dataclass(frozen=True, slots=True)
class EngineEndpoint:
    """The port on which the engine asks."""

    listens: bool = False
    holder: str | None = None
    """`PID (command)` of who listens; None where /proc does not show it."""
    units: frozenset[str] | None = None
    """The units that whoever listens knows; None where nobody speaks the engine's protocol there."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """ovirt-scheduler-proxy on this machine, and its plugin folder."""

    installed: bool = False
    folder: Path = Path()
    plugin: str = ""
    """Our file there: `same` as this version's, `other`, or empty where there is none."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine's files and sockets show."""

    config: Config | None = None
    config_error: str = ""
    file_error: str = ""
    """About the first password, key or certificate that cannot be used, with what to do."""
    own_days: float | None = None
    """Days left of our certificate for VDSM."""
    state: StateFolder = field(default_factory=StateFolder)
    proxy_socket: ProxySocket = field(default_factory=ProxySocket)
    engine_endpoint: EngineEndpoint = field(default_factory=EngineEndpoint)
    proxy: Proxy = field(default_factory=Proxy)
    least_free: int = 256 * 2**20
    """Below so many bytes the disk counts as low."""


@dataclass(frozen=True, slots=True)
class ServiceHost:
    """A host as the service sees it."""

    age_s: float | None = None
    failure: str = ""
    """Why it could not be asked the last time; empty where it could."""
    orphans: tuple[str, ...] | None = None
    """vGPUs of no VM, each in words; None where that cannot be told."""
    foreign: tuple[str, ...] = ()
    """Other instances of no VM, likewise."""
    code: str = ""
    """The failure's."""
    devices: bool | None = None
    """Whether it offered mediated devices when it was seen last; None where it never was."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A start in flight as the service counts it."""

    vm: str
    host: str
    age_s: float


@dataclass(frozen=True, slots=True)
class Service:
    """What the service says of itself."""

    error: str = ""
    """Why it could not be asked; empty where it could."""
    foreign: bool = False
    """Whether something else answers in its place."""
    version: str = ""
    reasons: tuple[str, ...] = ()
    """What it says does not work."""
    hosts: Mapping[str, ServiceHost] = field(default_factory=dict)
    """By the host's id."""
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Engine:
    """What the engine says. What it refused to tell is None, and the reason is in `denied`."""

    code: str = ""
    """EngineError's, where it let us in not at all; empty where it did."""
    error: str = ""
    version: tuple[int, int, int] | None = None
    permissions: Sequence[Permission] | None = None
    """Of our own user."""
    units: Sequence[Unit] | None = None
    clusters: Sequence[Cluster] | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)
    """Those of the clusters, by id."""
    hosts: Sequence[Host] | None = None
    vms: Sequence[Vm] | None = None
    devices: Mapping[str, Sequence[HostDevice]] = field(default_factory=dict)
    """Its own copy of each host's devices, by the host's id."""
    predefined: Mapping[str, str] | None = None
    """VM properties that come with the engine, by cluster level: `name=regex;...`."""
    user_defined: Mapping[str, str] | None = None
    """Likewise those that an administrator added."""
    unreached: int = 0
    """How many of its last events say that it could not reach its external scheduler."""
    denied: Mapping[str, str] = field(default_factory=dict)
    """By the name of the member."""
    forbidden: frozenset[str] = frozenset()
    """The members that it refused for want of a right."""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a host's VDSM says."""

    host: Host
    code: str = ""
    """The key of VdsmError's remedy, where it does not answer."""
    error: str = ""
    days: float | None = None
    """Days left of its certificate."""
    release: tuple[int, int] | None = None
    """VDSM's version on the scale of oVirt: (4, 4)."""
    hook_listed: bool = False
    """Whether VDSM lists our hook among those installed."""
    inventory: HostInventory | None = None
    hooked: bool = False
    """Whether the inventory came from our hook."""
    hook_error: str = ""
    """Why the hook's inventory cannot be understood."""
    hook_remedy: str = ""
    """What the error says to do about it."""
    clock_off: float | None = None
    """Seconds by which its clock is ahead of ours; negative where it is behind."""

    @property
    def has_devices(self) -> bool:
        """Whether it offers mediated devices, as far as it tells."""
        return bool(self.inventory and any(parent.types for parent in self.inventory.parents))


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was learned."""

    machine: Machine = field(default_factory=Machine)
    service: Service = field(default_factory=Service)
    engine: Engine = field(default_factory=Engine)
    hosts: tuple[HostFacts, ...] = ()
    """Those that were asked: all but those where nobody can answer, by the status that the engine shows."""
    version: str = ""
    """Ours."""

    @property
    def config(self) -> Config:
        """The configuration in force; the defaults where it cannot be read."""
        return self.machine.config or Config()

    @property
    def patience_s(self) -> float:
        """So old may become what the service learns anew each round: three rounds, and one slow answer."""
        return 3 * self.config.collector.collect_interval + self.config.collector.host_timeout

    @property
    def proxied(self) -> bool:
        """Whether the engine asks ovirt-scheduler-proxy: it holds the port that the engine asks."""
        return self.machine.proxy.installed and self.machine.engine_endpoint.listens and not self.engine_endpoint_ours

    @property
    def engine_endpoint_ours(self) -> bool:
        """Whether the service itself listens where the engine asks: our units are there, and not by proxy."""
        units = self.machine.engine_endpoint.units or frozenset()
        closed = any(reason.startswith("the engine endpoint is closed") for reason in self.service.reasons)
        return not self.service.error and not closed and set(FILTERS) <= units

    def with_devices(self, cluster: Cluster) -> list[str]:
        """The cluster's hosts that offer mediated devices, by name: as they say, else as the service knows them."""
        mine = [host for host in self.engine.hosts or () if host.cluster_id == cluster.id]
        return [host.name for host in mine if self._has_devices(host)]

    def unseen(self, cluster: Cluster) -> str:
        """The cluster's hosts of which nobody knows what they have, in a sentence; empty where there are none."""
        mine = [host for host in self.engine.hosts or () if host.cluster_id == cluster.id]
        names = [host.name for host in mine if self._has_devices(host) is None]
        return f"it is not known what these hosts have: {some(names)}" if names else ""

    def _has_devices(self, host: Host) -> bool | None:
        seen = next((seen for seen in self.hosts if seen.host.id == host.id and seen.inventory), None)
        known = self.service.hosts.get(host.id)
        return seen.has_devices if seen else known.devices if known else None
