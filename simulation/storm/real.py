"""A boot storm over real sockets: the service in its own process, VDSM's protocol, hook, REST, endpoint.

Time is real, `speed` simulated seconds to the second. The service's own intervals and timeouts are set so
much shorter; what it waits for within a decision is not.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mdev_inventory.engine import parsing
from mdev_inventory.engine.model import Vm as EngineVm
from mdev_inventory.store.clock import clock_of
from mdev_inventory.store.file import FILE_NAME
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.store import Store
from scheduler_plugins.claims.model import Timeouts, VmLocations
from scheduler_plugins.claims.outstanding import outstanding
from scheduler_plugins.claims.store import ClaimStore
from simulation.datacenter import DataCenter
from simulation.datacenter.plans import HostPlan
from simulation.datacenter.proxy_process import ProxyScheduler
from simulation.datacenter.proxy_server import ProxyServer
from simulation.datacenter.service_process import PROGRAM, ServiceProcess
from simulation.engine.rest import views
from simulation.engine.state import Vm
from simulation.engine.units.external import CalledScheduler, ExternalScheduler, XmlRpcScheduler
from simulation.kernel.boards import build_bus
from simulation.storm.course import Course, PacedHost
from simulation.storm.figures import Figures, figures
from simulation.storm.judge import Judge
from simulation.storm.plan import CALM_AFTER, Plan
from simulation.storm.referee import Referee
from simulation.storm.witness import Witness
from simulation.timeline import Timeline

PLAN = Plan(lasts=60.0, stopping=(10.0, 45.0))
"""The whole storm, tried again for a minute only: time is real."""
TIMEOUTS = Timeouts()
PATIENCE_S = 120.0
"""Real seconds beyond what the plan takes."""


class RealStorm:
    """The data centre, the service and the storm. Use `running` to make one."""

    def __init__(
        self, plan: Plan, center: DataCenter, service: ServiceProcess, speed: float, scheduler: ExternalScheduler
    ) -> None:
        """All run; `scheduler` is where the engine asks."""
        self.plan = plan
        self.service = service
        self.hosts: dict[str, PacedHost] = {k: h for k, h in center.hosts.items() if isinstance(h, PacedHost)}
        self._center = center
        self._speed = speed
        engine = center.engine
        self.referee = Referee(engine, self.hosts)
        witness = Witness(service.log)
        self.judge = Judge(scheduler, self.referee, engine, witness.note, witness.place)
        self.course = Course(plan, engine, center.timeline, self._add_vms(), self.referee)

    def run(self) -> None:
        """From the engine's start until everything that the storm left has had its time to end."""
        self.service.wait_for_fresh_inventories(set(), PATIENCE_S, since=0.0)
        self._center.start_engine(self.judge)
        self._wait(self._is_ready)
        self._center.engine.call(self.course.begin)
        for moment in self.plan.killed:
            self._pass(self.course.began_at + moment)
            self.judge.is_down = True
            self.service.kill()
            self.service.__enter__()
            self.judge.is_down = False
        self._wait(lambda: self.course.over)
        end = self._center.engine.call(lambda: self._center.timeline.now)
        self._pass(end + CALM_AFTER)
        self._center.engine.call(self.course.calm)
        self._pass(end + self.plan.settles)

    def figures(self) -> Figures:
        """What came of it, once the service has ended."""
        left = _claims_left(self, self._speed)
        return figures(self.course, self.judge, self.hosts, left, self.plan.capacity)

    def shown(self) -> dict[str, EngineVm | None]:
        """Every VM as the engine shows it at the end."""
        engine = self._center.engine
        return {vm.id: parsing.vm(views.vm(vm, engine.version)) for vm in engine.vms.values()}

    def _is_ready(self) -> bool:
        """The engine has discovered our units, and has read every host's devices."""
        engine = self._center.engine
        return bool(engine.units.table) and all(host.available for host in engine.hosts.values())

    def _add_vms(self) -> list[Vm]:
        engine, clusters = self._center.engine, list(self._center.clusters.values())
        return [engine.add_vm(vm.name, clusters[vm.cluster], mdev_type=",".join(vm.types)) for vm in self.plan.vms]

    def _pass(self, moment: float) -> None:
        """Until that moment of the timeline."""
        self._center.engine.call(lambda: self._center.timeline.call_at(moment, lambda: None))
        self._wait(lambda: self._center.timeline.now >= moment)

    def _wait(self, condition: Callable[[], bool]) -> None:
        limit = (self.plan.lasts + self.plan.settles) / self._speed + PATIENCE_S
        if not self._center.wait_for(condition, limit):
            raise TimeoutError(f"the storm did not get on within {limit:.0f} s; see {self.service.log}")


@contextlib.contextmanager
def running(
    plan: Plan, folder: Path, speed: float = 1.0, through_proxy: bool = False, program: Sequence[str] = PROGRAM
) -> Iterator[RealStorm]:
    """A data centre and a service for the plan; the engine asks directly, or through the proxy's server and plugin.

    `program` is what is run as the service.
    """
    hosts = [host for cluster in plan.clusters for host in cluster.hosts]

    def make(host_id: str, host: HostPlan, timeline: Timeline, tree: Path) -> PacedHost:
        bus = build_bus(host.boards)
        return PacedHost(host_id, host.name, bus, timeline, plan, separate=host.separate, tree=tree)

    center = DataCenter(
        folder, hosts, speed=speed, seed=plan.seed, version=plan.version, settings=plan.settings, make_host=make
    )
    with center, ServiceProcess(center, options=_options(plan, speed), program=program) as service:
        if not through_proxy:
            yield RealStorm(plan, center, service, speed, _EngineEndpoint(service))
            return
        plugin = ProxyScheduler(center.folder / "plugins", Path(service.socket), service.folder / "state")
        with ProxyServer(plugin) as proxy:
            yield RealStorm(plan, center, service, speed, XmlRpcScheduler(proxy.url))


def storm(plan: Plan, folder: Path, speed: float = 1.0, through_proxy: bool = False) -> Figures:
    """One storm and its figures; `folder` holds everybody's files."""
    with running(plan, folder, speed, through_proxy) as one:
        one.run()
    return one.figures()


def _claims_left(one: RealStorm, speed: float) -> int:
    """What the service would hold for taken if it started again now, and the engine had told how the VMs are.

    It has ended, and has written all that it knows.
    """
    store = Store(one.service.folder / "state" / FILE_NAME)
    try:
        seen = Inventories(store).observations
        clock = clock_of(store)
        kept = ClaimStore(lambda: seen, clock, Timeouts(TIMEOUTS.pending / speed), store)
        now = clock()
        kept.apply_locations(VmLocations(one.shown(), now, now))
        claims = kept.claims
    finally:
        store.close()
    taking = [c for c in claims.by_vm.values() if not (s := seen.get(c.host_id)) or outstanding(c.start, s).types]
    return len(claims.pending) + len(taking)


def _options(plan: Plan, speed: float) -> str:
    return f"""\
[collector]
collect_interval = {plan.collect_interval / speed:.1f}
vms_interval = {max(10.0, plan.collect_interval / speed):.1f}

[decisions]
unresolved_timeout = {TIMEOUTS.pending / speed:.1f}
claim_timeout = {TIMEOUTS.claim / speed:.1f}
"""


class _EngineEndpoint(CalledScheduler):
    """The engine endpoint of the service, wherever its present life listens."""

    def __init__(self, service: ServiceProcess) -> None:
        self._service = service

    def call(self, method: str, *arguments: Any) -> object:
        return XmlRpcScheduler(self._service.xmlrpc).call(method, *arguments)
