"""Starts in flight against a data centre in miniature, in any order of events that chance comes upon.

The model knows the truth: which start the engine has bound to which host, and which devices are made. What
must hold whatever happens: no start goes to a host without room, unless the decision says that it took a
risk; no VM is refused while a host has room; and when all has come to rest, nothing is left in the claims.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Vm
from mdev_inventory.model import MdevType
from scheduler_plugins.decisions.decision import Decision
from scheduler_plugins.decisions.scheduler import Scheduler
from tests.scheduler_plugins.claims.test_store import Rows
from tests.scheduler_plugins.world import CLUSTER, NOW, TYPE, World, host, observation

HOSTS = tuple(f"a{n}000000-0000-4000-8000-000000000000" for n in range(3))
VMS = tuple(f"b{n}000000-0000-4000-8000-000000000000" for n in range(9))
LARGE = "nvidia-23"
WANTED = {vm: LARGE if n % 3 == 2 else TYPE for n, vm in enumerate(VMS)}
"""Every third VM wants a type of twice the size, which lives on no card beside the other."""
SIZES = {TYPE: 1, LARGE: 2}
LATEST = 20.0
"""A start shows its host after so many seconds at most: one that takes longer counts no more."""


@dataclass
class Run:
    """A start that is under way, or a VM that runs."""

    vm_id: str
    host_id: str
    at: float
    uuid: str
    risky: bool
    unasked: bool = False
    shown: bool = False
    made: bool = False
    up: bool = False


@dataclass
class Truth(World):
    """The hosts as they are, behind what is told of them."""

    capacity: dict[str, int] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    def room(self, host_id: str, vm_id: str) -> int:
        """How many more starts such as this VM's the host can take, those under way included."""
        return self._room(host_id, vm_id, [run for run in self.runs.values() if run.host_id == host_id])

    def left(self, host_id: str, vm_id: str) -> int:
        """How many more of the VM's devices the host's card would make now."""
        return self._room(host_id, vm_id, self.made(host_id))

    def made(self, host_id: str) -> list[Run]:
        """Whose devices are on the host."""
        return [run for run in self.runs.values() if run.host_id == host_id and run.made]

    def _room(self, host_id: str, vm_id: str, runs: Sequence[Run]) -> int:
        wanted = WANTED[vm_id]
        alike = all(WANTED[run.vm_id] == wanted for run in runs)
        return self.capacity[host_id] // SIZES[wanted] - len(runs) if alike else 0

    def collect(self, host_id: str) -> None:
        """The host's inventory, taken now."""
        seen, made = observation(host_id, 0), self.made(host_id)
        (card,) = seen.inventory.parents
        types = tuple(self._figures(host_id, type_id, made) for type_id in SIZES)
        self.observations[host_id] = replace(
            seen,
            inventory=seen.inventory._replace(parents=(card._replace(types=types),)),
            requested_at=self.now,
            received_at=self.now,
            owners={run.uuid: run.vm_id for run in made},
        )

    def _figures(self, host_id: str, type_id: str, made: Sequence[Run]) -> MdevType:
        most = self.capacity[host_id] // SIZES[type_id]
        alike = all(WANTED[run.vm_id] == type_id for run in made)
        living = tuple(sorted(run.uuid for run in made)) if alike else ()
        description = f"framebuffer={SIZES[type_id]}M, max_instance={most}"
        return MdevType(type_id, type_id, description, "vfio-pci", most - len(made) if alike else 0, living)

    def refresh(self, host_ids: Sequence[str], deadline_s: float) -> frozenset[str]:
        """Every host answers at once."""
        for host_id in host_ids:
            self.collect(host_id)
        return frozenset(host_ids)

    def show(self, vm_id: str) -> None:
        """The engine's word about the VM, as it is now."""
        run = self.runs.get(vm_id)
        status = "down" if run is None or not run.shown else "up" if run.up else "wait_for_launch"
        where = run.host_id if run and run.shown else None
        self.engine_vms = [
            replace(vm, status=status, host_id=where) if vm.id == vm_id else vm for vm in self.engine_vms
        ]


class Starts(RuleBasedStateMachine):
    """Whatever may happen to nine VMs and three hosts."""

    @initialize(capacities=st.lists(st.integers(0, 4), min_size=3, max_size=3))
    def begin(self, capacities: list[int]) -> None:
        """Empty hosts, VMs that are down, a service that starts."""
        self.truth = Truth(
            engine_vms=[Vm(vm, f"vm{n}", "down", CLUSTER, None, WANTED[vm], None) for n, vm in enumerate(VMS)],
            host_list=tuple(host(host_id, f"gpu{n}") for n, host_id in enumerate(HOSTS)),
            observations={},
            failures={},
            vms={vm: KnownVm(vm, f"vm{n}", (WANTED[vm],), NOW) for n, vm in enumerate(VMS)},
            capacity=dict(zip(HOSTS, capacities, strict=True)),
        )
        for host_id in HOSTS:
            self.truth.collect(host_id)
        self.rows = Rows()
        self.count = 0
        self.restart()

    @rule()
    def restart(self) -> None:
        """The service is killed, and starts again."""
        truth = self.truth
        self.scheduler = Scheduler(
            truth, truth, truth.clock, refresh=truth.refresh, pause=self.wait, timer=truth.clock, store=self.rows
        )

    @rule(seconds=st.floats(0.01, 5.0))
    def wait(self, seconds: float) -> None:
        """Time passes, and no start takes for ever."""
        self.truth.now += seconds
        for run in list(self.truth.runs.values()):
            if not run.shown and self.truth.now - run.at > LATEST:
                self._tell(run)

    @rule(vm=st.sampled_from(VMS), choice=st.integers(0, 2), asked=st.sets(st.sampled_from(HOSTS), min_size=1))
    def start(self, vm: str, choice: int, asked: set[str]) -> None:
        """The engine asks about a VM that is down, and takes any host of the answer."""
        if vm in self.truth.runs:
            return
        self.truth.now += 0.01
        decision = self._ask(vm, sorted(asked))
        answer = decision.fitting
        if not answer:
            assert all(self.truth.room(host_id, vm) <= 0 for host_id in asked), decision.summary
            return
        chosen = answer[choice % len(answer)]
        assert decision.risk or self.truth.room(chosen, vm) > 0, decision
        self._bind(vm, chosen, bool(decision.risk))

    @rule(vm=st.sampled_from(VMS), host_id=st.sampled_from(HOSTS))
    def start_unasked(self, vm: str, host_id: str) -> None:
        """The service was down when the engine chose; the VM is on its host already."""
        if vm not in self.truth.runs and self.truth.room(host_id, vm) > 0:
            run = self._bind(vm, host_id, risky=False)
            run.unasked = True
            self._tell(run)

    @rule(vm=st.sampled_from(VMS))
    def show_host(self, vm: str) -> None:
        """The engine shows where the VM is."""
        if run := self.truth.runs.get(vm):
            self._tell(run)

    @rule(vm=st.sampled_from(VMS))
    def make_device(self, vm: str) -> None:
        """The host makes the VM's device; one that came at a risk may find none."""
        run = self.truth.runs.get(vm)
        if run is None or not run.shown or run.made:
            return
        if self.truth.left(run.host_id, vm) > 0:
            run.made = True
        else:
            assert any(r.risky for r in self.truth.runs.values() if r.host_id == run.host_id)
            self._end(vm)

    @rule(vm=st.sampled_from(VMS))
    def launch(self, vm: str) -> None:
        """The VM is up; of one that nobody asked about, the engine's event makes us ask its host."""
        run = self.truth.runs.get(vm)
        if run and run.made:
            run.up = True
            self.truth.show(vm)
            if run.unasked:
                self.truth.now += 0.01
                self.truth.collect(run.host_id)

    @rule(vm=st.sampled_from(VMS))
    def fail_or_stop(self, vm: str) -> None:
        """It is down again, at whatever point it was."""
        self._end(vm)

    @rule(host_id=st.sampled_from(HOSTS))
    def collect(self, host_id: str) -> None:
        """An inventory in its turn."""
        self.truth.collect(host_id)

    @precondition(lambda self: self.count)
    @rule()
    def list_vms(self) -> None:
        """The list of all VMs."""
        self.scheduler.vms_listed(self.truth.engine_vms, self.truth.now, self.truth.now)

    def teardown(self) -> None:
        """All comes to rest: every start ends in a VM that runs, and every host is seen once more."""
        if not hasattr(self, "scheduler"):
            return
        for vm in VMS:
            self.show_host(vm)
            self.make_device(vm)
            self.launch(vm)
        self.truth.now += 31
        self.list_vms()
        self.truth.now += 1
        for host_id in HOSTS:
            self.truth.collect(host_id)
        claims = self.scheduler.claims
        assert ({}, {}) == (dict(claims.pending), dict(claims.by_vm))

    def _ask(self, vm: str, hosts: Iterable[str]) -> Decision:
        return self.scheduler.filter("MdevFilter", vm, list(hosts), {})

    def _bind(self, vm: str, host_id: str, risky: bool) -> Run:
        self.count += 1
        run = Run(vm, host_id, self.truth.now, f"c{self.count:07}-0000-4000-8000-000000000000", risky)
        self.truth.runs[vm] = run
        return run

    def _tell(self, run: Run) -> None:
        run.shown = True
        self.truth.show(run.vm_id)

    def _end(self, vm: str) -> None:
        self.truth.runs.pop(vm, None)
        self.truth.show(vm)


Starts.TestCase.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
TestStarts = Starts.TestCase
