"""The course of a storm: all starts at once, some stops, and another try for who was refused."""

import random
from dataclasses import replace

from simulation.engine.engine import SimulatedEngine
from simulation.engine.state import Ending, Vm
from simulation.hosts import SimulatedHost
from simulation.hosts.virtual_machine import VmSpec
from simulation.kernel import Bus, Change
from simulation.storm.plan import Plan
from simulation.storm.referee import Referee
from simulation.timeline import Timeline

LOOK_S = 0.5
"""How often somebody looks for VMs to try again, and for a VM to stop where none was up."""


class PacedHost(SimulatedHost):
    """A host where each VM has a pace of its own, and which remembers when devices came and went."""

    def __init__(self, host_id: str, name: str, bus: Bus, timeline: Timeline, plan: Plan, **options: object) -> None:
        """`options` are SimulatedHost's."""
        super().__init__(host_id, name, bus, timeline, **options)  # type: ignore[arg-type]
        self.appeared: dict[str, float] = {}
        """When each instance was created, by its UUID; the last time, where it lived more than once."""
        self.gone: dict[str, float] = {}
        """When it was removed."""
        self._plan = plan
        self._chance = random.Random(f"{name} {plan.seed}")  # noqa: S311 - repeatable
        self._time = timeline
        bus.listeners.append(self._note)

    def create_vm(self, spec: VmSpec) -> None:
        """As any host, at this VM's own pace."""
        super().create_vm(replace(spec, delays=self._plan.pace(self._chance)))

    def _note(self, change: Change) -> None:
        if change.kind != "figures":
            moments = self.appeared if change.kind == "created" else self.gone
            moments[change.uuid] = self._time.now


class Course:
    """Plays the plan. Everything happens on the timeline."""

    def __init__(
        self, plan: Plan, engine: SimulatedEngine, timeline: Timeline, vms: list[Vm], referee: Referee
    ) -> None:
        """Nothing happens before `begin`."""
        self.vms = vms
        self.stopped: list[Vm] = []
        self.hidden: list[bool] = []
        """For every start that the engine refused at once: whether a host could have held the VM."""
        self.began_at = 0.0
        self._plan = plan
        self._engine = engine
        self._timeline = timeline
        self._referee = referee
        self._chance = random.Random(f"course {plan.seed}")  # noqa: S311 - repeatable

    def begin(self) -> None:
        """Every start is issued at this moment; the clusters' scheduling takes them one by one."""
        self.began_at = self._timeline.now
        for vm in self.vms:
            self._start(vm)
        for _ in range(self._plan.stops):
            self._timeline.call_later(self._chance.uniform(*self._plan.stopping), self._stop_one)
        self._timeline.call_later(LOOK_S, self._try_again)

    def calm(self) -> None:
        """The storm is over; some day a VM without a request starts, and the service looks around."""
        one = self._engine.add_vm("ordinary", self.vms[0].cluster)
        self._engine.start_vm(one.id)

    @property
    def over(self) -> bool:
        """Nobody will try again, and every start has come to its end."""
        return self._late and all(vm.run and vm.run.ending is not None for vm in self.vms)

    @property
    def _late(self) -> bool:
        return self._timeline.now > self.began_at + self._plan.lasts

    def _start(self, vm: Vm) -> None:
        run = self._engine.start_vm(vm.id)
        if run.ending is Ending.REFUSED:
            own = [host.id for host in self._engine.hosts.values() if host.cluster is vm.cluster]
            self.hidden.append(bool(self._referee.able(vm.id, own)))

    def _stop_one(self) -> None:
        up = [vm for vm in self.vms if vm.status == "up" and vm.host is not None]
        if up:
            vm = self._chance.choice(up)
            self.stopped.append(vm)
            self._engine.stop_vm(vm.id)
        elif not self._late:
            self._timeline.call_later(LOOK_S, self._stop_one)

    def _try_again(self) -> None:
        for vm in self.vms:
            if self._wants_again(vm):
                self._start(vm)
        if not self._late:
            self._timeline.call_later(LOOK_S, self._try_again)

    def _wants_again(self, vm: Vm) -> bool:
        run = vm.run
        if run is None or run.ending in (None, Ending.UP, Ending.STOPPED):
            return False
        if vm in self.stopped or vm.status != "down" or vm.busy:
            return False
        return self._timeline.now - (run.ended_at or 0.0) >= self._plan.retry
