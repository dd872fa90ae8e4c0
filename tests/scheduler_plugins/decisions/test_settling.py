"""What is tried before a VM is refused or a risk is taken, and that decisions run side by side."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mdev_inventory.engine.errors import EngineError
from mdev_inventory.store.file import FILE_NAME
from mdev_inventory.store.store import Store
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.claims import rows as claim_rows
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.units.mdev_filter import MdevFilter
from scheduler_plugins.units.verdict import Verdict
from tests.scheduler_plugins.fleet import HOSTS, VMS, A, B, Fleet
from tests.scheduler_plugins.world import FREE, NOW, PLAIN, WANTS, World, fitting

DEADLINE_S, AT_MOST = 1.5, 16


def test_what_may_be_in_the_way_is_asked_about_before_a_risk_is_taken() -> None:
    """No risk is taken where the engine shows meanwhile that the start in the way went elsewhere."""
    fleet = Fleet(1, 2)
    fleet.ask(0, A, B)
    fleet.meanwhile = lambda: fleet.show(VMS[0], "wait_for_launch", B)

    assert (A,) == fleet.ask(1, A)
    decision = fleet.scheduler.decisions[0]
    assert (1, "") == (decision.waited, decision.risk)


def test_a_risk_is_taken_and_recorded_rather_than_a_vm_refused() -> None:
    """A risk is taken rather than a VM refused: the engine reruns a start that fails, a refusal is final."""
    fleet = Fleet(1, 2)
    fleet.ask(0, A, B)

    assert (A,) == fleet.ask(1, A)
    assert "vm0" in fleet.scheduler.decisions[0].risk
    assert fleet.paused == pytest.approx(1.5)


def test_a_claim_that_the_engine_does_not_show_refuses_nobody() -> None:
    """A claim that the engine never showed refuses nobody: that start may have been given up."""
    fleet = Fleet(1)
    fleet.ask(0)
    fleet.now += 10

    assert (A,) == fleet.ask(1)
    decision = fleet.scheduler.decisions[0]
    assert "vm0" in decision.risk
    assert fleet.paused == pytest.approx(1.5)


def test_of_two_doubtful_claims_the_older_is_the_less_likely_to_come() -> None:
    """The risk is taken where the engine has been silent for longer."""
    fleet = Fleet(1, 1)
    fleet.ask(0, B)
    fleet.now += 5
    fleet.ask(1, A)

    assert (B,) == fleet.ask(2)


def test_a_claim_that_is_shown_while_we_wait_refuses() -> None:
    """A claim that the engine shows while the decision waits is certain, and nobody is sent there."""
    fleet = Fleet(1)
    fleet.ask(0)
    fleet.meanwhile = lambda: fleet.show(VMS[0], "wait_for_launch", A)

    assert () == fleet.ask(1)
    assert "" == fleet.scheduler.decisions[0].risk


def test_before_claims_refuse_a_vm_the_engine_is_asked_once_more() -> None:
    """Before claims refuse a VM, the engine is asked once more: their starts may have failed just now."""
    fleet = Fleet(1)
    fleet.ask(0)
    fleet.show(VMS[0], "wait_for_launch", A)
    fleet.meanwhile = lambda: fleet.show(VMS[0], "down")

    assert (A,) == fleet.ask(1)
    decision = fleet.scheduler.decisions[0]
    assert (1, "") == (decision.waited, decision.risk)
    assert fleet.now < NOW + 1.6


def test_before_a_vm_is_refused_full_hosts_are_asked_again() -> None:
    """Before a VM is refused, full hosts are asked again; a silent one costs the deadline at most."""
    fleet = Fleet(0, 0)
    fleet.answers = {B: 1}

    assert (B,) == fleet.ask(0)
    assert [{A, B}] == [set(asked) for asked in fleet.refreshed]


def test_a_refusal_says_which_hosts_did_not_answer() -> None:
    """A refusal says which hosts were asked again and did not answer in time."""
    fleet = Fleet(0, 0)
    fleet.answers = {B: 0}

    assert () == fleet.ask(0)
    decision = fleet.scheduler.decisions[0]
    assert "no answer within 1.5 s" in decision.verdicts[0].text
    assert "no answer" not in decision.verdicts[1].text
    assert "asked again, gave no answer in time: gpu0" == decision.note


def test_an_engine_that_is_silent_meanwhile_leaves_the_risk() -> None:
    """An engine that falls silent while a decision waits leaves the risk as it was."""
    fleet = Fleet(1)
    fleet.ask(0)

    def silent() -> None:
        fleet.engine_error = EngineError("timeout", "no answer")

    fleet.meanwhile = silent

    assert (A,) == fleet.ask(1)
    assert "vm0" in fleet.scheduler.decisions[0].risk


def test_nobody_is_asked_again_who_cannot_help() -> None:
    """A full host whose inventory is younger than the question is not asked again."""
    fleet = Fleet(0)
    fleet.now += 1
    fleet.inventory(A, 0)
    fleet.now -= 1

    assert () == fleet.ask(0)
    assert [] == fleet.refreshed


def thousand(full: int) -> tuple[Fleet, Scheduler]:
    """A thousand hosts, the first of which are full; real time counts beside what was waited."""
    fleet = Fleet(*[0] * full, *[4] * (len(HOSTS) - full))

    def timer() -> float:
        return time.monotonic() + fleet.now

    return fleet, Scheduler(fleet, fleet, fleet.clock, pause=fleet.pause, timer=timer, refresh=fleet.refresh)


def test_no_host_is_asked_while_one_fits() -> None:
    """While one of a thousand hosts fits, none is asked, and the decision keeps its deadline by far."""
    fleet, scheduler = thousand(full=900)
    decision = scheduler.filter("MdevFilter", VMS[0], HOSTS, {})

    assert HOSTS[900:] == decision.fitting
    assert [] == fleet.refreshed
    assert decision.duration_s < DEADLINE_S


def test_at_most_so_many_are_asked_before_a_refusal() -> None:
    """Where a thousand hosts are full, the most promising are asked once, within the deadline."""
    fleet, scheduler = thousand(full=len(HOSTS))
    decision = scheduler.filter("MdevFilter", VMS[0], HOSTS, {})

    assert () == decision.fitting
    assert [AT_MOST] == [len(asked) for asked in fleet.refreshed]
    assert decision.duration_s < DEADLINE_S + 0.5


class Meeting(MdevFilter):
    """A filter in which two decisions must be at once."""

    def __init__(self) -> None:
        self.both = threading.Barrier(2, timeout=10)

    def judge(self, request: Request, host: HostView) -> Verdict:
        """Waits for the other one."""
        self.both.wait()
        return super().judge(request, host)


def test_decisions_run_side_by_side(world: World) -> None:
    """Decisions of several clusters run side by side: none waits for another."""
    scheduler = Scheduler(world, world, world.clock, filters={"MdevFilter": Meeting()})
    with ThreadPoolExecutor(2) as threads:
        decided = list(threads.map(lambda vm: fitting(scheduler, FREE, vm=vm), [WANTS, PLAIN]))

    assert [(FREE,), (FREE,)] == decided
    assert 2 == len(scheduler.decisions)


def test_decisions_at_once_never_share_a_place(tmp_path: Path) -> None:
    """Of nine VMs at once with room for five, at least four are known to take a risk."""
    store = Store(tmp_path / FILE_NAME)
    fleet = Fleet(2, 2, 1, store=store)
    together = threading.Barrier(len(VMS), timeout=10)

    def ask(number: int) -> tuple[str, ...]:
        together.wait()
        return fleet.ask(number)

    with ThreadPoolExecutor(len(VMS)) as threads:
        answers = list(threads.map(ask, range(len(VMS))))
    rows = claim_rows.read(store.claims())
    store.close()

    risky = {decision.vm_id for decision in fleet.scheduler.decisions if decision.risk}
    assert all(answers)
    assert len(VMS) - 5 <= len(risky)
    assert len(VMS) == len(rows) == len(fleet.scheduler.claims.by_vm) + len(fleet.scheduler.claims.pending)
