"""A boot storm in virtual time: minutes in the data centre, seconds here, the same course under one seed."""

import random
from pathlib import Path
from uuid import UUID

from scheduler_plugins.claims.life import Claims
from simulation.datacenter.plans import HostPlan
from simulation.engine.engine import SimulatedEngine
from simulation.engine.state import Cluster, Vm
from simulation.kernel.boards import build_bus
from simulation.storm.course import Course, PacedHost
from simulation.storm.figures import Figures, figures
from simulation.storm.judge import Judge
from simulation.storm.plan import CALM_AFTER, POLICY, Plan
from simulation.storm.referee import Referee
from simulation.storm.virtual_service import Make, VirtualEndpoint, World
from simulation.timeline import Timeline
from simulation.timeline.turns import Turns

BEFORE_S = 5.0
"""For discovery, the engine's rows of devices and the first inventories."""


class VirtualStorm:
    """The data centre, the service and the storm; `folder` holds the service's state."""

    def __init__(self, plan: Plan, make: Make, folder: Path) -> None:
        """Everything stands still before `run`."""
        self.plan = plan
        self.timeline = Timeline()
        self.turns = Turns(self.timeline)
        self.engine = SimulatedEngine(
            self.timeline, plan.version, plan.seed, settings=plan.settings, outside=self.turns
        )
        self.hosts: dict[str, PacedHost] = {}
        self.vms = self._build()
        self.endpoint = VirtualEndpoint(World(plan, self.engine, self.timeline, self.turns), make, folder)
        referee = Referee(self.engine, self.hosts)
        self.judge = Judge(self.endpoint, referee, self.engine, self.endpoint.note)
        self.course = Course(plan, self.engine, self.timeline, self.vms, referee)

    def run(self) -> None:
        """From the engine's start until everything that the storm left has had its time to end."""
        self.endpoint.open()
        self.engine.start(self.judge)
        self.timeline.run_until(BEFORE_S)
        self.course.begin()
        for moment in self.plan.killed:
            self.timeline.call_later(moment, self.endpoint.kill)
            self.timeline.call_later(moment + self.plan.dead_for, self.endpoint.open)
        while not self.course.over:
            self.timeline.run_until(self.timeline.now + 1)
        self.timeline.call_later(CALM_AFTER, self.course.calm)
        self.timeline.run_until(self.timeline.now + self.plan.settles)

    def figures(self) -> Figures:
        """What came of it."""
        service = self.endpoint.service
        claims = service.scheduler.claims if service else Claims()
        left = len(claims.pending) + len(claims.by_vm)
        return figures(self.course, self.judge, self.hosts, left, self.plan.capacity)

    def close(self) -> None:
        """Ends what still waits, and closes the store."""
        self.turns.close(0)
        self.endpoint.kill()

    def _build(self) -> list[Vm]:
        chance = random.Random(f"hosts {self.plan.seed}")  # noqa: S311 - repeatable
        clusters = []
        for planned in self.plan.clusters:
            cluster = self.engine.add_cluster(planned.name, POLICY)
            clusters.append(cluster)
            for host in planned.hosts:
                self._add_host(str(UUID(bytes=chance.randbytes(16), version=4)), host, cluster)
        return [self.engine.add_vm(vm.name, clusters[vm.cluster], mdev_type=",".join(vm.types)) for vm in self.plan.vms]

    def _add_host(self, host_id: str, planned: HostPlan, cluster: Cluster) -> None:
        bus = build_bus(planned.boards)
        host = PacedHost(host_id, planned.name, bus, self.timeline, self.plan, separate=planned.separate)
        self.engine.add_host(planned.name, cluster, host, host_id=host_id, separate=planned.separate)
        self.hosts[host_id] = host


def storm(plan: Plan, make: Make, folder: Path) -> Figures:
    """One storm and its figures; `folder` holds the service's state."""
    one = VirtualStorm(plan, make, folder)
    try:
        one.run()
        return one.figures()
    finally:
        one.close()
