"""VMs that start without a decision of ours: the service was down, or another endpoint let them through."""

from dataclasses import replace

import pytest

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Vm
from mdev_inventory.observation import Observation, Source
from scheduler_plugins.claims.instances import uuids_of
from scheduler_plugins.claims.life import Claims
from scheduler_plugins.claims.model import Claim, Start, VmLocations
from scheduler_plugins.claims.unplanned import unplanned_starts
from tests.scheduler_plugins.fleet import VMS, A, Fleet
from tests.scheduler_plugins.world import CLUSTER, NOW, TYPE, observation

VM = VMS[0]
DEVICE = "d0000000-0000-4000-8000-000000000000"
MODERN = KnownVm(VM, "vm0", (TYPE,), NOW - 100, (DEVICE,))
OLDER = MODERN._replace(devices=())
SEEN = observation(A, 1, ("another",))


def found(status: str, known: KnownVm | None, seen: Observation | None, claims: Claims | None = None) -> bool:
    """Whether the VM on host A counts as in flight."""
    vm = Vm(VM, "vm0", status, CLUSTER, None if status == "down" else A, None, None)
    vms = {known.id: known} if known else {}
    observations = {A: seen} if seen else {}
    return bool(unplanned_starts(VmLocations({VM: vm}, NOW, NOW + 0.1), claims or Claims(), vms, observations))


@pytest.mark.parametrize(
    ("expected", "status", "known", "seen"),
    [
        pytest.param(True, "wait_for_launch", MODERN, SEEN, id="not launched"),
        pytest.param(True, "wait_for_launch", OLDER, SEEN, id="not launched, and nothing tells its instances"),
        pytest.param(True, "up", MODERN, SEEN, id="runs, and the inventory lacks its device"),
        pytest.param(False, "up", MODERN, observation(A, 1, (DEVICE,)), id="runs, and the inventory shows it"),
        pytest.param(False, "up", OLDER, SEEN, id="runs, and nobody knows whose instance that is"),
        pytest.param(True, "up", OLDER, replace(SEEN, owners={"another": "vm9"}), id="... another VM's"),
        pytest.param(False, "up", OLDER, replace(SEEN, owners={"another": VM}), id="... its own"),
        pytest.param(True, "up", OLDER, observation(A, 2), id="runs, and there are no instances at all"),
        pytest.param(False, "up", MODERN, replace(SEEN, source=Source.VDSM), id="runs, instances are unknown"),
        pytest.param(False, "up", MODERN, None, id="the host was never seen"),
        pytest.param(False, "up", MODERN, replace(SEEN, requested_at=NOW + 1), id="the inventory is younger"),
        pytest.param(False, "down", MODERN, SEEN, id="down"),
        pytest.param(False, "suspended", MODERN, SEEN, id="suspended"),
        pytest.param(False, "unknown", MODERN, SEEN, id="unknown: it may have started long ago"),
        pytest.param(False, "up", MODERN._replace(types=()), SEEN, id="asks for nothing"),
        pytest.param(False, "up", None, SEEN, id="what it asks for is not known"),
    ],
)
def test_who_is_in_flight(expected: bool, status: str, known: KnownVm | None, seen: Observation | None) -> None:
    """A VM without a decision is in flight where it holds instances that its host does not show."""
    assert expected == found(status, known, seen)


def test_a_vm_that_was_decided_on_is_no_unplanned_start() -> None:
    """A VM with a claim or a pending decision is no unplanned start."""
    start = Start(VM, "vm0", (TYPE,))

    assert not found("wait_for_launch", MODERN, SEEN, Claims().decided(start, [A], NOW - 1))
    assert not found("wait_for_launch", MODERN, SEEN, Claims().decided(start, [A, "other"], NOW - 1))


@pytest.mark.parametrize(("status", "launched"), [("wait_for_launch", None), ("powering_up", NOW + 0.1)])
def test_its_claim_is_as_any_other(status: str, launched: float | None) -> None:
    """The claim of an unplanned start ends, as any other, with an inventory requested after the launch."""
    vm = Vm(VM, "vm0", status, CLUSTER, A, None, None)
    claims = unplanned_starts(VmLocations({VM: vm}, NOW, NOW + 0.1), Claims(), {VM: MODERN}, {A: SEEN})

    start = Start(VM, "vm0", (TYPE,), tuple(sorted(uuids_of(MODERN))))
    assert [Claim(start, A, NOW + 0.1, NOW, launched)] == claims


def test_after_the_service_was_down_starts_without_a_decision_count() -> None:
    """Unplanned starts come with the search for the VM that is asked about, and count at once."""
    fleet = Fleet(1)
    fleet.vms[VM] = OLDER
    fleet.show(VM, "wait_for_launch", A)

    assert () == fleet.ask(1)
    assert {VM} == set(fleet.scheduler.claims.by_vm)


def test_a_list_of_all_vms_tells_of_unplanned_starts_and_of_the_gone() -> None:
    """A list of all VMs adds unplanned starts, and ends the claims of VMs that are gone."""
    fleet = Fleet(2)
    fleet.ask(0)
    fleet.vms[VMS[1]] = OLDER._replace(id=VMS[1], name="vm1")
    fleet.show(VMS[1], "up", A)
    fleet.now += 1
    fleet.scheduler.vms_listed(fleet.engine_vms[1:], fleet.now, fleet.now)

    assert {VMS[1]} == set(fleet.scheduler.claims.by_vm)
