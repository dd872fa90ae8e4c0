"""Starts in flight as callers of the scheduler see them: who gets which host, and what is left."""

from dataclasses import replace

from mdev_inventory.engine.model import MediatedDevice
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.decisions.scheduler import LAUNCHED_S
from tests.scheduler_plugins.fleet import VMS, A, B, Fleet
from tests.scheduler_plugins.world import NOW, TYPE


def test_every_host_is_answered_while_one_keeps_room() -> None:
    """All hosts are answered while one keeps room: the next start still finds a host."""
    assert (A, B) == Fleet(1, 2).ask(0)


def test_where_no_host_keeps_room_one_is_answered() -> None:
    """Where no host keeps room, one is answered and claimed at once; the next VM gets another, or none."""
    fleet = Fleet(1, 1)

    assert [(A,), (B,)] == [fleet.ask(0), fleet.ask(1)]
    fleet.show(VMS[0], "wait_for_launch", A)
    fleet.show(VMS[1], "wait_for_launch", B)
    assert () == fleet.ask(2)
    codes = {verdict.code for verdict in fleet.scheduler.decisions[0].verdicts}
    assert {RefusalCode.CLAIMED} == codes
    assert "VM vm0" in fleet.scheduler.decisions[0].verdicts[0].text


def test_a_pending_decision_counts_on_every_host_of_its_answer() -> None:
    """A pending decision counts on every host of its answer."""
    fleet = Fleet(1, 2)
    fleet.ask(0)

    assert (B,) == fleet.ask(1)


def test_a_vm_that_shows_its_host_frees_the_others() -> None:
    """A VM that shows its host leaves the other hosts of its answer all their room."""
    fleet = Fleet(1, 2)
    fleet.ask(0)
    fleet.show(VMS[0], "wait_for_launch", B)

    assert (A,) == fleet.ask(1, A)
    assert {VMS[0]: B, VMS[1]: A} == {vm: claim.host_id for vm, claim in fleet.scheduler.claims.by_vm.items()}


def test_a_claim_ends_with_an_inventory_requested_after_the_vm_was_launched() -> None:
    """A claim ends with an inventory requested after the launch; an earlier one may lack the device."""
    fleet = Fleet(2)
    fleet.ask(0)
    fleet.show(VMS[0], "up", A)
    fleet.inventory(A, 2)
    fleet.ask(1)
    assert {VMS[0], VMS[1]} == set(fleet.scheduler.claims.by_vm)

    fleet.now += 1
    fleet.inventory(A, 1, ("device-of-vm0",))
    assert {VMS[1]} == set(fleet.scheduler.claims.by_vm)


def test_vms_that_were_launched_are_asked_about_once_a_second() -> None:
    """VMs that were launched are asked about once a second, all others with every decision."""
    fleet = Fleet(2, 2)
    fleet.ask(0)
    fleet.now += LAUNCHED_S
    fleet.show(VMS[0], "up", A)
    asked = []
    for number, seconds in ((1, 0.0), (2, 0.0), (3, LAUNCHED_S)):
        fleet.now += seconds
        fleet.asked.clear()
        fleet.ask(number)
        asked.append(set(fleet.asked[0][0].split()) & set(VMS[:number]))

    assert [{VMS[0]}, {VMS[1]}, {VMS[0], VMS[1], VMS[2]}] == asked


def test_an_instance_that_the_inventory_shows_already_is_not_counted_twice() -> None:
    """An instance that bears the id of the VM's device is not counted beside its claim."""
    fleet = Fleet(2)
    device = MediatedDevice("d0000000-0000-4000-8000-000000000000", {"mdevType": TYPE})
    fleet.engine_vms = [replace(vm, mediated_devices=(device,), mdev_type=None) for vm in fleet.engine_vms]
    fleet.ask(0)
    fleet.inventory(A, 1, (device.id,))
    fleet.engine_vms = [replace(vm, mediated_devices=None, mdev_type=TYPE) for vm in fleet.engine_vms]

    assert (A,) == fleet.ask(1)
    fleet.show(VMS[1], "wait_for_launch", A)
    assert () == fleet.ask(2)


def test_a_decision_repeated_replaces_itself() -> None:
    """A VM has one decision: when it is filtered again, the new one replaces the old."""
    fleet = Fleet(1, 1)

    assert [(A,), (A,), (B,)] == [fleet.ask(0), fleet.ask(0), fleet.ask(0, B)]
    assert [B] == [claim.host_id for claim in fleet.scheduler.claims.by_vm.values()]


def test_a_vm_that_runs_never_gets_a_claim() -> None:
    """A VM that runs gets no claim but a pending decision of ten seconds: often no migration follows."""
    fleet = Fleet(1)
    fleet.show(VMS[0], "up", B)
    fleet.ask(0)
    assert {VMS[0]} == set(fleet.scheduler.claims.pending)

    fleet.now += 10
    assert not fleet.scheduler.claims.pending


def test_the_engine_is_asked_once_per_decision() -> None:
    """A decision asks the engine once, for the VM and all others in flight together."""
    fleet = Fleet(2, 2)
    fleet.ask(0)
    fleet.ask(1)

    assert [VMS[0], f"{VMS[1]} {VMS[0]}"] == [asked for asked, _ in fleet.asked]
    assert NOW < fleet.now


def test_a_vm_that_stopped_takes_nothing_any_more() -> None:
    """A VM that stopped takes nothing any more; what was decided after that moment stays."""
    fleet = Fleet(1)
    fleet.ask(0)
    decided = fleet.now

    fleet.scheduler.vm_stopped(VMS[0], decided - 1)
    assert {VMS[0]} == set(fleet.scheduler.claims.vm_ids)

    fleet.scheduler.vm_stopped(VMS[0], decided + 1)
    assert set() == set(fleet.scheduler.claims.vm_ids)


def test_explain_shows_what_is_in_flight_and_leaves_no_trace() -> None:
    """`explain` counts what is in flight by the engine's word of now, and changes nothing."""
    fleet = Fleet(1, 2)
    fleet.ask(0)
    before = fleet.scheduler.claims
    waiting = fleet.scheduler.explain("vm1")
    fleet.show(VMS[0], "wait_for_launch", A)
    fleet.now += 1
    shown = fleet.scheduler.explain("vm1")

    assert [(B,), (B,)] == [waiting.fitting, shown.fitting]
    assert "may be taken by starts in flight: VM vm0" in waiting.verdicts[0].text
    assert "is taken by starts in flight: VM vm0" in shown.verdicts[0].text
    assert before is fleet.scheduler.claims
    assert 1 == len(fleet.scheduler.decisions)
