"""One decision or explanation: every host asked about gets its verdict or weight, and no other host does."""

from dataclasses import replace

import pytest

from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.config.defaults import Decisions
from scheduler_plugins.decisions.decision import Decision
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.errors import AmbiguousNameError, EngineSilentError, UnknownUnitError, UnknownVmError
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.world import (
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
    fitting,
    vm,
)

UNREACHABLE = EngineError("unreachable", "the engine refuses connections")


def test_every_host_asked_about_gets_a_verdict_with_its_reason(scheduler: Scheduler) -> None:
    """Every host asked about gets a verdict in the order asked, with a placement or a code."""
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
    """A VM without a request fits on every host, also where nothing is known of it."""
    assert (DEAD, STRANGER, FULL) == fitting(scheduler, DEAD, STRANGER, FULL, vm=PLAIN)


def test_a_host_that_the_engine_did_not_list_has_no_inventory(scheduler: Scheduler) -> None:
    """A host that the engine did not list yet is refused by name, not forgotten."""
    decision = scheduler.filter("MdevFilter", WANTS, [STRANGER], {})

    assert [(STRANGER, RefusalCode.NO_INVENTORY)] == [(v.host_id, v.code) for v in decision.verdicts]


def test_no_host_is_returned_that_was_not_asked_about(scheduler: Scheduler) -> None:
    """No host is answered that was not asked about, whatever else would fit."""
    assert () == fitting(scheduler, FULL)
    assert () == fitting(scheduler)
    assert [] == scheduler.weigh("MdevSpread", WANTS, [], {})


def test_a_host_asked_about_twice_is_answered_once(scheduler: Scheduler) -> None:
    """A host asked about twice is answered once: the engine would sum the scores of both."""
    twice = [FREE.upper(), FULL, FREE.upper(), FULL]

    assert (FREE.upper(),) == fitting(scheduler, *twice)
    assert [FREE.upper(), FULL] == [host for host, _ in scheduler.weigh("MdevSpread", WANTS, twice, {})]


def test_every_weight_is_an_integer_from_best_to_worst(scheduler: Scheduler) -> None:
    """Every weight is an int: a float would make the engine's cast fail, and with it the VM's start."""
    weights = scheduler.weigh("MdevConsolidate", WANTS, [FREE, DEAD, STRANGER], {})

    assert [(FREE, 0), (DEAD, 1000), (STRANGER, 1000)] == weights
    assert {int} == {type(weight) for _, weight in weights}


def test_weights_of_a_vm_without_a_request_are_zero(scheduler: Scheduler) -> None:
    """All hosts weigh 0 for a VM without a request."""
    assert [(FREE, 0), (DEAD, 0)] == scheduler.weigh("MdevSpread", PLAIN, [FREE, DEAD], {})


def test_an_unknown_unit_is_an_error(scheduler: Scheduler) -> None:
    """An unknown unit is an error that lists those that there are; a weight is no filter."""
    with pytest.raises(UnknownUnitError, match="'MdevSpread'; there are: MdevFilter"):
        scheduler.filter("MdevSpread", WANTS, [FREE], {})
    with pytest.raises(UnknownUnitError, match="there are: MdevConsolidate, MdevSpread"):
        scheduler.weigh("MdevFilter", WANTS, [FREE], {})


def test_a_decision_without_a_host_is_told(world: World) -> None:
    """Whoever wants to know hears of every refusal, and of no answer."""
    told: list[Decision] = []
    scheduler = Scheduler(world, world, world.clock, refused=told.append)
    fitting(scheduler, FREE)
    fitting(scheduler, FULL)

    assert [scheduler.decisions[0]] == told


@pytest.mark.parametrize("name", [WANTS, WANTS.upper(), "wants"])
def test_explain_judges_the_hosts_that_the_engine_would_offer(scheduler: Scheduler, name: str) -> None:
    """`explain` judges the hosts of the VM's cluster that are up, by name, and weighs those that fit."""
    decision = scheduler.explain(name)

    assert [(DEAD, False), (FREE, True), (FULL, False)] == [(v.host_id, v.fits) for v in decision.verdicts]
    weights = decision.weights_of(FREE)
    assert ["MdevConsolidate", "MdevSpread", "MdevFragmentation"] == list(weights)
    assert (0, 10) == (weights["MdevConsolidate"], weights["MdevSpread"])
    assert {} == decision.weights_of(FULL)
    assert "not considered: down (maintenance)" == decision.note


def test_explain_leaves_no_trace(scheduler: Scheduler) -> None:
    """`explain` is no decision, and none is kept."""
    scheduler.explain("wants")

    assert () == scheduler.decisions


def test_explain_without_the_engine_follows_what_is_known(world: World, scheduler: Scheduler) -> None:
    """Without the engine the cluster is not known, so `explain` judges every host that is up."""
    world.vms[WANTS] = KnownVm(WANTS, "wants", (TYPE,), NOW - 60)
    world.engine_error = UNREACHABLE
    decision = scheduler.explain("wants")

    assert [DEAD, ELSEWHERE, FREE, FULL] == [verdict.host_id for verdict in decision.verdicts]
    assert DOWN not in decision.fitting
    assert decision.fitting == scheduler.explain(WANTS).fitting


def test_a_cluster_that_the_engine_does_not_tell_is_not_a_cluster_without_hosts(
    world: World, scheduler: Scheduler
) -> None:
    """Where the engine tells no cluster of the VM, `explain` judges every host that is up."""
    world.engine_vms = [replace(vm(), cluster_id="")]

    assert [DEAD, ELSEWHERE, FREE, FULL] == [verdict.host_id for verdict in scheduler.explain("wants").verdicts]


def test_explain_tells_that_several_vgpus_may_be_too_many(world: World, scheduler: Scheduler) -> None:
    """Several vGPUs that only newer drivers take in one VM fit, and `explain` says that this is not certain."""
    world.observations[FREE] = replace(world.observations[FREE], inventory=inv.host(inv.t4()))
    world.engine_vms = [vm(mdev_type=f"{inv.Q2},{inv.Q2}")]
    decision = scheduler.explain("wants")

    assert (FREE,) == decision.fitting
    assert "not certain for several vGPUs in one VM: NVIDIA's drivers before R525" in decision.note


def test_a_vm_of_too_many_vgpus_is_refused_or_not(world: World) -> None:
    """`[decisions] limit_per_vm` says whether hosts are refused to a VM of which NVIDIA's manager takes fewer."""
    world.observations[FREE] = replace(world.observations[FREE], inventory=inv.host(inv.t4()))
    world.engine_vms = [vm(mdev_type=f"{inv.B2},{inv.B2}")]
    limits = [Scheduler(world, world, world.clock, settings=Decisions(limit_per_vm=limit)) for limit in (True, False)]

    assert [(), (FREE,)] == [fitting(scheduler, FREE) for scheduler in limits]


def test_explain_of_a_name_that_two_vms_bear_is_an_error(world: World, scheduler: Scheduler) -> None:
    """A name that two VMs bear is an error, with the engine and without it."""
    twin = "3" + WANTS[1:]
    world.engine_vms.append(vm(twin))
    with pytest.raises(AmbiguousNameError):
        scheduler.explain("wants")
    world.vms.update({each: KnownVm(each, "wants", (), NOW) for each in (WANTS, twin)})
    world.engine_error = UNREACHABLE
    with pytest.raises(AmbiguousNameError, match=f"ask by id: {WANTS}, {twin}"):
        scheduler.explain("wants")


def test_explain_of_a_vm_that_nobody_knows_is_an_error(world: World, scheduler: Scheduler) -> None:
    """To know that there is no such VM is one error, not to know of one is another."""
    with pytest.raises(UnknownVmError, match="'nobody'"):
        scheduler.explain("nobody")
    world.engine_error = UNREACHABLE
    with pytest.raises(EngineSilentError, match=r"which VM is 'nobody'.*refuses connections"):
        scheduler.explain("nobody")
