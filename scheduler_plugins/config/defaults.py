"""Every key of the configuration: its default, what is allowed, and what it is for.

This is the one place where a key is described: the sample, the reference in `docs/` and the errors are
made from it. A key stands here only when it has an effect. Below each key is one paragraph for administrators.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from scheduler_plugins.config import kinds

PKI = Path("/etc/pki/ovirt-engine")


@dataclass(frozen=True, slots=True)
class Service:
    """The service's own endpoints and files."""

    state_dir: Annotated[Path, kinds.path()] = Path("/var/lib/mdev-scheduler")
    """Folder of the state file and of the two files that the proxy's plugin reads while the service is down. Group
    `ovirt` must be able to enter it, nobody else. The plugin looks in /var/lib/mdev-scheduler unless
    $MDEV_SCHEDULER_STATE in the proxy's environment names another."""
    http_host: Annotated[str, kinds.loopback()] = "127.0.0.1"
    """Address of the page, the API and the metrics. They ask nobody for a password: to reach them from elsewhere, put a
    web server with authentication in front."""
    http_port: Annotated[int, kinds.whole(0, 65535)] = 18782
    """Port of the page, the API and the metrics; 0 takes any free one and logs it."""
    xmlrpc_port: Annotated[int, kinds.whole(0, 65535)] = 18781
    """Port of the engine endpoint on 127.0.0.1, where the engine asks directly; 0 takes any free one. The engine asks
    18781 unless its ExternalSchedulerServiceURL says otherwise. Where ovirt-scheduler-proxy holds the port, the service
    runs on without this endpoint."""
    allowed_hosts: Annotated[tuple[str, ...], kinds.host_names()] = ()
    """Names by which a web server in front of the page and the API, or the engine, calls this machine in its requests
    (HTTP's Host). Loopback names and addresses, this machine's own host name and the host in the engine's url are
    allowed anyway, with any port; a request that names another host, or comes from a page of another one, is
    refused."""
    socket: Annotated[Path, kinds.path(kinds.LONGEST_SOCKET_PATH)] = Path("/run/mdev-scheduler/proxy.sock")
    """Unix socket for the proxy's plugin. The plugin finds another one only by $MDEV_SCHEDULER_SOCKET in the proxy's
    environment."""
    socket_group: Annotated[
        str | None, kinds.optional(kinds.pattern("a group's name", kinds.GROUP), "the service's own group")
    ] = "ovirt"
    """Group that may use the socket: the one that ovirt-scheduler-proxy runs in."""
    on_failure: Annotated[str, kinds.choice("drop", "pass")] = "drop"
    """What the proxy's plugin does with a VM that asks for a vGPU while the service is down. `drop`: it starts nowhere.
    `pass`: it may start on any host, also on one without a free device, and the engine logs that the unit failed. VMs
    without such a request start in either case."""


@dataclass(frozen=True, slots=True)
class Engine:
    """How the engine's REST API is asked."""

    url: Annotated[str | None, kinds.optional(kinds.engine_url(), "not set, and then the service does not start")] = (
        None
    )
    """Where the engine is, e.g. https://engine.example.com/ovirt-engine/api. The only key without which the service
    does not start."""
    user: Annotated[str, kinds.pattern("USER@PROFILE, e.g. admin@internal", kinds.ENGINE_USER)] = (
        "mdev-scheduler@internal"
    )
    """The engine user to ask as, with its profile; USER@ovirt@internalsso where the engine uses Keycloak. It needs the
    role ReadOnlyAdmin; see engine_refresh and engine_events for what two more roles are good for."""
    password_file: Annotated[Path, kinds.path()] = Path("/etc/mdev-scheduler/engine-password")
    """File with that user's password on its only line. It must belong to the service's user and be readable by nobody
    else (mode 0600)."""
    ca_file: Annotated[Path | None, kinds.optional(kinds.path(), "the authorities that this machine trusts anyway")] = (
        PKI / "ca.pem"
    )
    """Certificate authority (PEM) of the engine's web server. Another one where the administrator gave the web server a
    certificate of another authority."""
    timeout: Annotated[float, kinds.seconds(1, 120)] = 10.0
    """How long the engine may take to answer one request of the background work. Raise it where lists of many VMs take
    longer."""
    engine_refresh: Annotated[bool, kinds.switch()] = True
    """Whether the engine is told to refresh a host when its own copy of the host's devices shows nothing left of a type
    that the host has free: its built-in filter, which runs before ours, would refuse that host. At most once a minute
    for a host, one host at a time in a cluster; each time the engine writes an event. The engine user needs a role with
    MANIPULATE_HOST for it, such as HostAdmin; where that lacks, this is off and the health page says so."""
    engine_events: Annotated[bool, kinds.switch()] = True
    """Whether events in the Administration Portal tell why a VM finds no host, because the engine itself only names the
    filter, and which VMs were refused while the service was down. The engine user needs the role ExternalEventsCreator
    for it; where that lacks, this is off and the health page says so."""


@dataclass(frozen=True, slots=True)
class Vdsm:
    """How the hosts' VDSM is asked: over mutual TLS, port and address as the engine shows them."""

    ca_file: Annotated[Path, kinds.path()] = PKI / "ca.pem"
    """Certificate authority (PEM) that signed the hosts' certificates: the engine's own."""
    cert_file: Annotated[Path, kinds.path()] = PKI / "certs/mdev-scheduler.cer"
    """Our certificate (PEM), signed by the same authority; the archive's enroll.sh has the engine enroll one for the
    service."""
    key_file: Annotated[Path, kinds.path()] = Path("/etc/mdev-scheduler/vdsm.key")
    """Its private key (PEM, unencrypted). Who has it controls every host: it must belong to the service's user and be
    readable by nobody else (mode 0600)."""
    check_hostname: Annotated[bool, kinds.switch()] = True
    """Whether a host's certificate must bear the address that the engine has for the host. Switch it off only while
    there are hosts with old certificates, without a subjectAltName: any host of the authority may then pose as any
    other."""


@dataclass(frozen=True, slots=True)
class Collector:
    """How the hosts' inventories are kept fresh."""

    collect_interval: Annotated[float, kinds.seconds(1, 3600)] = 60.0
    """How often every host is asked for its devices, and the engine for its list of hosts. Hosts are spread evenly over
    this time; one that fails is asked ever less, at least every ten minutes or interval. Each question makes VDSM
    gather its capabilities and log them."""
    host_timeout: Annotated[float, kinds.seconds(1, 120)] = 10.0
    """How long a host may take to answer, everything included. A host that takes longer counts as failed, and what it
    was last seen to have stays."""
    max_connections: Annotated[int, kinds.whole(4, 1000)] = 64
    """How many hosts are asked at the same time, at most: half of them for hosts that answer, a quarter for hosts that
    failed, a quarter for decisions that need to know now."""
    vms_interval: Annotated[float, kinds.seconds(10, 86400)] = 60.0
    """How often the requests of all VMs are read, for when the engine or the service is down. An engine that takes long
    over it is asked less often."""
    engine_view_interval: Annotated[float, kinds.seconds(10, 86400)] = 300.0
    """How often the engine's own copy of each host's devices is compared with what the host has (see engine_refresh in
    [engine]). Hosts are spread evenly over this time; one where a VM with a request went down is looked at soon
    after."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a decision reckons with while starts are in flight, and how long it may wait."""

    unresolved_timeout: Annotated[float, kinds.seconds(1, 600)] = 30.0
    """How long a start counts on every host that was answered for it, while the engine does not show its host. Raise it
    where VMs take longer from the decision to the host, for example because storage is attached first."""
    claim_timeout: Annotated[float, kinds.seconds(10, 3600)] = 300.0
    """How long a start counts on its host at most, while no inventory that was asked for after the VM had been launched
    has come from there."""
    recheck_deadline: Annotated[float, kinds.seconds(0, 3)] = 1.5
    """How long a decision may wait before it refuses a VM, for hosts that are asked again, or before it takes a risk,
    for the engine to show the hosts of earlier starts. 0 never waits. The engine schedules nothing else in the cluster
    meanwhile, and the proxy's plugin waits 5 s in all."""
    recheck_hosts: Annotated[int, kinds.whole(0, 100)] = 16
    """How many hosts are asked again at most before a VM is refused; 0 asks none. No host is asked while any host
    fits."""
    limit_per_vm: Annotated[bool, kinds.switch()] = True
    """Whether a VM is refused that asks for more vGPUs than NVIDIA's manager takes in one VM, where that is certain by
    the names of the types: several of the B or A series, or of a part of a card before Volta. VDSM would create them,
    and the VM would fail to start on one host after the other. Where it is not certain, `explain` says so."""


@dataclass(frozen=True, slots=True)
class Log:
    """What the service tells on standard error, which is the journal under systemd."""

    level: Annotated[str, kinds.choice("debug", "info", "warning", "error")] = "info"
    """The least important kind of line that is logged. `debug` shows why each host was refused."""
