"""A running data centre on loopback: hosts with their VDSMs, and an engine, all on real sockets.

What is simulated is the kernel driver under each host's tree, VDSM, and the engine. What is real: TLS and
its certificates, the hook (built and run as on a host), the trees that it reads, the engine's HTTP.
"""

import contextlib
import random
import secrets
import ssl
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from simulation.datacenter.plans import HostPlan, VmPlan
from simulation.engine import SimulatedEngine
from simulation.engine.rest.server import RestServer
from simulation.engine.settings import Settings
from simulation.engine.state import Cluster, Policy, Vm
from simulation.engine.units.external import ExternalScheduler
from simulation.hosts import SimulatedHost
from simulation.kernel.boards import build_bus
from simulation.timeline import RealTime, Timeline
from simulation.vdsm import SimulatedVdsm
from simulation.vdsm.farm import VdsmFarm
from simulation.vdsm.pki import Authority, server_context
from tools import hook_file

LOOPBACK = "127.0.0.1"
MakeHost = Callable[[str, HostPlan, Timeline, Path], SimulatedHost]
"""Builds a host from its id, its plan, the timeline and the folder of its tree."""
POLICY = Policy(filters=("MdevFilter",), weights=(("MdevConsolidate", 1),))


class DataCenter:
    """Hosts with an engine. A context manager: everything runs inside `with`."""

    def __init__(
        self,
        folder: Path,
        plans: Sequence[HostPlan],
        *,
        speed: float = 1.0,
        seed: int = 0,
        version: str = "4.5",
        settings: Settings | None = None,
        make_host: MakeHost | None = None,
    ) -> None:
        """Keeps its files in `folder`; `speed` is simulated seconds to the second."""
        self.folder = folder
        self.authority = Authority(folder / "pki")
        self.client = self.authority.client()
        self.hosts: dict[str, SimulatedHost] = {}
        """The hosts by their ids in the engine, the dead ones too."""
        self.vdsms: dict[str, SimulatedVdsm] = {}
        """Their VDSMs by the hosts' names."""
        self.hooks: dict[str, Path] = {}
        """The hook's file of each host, by the host's name."""
        self._plans = plans
        self._chance = random.Random(seed)  # noqa: S311 - ids that can be repeated are what is wanted
        self._hook = hook_file.build(folder / "50_mdev_inventory")
        self._server = self.authority.host(LOOPBACK)
        self.timeline = Timeline()
        self._time = RealTime(self.timeline, speed)
        self._farm = VdsmFarm()
        self._running = contextlib.ExitStack()
        self._make_host = make_host or _plain_host
        self.engine = SimulatedEngine(self.timeline, version, seed, settings=settings, real=self._time)
        self.rest = RestServer(self.engine, self._engine_tls())
        """The engine's REST API: its counters and faults."""
        self.clusters: dict[str, Cluster] = {}
        """By name, in the order in which the plans name them; known inside `with`."""
        self.dead = {plan.name for plan in plans if plan.dead}
        """Names of the hosts whose VDSM answers nobody."""
        self.engine_url = ""
        """The REST API's address, known inside `with`."""
        self.user, self.password = "admin@internal", secrets.token_urlsafe(16)
        self.rest.tokens.user, self.rest.tokens.password = self.user, self.password

    def __enter__(self) -> Self:
        """Starts hosts and REST API; nobody is asked about VM starts before `start_engine`."""
        with contextlib.ExitStack() as running:
            running.enter_context(self._time)
            running.callback(self.engine.stop)
            running.enter_context(self._farm)
            for name in dict.fromkeys(plan.cluster for plan in self._plans):
                self.clusters[name] = self.engine.add_cluster(name, POLICY)
            for plan in self._plans:
                self._add(plan)
            running.callback(self.rest.stop)
            self.engine_url = self.rest.start()
            self._running = running.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends everything, the last first."""
        self._running.close()

    def start_engine(self, external: ExternalScheduler) -> None:
        """The engine starts: it discovers policy units and lists devices; then the dead hosts die."""
        self.engine.start(external)
        self.engine.call(self._bury)

    def add_vm(self, plan: VmPlan) -> Vm:
        """Defines a VM, down, in the first cluster."""
        devices = [{"mdevType": type_id} for type_id in plan.types]
        return self.engine.add_vm(plan.name, next(iter(self.clusters.values())), devices=devices)

    def wait_for(self, condition: Callable[[], bool], deadline_s: float) -> bool:
        """Waits until `condition` holds, looking alone with the engine; False after the deadline."""
        return self._time.wait_for(condition, deadline_s)

    def _add(self, plan: HostPlan) -> None:
        tree = self.folder / "hosts" / plan.name
        host_id = str(uuid.UUID(bytes=self._chance.randbytes(16), version=4))
        host = self._make_host(host_id, plan, self.timeline, tree)
        hook = self.hooks[plan.name] = self._hook_of(plan)
        vdsm = self._farm.start(SimulatedVdsm(_Alone(host, self.engine), self.vdsm_tls(), hook, tree))
        self.vdsms[plan.name] = vdsm
        if plan.dead:
            self._farm.stop(vdsm)
        self.engine.add_host(
            plan.name,
            self.clusters[plan.cluster],
            host,
            host_id=host_id,
            address=LOOPBACK,
            port=vdsm.port,
            separate=plan.separate,
        )
        self.hosts[host_id] = host

    def _bury(self) -> None:
        for host in self.engine.hosts.values():
            if host.name in self.dead:
                host.driver = None

    def _hook_of(self, plan: HostPlan) -> Path:
        """A name of its own for the one file: who changes a host's hook unlinks it first."""
        hook = self.folder / "hooks" / plan.name / self._hook.name
        hook.parent.mkdir(parents=True, exist_ok=True)
        hook.unlink(missing_ok=True)
        hook.hardlink_to(self._hook)
        return hook

    def vdsm_tls(self, days: int | None = None) -> ssl.SSLContext:
        """What a VDSM listens with; with `days` a certificate of its own, valid so long."""
        pair = self._server if days is None else self.authority.host(LOOPBACK, days=days)
        return server_context(self.authority.ca_file, pair)

    def _engine_tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._server.cert_file, self._server.key_file)
        return context


def _plain_host(host_id: str, plan: HostPlan, timeline: Timeline, tree: Path) -> SimulatedHost:
    bus = build_bus(plan.boards)
    return SimulatedHost(host_id, plan.name, bus, timeline, separate=plan.separate, tree=tree)


class _Alone:
    """A host as its VDSM's thread may ask it: alone with the timeline that changes it."""

    def __init__(self, host: SimulatedHost, engine: SimulatedEngine) -> None:
        self._host = host
        self._engine = engine

    def capabilities(self) -> dict[str, Any]:
        return self._engine.call(self._host.capabilities)

    def hostdev_list(self) -> dict[str, Any]:
        return self._engine.call(self._host.hostdev_list)

    def all_vm_stats(self) -> list[dict[str, Any]]:
        return self._engine.call(self._host.all_vm_stats)

    def domain_xmls(self, vm_ids: Iterable[str]) -> dict[str, str]:
        return self._engine.call(lambda: self._host.domain_xmls(vm_ids))
