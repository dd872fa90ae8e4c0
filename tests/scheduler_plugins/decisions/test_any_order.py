"""Starts in flight against a data centre in miniature, in any order of events that chance comes upon.

What must hold whatever happens: no start goes to a host without room, unless the decision says that it took a
risk; no VM is refused while a host has room; and when all has come to rest, nothing is left in the claims.
"""

from collections.abc import Iterable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Vm
from scheduler_plugins.decisions.decision import Decision
from scheduler_plugins.decisions.scheduler import Scheduler
from tests.scheduler_plugins.decisions.miniature import WANTED, Run, Truth
from tests.scheduler_plugins.fleet import HOSTS as ALL_HOSTS
from tests.scheduler_plugins.fleet import VMS, Rows
from tests.scheduler_plugins.world import CLUSTER, NOW, host

HOSTS = ALL_HOSTS[:3]
LATEST = 20.0
"""A start shows its host after so many seconds at most: one that takes longer counts no more."""


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
