"""One decision: what it is made of, what it never does, and what is left of it."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from mdev_inventory.engine.errors import Code, EngineError
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import MediatedDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.decisions.decision import Weights
from scheduler_plugins.decisions.history import KEPT
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.errors import (
    AmbiguousNameError,
    EngineSilentError,
    MalformedIdError,
    SchedulerError,
    UnknownUnitError,
    UnknownVmError,
)
from scheduler_plugins.units.mdev_filter import MdevFilter
from scheduler_plugins.units.verdict import Verdict
from tests.scheduler_plugins.world import (
    CLUSTER,
    DEAD,
    DOWN,
    ELSEWHERE,
    FREE,
    FULL,
    NOW,
    PLAIN,
    STRANGER,
    TYPE,
    WANTS,
    World,
    vm,
)

UNREACHABLE = EngineError("unreachable", "the engine refuses connections")


@pytest.fixture
def world() -> World:
    """A data centre with a free host, a full one, a dead one and others."""
    return World()


@pytest.fixture
def scheduler(world: World) -> Scheduler:
    """A scheduler of that data centre."""
    return Scheduler(world, world, world.clock)


def judge(scheduler: Scheduler, *hosts: str, vm: str = WANTS) -> tuple[str, ...]:
    """The hosts that fit."""
    return scheduler.filter("MdevFilter", vm, hosts, {}).fitting


def test_every_host_asked_about_gets_a_verdict_with_its_reason(scheduler: Scheduler) -> None:
    """In the order asked; what fits has a placement, what does not a code."""
    decision = scheduler.filter("MdevFilter", WANTS, [FULL, FREE, DEAD], {})

    assert [(FULL, RefusalCode.NO_FREE_INSTANCE), (FREE, None), (DEAD, RefusalCode.NO_INVENTORY)] == [
        (verdict.host_id, verdict.code) for verdict in decision.verdicts
    ]
    assert (FREE,) == decision.fitting
    free = decision.verdicts[1]
    assert ("free", 10.0, Source.HOOK) == (free.host_name, NOW - (free.seen_at or 0), free.source)
    assert "host dead refuses" in decision.verdicts[2].text
    assert ("MdevFilter", WANTS, "wants", Request((TYPE,)), NOW, "") == (
        decision.unit,
        decision.vm_id,
        decision.vm_name,
        decision.request,
        decision.at,
        decision.note,
    )


def test_a_vm_without_a_request_fits_everywhere(scheduler: Scheduler) -> None:
    """Also where nothing is known of the host."""
    assert (DEAD, STRANGER, FULL) == judge(scheduler, DEAD, STRANGER, FULL, vm=PLAIN)


def test_a_host_that_the_engine_did_not_list_has_no_inventory(scheduler: Scheduler) -> None:
    """It may have been added a moment ago: refused by name, not forgotten."""
    decision = scheduler.filter("MdevFilter", WANTS, [STRANGER], {})

    assert [(STRANGER, RefusalCode.NO_INVENTORY)] == [(v.host_id, v.code) for v in decision.verdicts]


def test_no_host_is_returned_that_was_not_asked_about(scheduler: Scheduler) -> None:
    """Whatever else would fit; and nothing comes of nothing."""
    assert () == judge(scheduler, FULL)
    assert () == judge(scheduler)
    assert [] == scheduler.weigh("MdevSpread", WANTS, [], {})


def test_a_host_asked_about_twice_is_answered_once(scheduler: Scheduler) -> None:
    """Scores of duplicates would be summed by the engine."""
    twice = [FREE.upper(), FULL, FREE.upper(), FULL]

    assert (FREE.upper(),) == judge(scheduler, *twice)
    assert [FREE.upper(), FULL] == [host for host, _ in scheduler.weigh("MdevSpread", WANTS, twice, {})]


def test_every_weight_is_an_integer_from_best_to_worst(scheduler: Scheduler) -> None:
    """A float would make the engine's cast fail and with it the VM's start."""
    weights = scheduler.weigh("MdevConsolidate", WANTS, [FREE, DEAD, STRANGER], {})

    assert [(FREE, 0), (DEAD, 1000), (STRANGER, 1000)] == weights
    assert {int} == {type(weight) for _, weight in weights}


def test_weights_of_a_vm_without_a_request_are_zero(scheduler: Scheduler) -> None:
    """Such a VM must not be drawn anywhere."""
    assert [(FREE, 0), (DEAD, 0)] == scheduler.weigh("MdevSpread", PLAIN, [FREE, DEAD], {})


def test_a_weight_after_its_filter_asks_the_engine_nothing(world: World, scheduler: Scheduler) -> None:
    """The engine holds its cluster's lock meanwhile."""
    judge(scheduler, FREE)
    world.now += 10
    scheduler.weigh("MdevSpread", WANTS, [FREE], {})

    assert [(WANTS, 2.0)] == world.asked


def test_a_weight_long_after_its_filter_asks_again(world: World, scheduler: Scheduler) -> None:
    """The request may have been edited meanwhile."""
    judge(scheduler, FREE)
    world.now += 10.1
    scheduler.weigh("MdevSpread", WANTS, [FREE], {})

    assert 2 == len(world.asked)


def test_a_filter_always_asks_the_engine(world: World, scheduler: Scheduler) -> None:
    """The request that was edited a second ago counts."""
    judge(scheduler, FULL)
    world.engine_vms = [vm(mdev_type=None)]

    assert (FULL,) == judge(scheduler, FULL)


CODES: tuple[Code, ...] = ("unreachable", "tls", "timeout", "auth", "http", "bad-answer", "closed")


@pytest.mark.parametrize("code", CODES)
def test_while_the_engine_is_silent_the_last_known_request_counts(world: World, code: Code) -> None:
    """With its age in the note."""
    world.vms[WANTS] = KnownVm(WANTS, "wants", (TYPE,), NOW - 60)
    world.engine_error = EngineError(code, "no answer")
    decision = Scheduler(world, world, world.clock).filter("MdevFilter", WANTS, [FULL, FREE], {})

    assert (FREE,) == decision.fitting
    assert "wants" == decision.vm_name
    assert "no answer; its request is as known 60 s ago" == decision.note


def test_a_vm_never_seen_counts_as_one_without_a_request(world: World, scheduler: Scheduler) -> None:
    """Refusing VMs without GPUs because the engine is slow would be worse."""
    world.engine_error = UNREACHABLE
    decision = scheduler.filter("MdevFilter", WANTS, [FULL], {})

    assert (FULL,) == decision.fitting
    assert "never seen before" in decision.note


def test_what_the_engine_tells_is_known_from_then_on(world: World, scheduler: Scheduler) -> None:
    """A VM created a moment ago is known to the next decision, and to the proxy's files."""
    judge(scheduler, FREE)

    assert {WANTS: KnownVm(WANTS, "wants", (TYPE,), NOW, cluster_id=CLUSTER)} == world.vms


def test_a_vm_that_the_engine_does_not_know_is_an_error(scheduler: Scheduler) -> None:
    """It cannot be said what it asks for."""
    with pytest.raises(UnknownVmError, match=STRANGER) as error:
        judge(scheduler, FREE, vm=STRANGER)

    assert "unknown-vm" == error.value.code


@pytest.mark.parametrize("bad", ["", "x", "10000000", WANTS + "0", "{" + WANTS + "}", "../../hosts"])
def test_a_malformed_id_is_an_error(world: World, scheduler: Scheduler, bad: str) -> None:
    """Nobody is asked about it."""
    with pytest.raises(MalformedIdError, match="VM id"):
        judge(scheduler, FREE, vm=bad)
    with pytest.raises(MalformedIdError, match="VM id"):
        scheduler.weigh("MdevSpread", bad, [FREE], {})
    with pytest.raises(MalformedIdError, match="host id"):
        judge(scheduler, FREE, bad)

    assert [] == world.asked


def test_an_unknown_unit_is_an_error(scheduler: Scheduler) -> None:
    """The text lists those that there are; a weight is no filter."""
    with pytest.raises(UnknownUnitError, match="'MdevSpread'; there are: MdevFilter"):
        scheduler.filter("MdevSpread", WANTS, [FREE], {})
    with pytest.raises(UnknownUnitError, match="there are: MdevConsolidate, MdevSpread"):
        scheduler.weigh("MdevFilter", WANTS, [FREE], {})


def test_the_last_decisions_are_kept_newest_first(world: World, scheduler: Scheduler) -> None:
    """So many and no more."""
    for second in range(KEPT + 1):
        world.now = NOW + second
        judge(scheduler, FREE)

    assert [NOW + second for second in range(KEPT, 0, -1)] == [each.at for each in scheduler.decisions]


def test_weights_join_their_decision(world: World, scheduler: Scheduler) -> None:
    """The VM's latest; a unit's second answer replaces its first."""
    judge(scheduler, FREE, FULL)
    judge(scheduler, FREE, FULL)
    judge(scheduler, FREE, vm=PLAIN)
    scheduler.weigh("MdevSpread", WANTS, [FULL], {})
    scheduler.weigh("MdevConsolidate", WANTS, [FREE], {})
    scheduler.weigh("MdevSpread", WANTS, [FREE], {})

    expected = (Weights("MdevConsolidate", ((FREE, 0),)), Weights("MdevSpread", ((FREE, 10),)))
    assert [(), expected, ()] == [decision.weights for decision in scheduler.decisions]
    assert {"MdevConsolidate": 0, "MdevSpread": 10} == scheduler.decisions[1].weights_of(FREE)
    assert {} == scheduler.decisions[1].weights_of(FULL)


@pytest.mark.parametrize("name", [WANTS, WANTS.upper(), "wants"])
def test_explain_judges_the_hosts_that_the_engine_would_offer(scheduler: Scheduler, name: str) -> None:
    """Those of the VM's cluster that are up, by name, with every weight of those that fit."""
    decision = scheduler.explain(name)

    assert [(DEAD, False), (FREE, True), (FULL, False)] == [(v.host_id, v.fits) for v in decision.verdicts]
    weights = decision.weights_of(FREE)
    assert ["MdevConsolidate", "MdevSpread", "MdevFragmentation"] == list(weights)
    assert (0, 10) == (weights["MdevConsolidate"], weights["MdevSpread"])
    assert {} == decision.weights_of(FULL)
    assert "not considered: down (maintenance)" == decision.note


def test_explain_leaves_no_trace(scheduler: Scheduler) -> None:
    """A question is no decision."""
    scheduler.explain("wants")

    assert () == scheduler.decisions


def test_explain_without_the_engine_follows_what_is_known(world: World, scheduler: Scheduler) -> None:
    """The cluster is not known then: every host that is up is judged."""
    world.vms[WANTS] = KnownVm(WANTS, "wants", (TYPE,), NOW - 60)
    world.engine_error = UNREACHABLE
    decision = scheduler.explain("wants")

    assert [DEAD, ELSEWHERE, FREE, FULL] == [verdict.host_id for verdict in decision.verdicts]
    assert DOWN not in decision.fitting
    assert decision.fitting == scheduler.explain(WANTS).fitting


def test_explain_of_a_name_that_two_vms_bear_is_an_error(world: World, scheduler: Scheduler) -> None:
    """Names are unique within a data center only; the engine knows, and so do we without it."""
    twin = "3" + WANTS[1:]
    world.engine_vms.append(vm(twin))
    with pytest.raises(AmbiguousNameError):
        scheduler.explain("wants")
    world.vms.update({each: KnownVm(each, "wants", (), NOW) for each in (WANTS, twin)})
    world.engine_error = UNREACHABLE
    with pytest.raises(AmbiguousNameError, match=f"ask by id: {WANTS}, {twin}"):
        scheduler.explain("wants")


def test_explain_of_a_vm_that_nobody_knows_is_an_error(world: World, scheduler: Scheduler) -> None:
    """No such VM is one thing, not to know is another."""
    with pytest.raises(UnknownVmError, match="'nobody'"):
        scheduler.explain("nobody")
    world.engine_error = UNREACHABLE
    with pytest.raises(EngineSilentError, match=r"which VM is 'nobody'.*refuses connections"):
        scheduler.explain("nobody")


def test_a_request_that_cannot_be_understood_is_an_error(world: World, scheduler: Scheduler) -> None:
    """Taking it as none would let the VM start where it cannot."""
    world.engine_vms = [replace(vm(), mediated_devices=(MediatedDevice("d", {}),))]
    with pytest.raises(SchedulerError, match="has no mdevType"):
        judge(scheduler, FREE)


def test_the_funnel_and_each_rejection_are_logged(scheduler: Scheduler, caplog: pytest.LogCaptureFixture) -> None:
    """The funnel for everyone, the reason for who looks closer."""
    with caplog.at_level(logging.DEBUG, logger="scheduler"):
        judge(scheduler, FREE, FULL)

    funnel, rejection = caplog.records
    assert logging.INFO == funnel.levelno
    assert "Filter unit=MdevFilter" in funnel.getMessage()
    assert f"request={TYPE} start=2 end=1" in funnel.getMessage()
    assert logging.DEBUG == rejection.levelno
    assert f"host={FULL} code=no-free-instance" in rejection.getMessage()


class Meeting(MdevFilter):
    """A filter in which two decisions must be at once."""

    def __init__(self) -> None:
        self.both = threading.Barrier(2, timeout=10)

    def judge(self, request: Request, host: HostView) -> Verdict:
        """Waits for the other one."""
        self.both.wait()
        return super().judge(request, host)


def test_decisions_run_side_by_side(world: World) -> None:
    """Clusters ask in parallel: none waits for another."""
    scheduler = Scheduler(world, world, world.clock, filters={"MdevFilter": Meeting()})
    with ThreadPoolExecutor(2) as threads:
        decided = list(threads.map(lambda vm: judge(scheduler, FREE, vm=vm), [WANTS, PLAIN]))

    assert [(FREE,), (FREE,)] == decided
    assert 2 == len(scheduler.decisions)
