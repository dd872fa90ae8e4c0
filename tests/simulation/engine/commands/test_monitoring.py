"""What the engine learns of VMs whose hosts fall silent, die or come back."""

import pytest

from simulation.engine.settings import Jitter
from tests.simulation.engine.centre import Centre, with_delays


@pytest.fixture
def centre() -> Centre:
    """Two hosts."""
    return Centre()


def test_a_silent_host(centre: Centre) -> None:
    """VMs of a host that does not answer are not_responding, and shown on it still; up when it is back."""
    vm = centre.started()
    centre.engine.set_host_status(centre.hosts[0].id, "non_responsive")
    silent = (vm.status, vm.host)
    centre.engine.set_host_status(centre.hosts[0].id, "up")
    centre.timeline.run_all()

    assert silent == ("not_responding", centre.hosts[0])
    assert vm.status == "up"


def test_a_vm_that_died_unseen(centre: Centre) -> None:
    """What happened while the host was silent is learned when it is back."""
    vm = centre.started()
    centre.engine.set_host_status(centre.hosts[0].id, "non_responsive")
    centre.simulated(centre.hosts[0]).destroy_vm(vm.id)
    centre.timeline.run_all()
    unseen = vm.status
    centre.engine.set_host_status(centre.hosts[0].id, "up")
    centre.timeline.run_all()

    assert (unseen, vm.status, vm.host) == ("not_responding", "down", None)


def test_an_unknown_vm_is_found_or_not(centre: Centre) -> None:
    """A VM `unknown` after a network error is down once its host is back without it."""
    slow = Centre(settings=with_delays(create=Jitter(2.0)))
    vm = slow.vm()
    slow.engine.start_vm(vm.id)
    slow.timeline.run_until(1.0)
    slow.engine.set_host_status(slow.hosts[0].id, "non_responsive")
    slow.timeline.run_all()
    slow.engine.set_host_status(slow.hosts[0].id, "up")
    slow.timeline.run_all()

    assert (vm.status, vm.host) == ("down", None)


def test_a_fenced_host(centre: Centre) -> None:
    """A host that is switched off takes its VMs and their instances down, with an error in the log."""
    vm = centre.started()
    centre.engine.set_host_status(centre.hosts[0].id, "down")

    assert (vm.status, vm.host) == ("down", None)
    assert centre.simulated(centre.hosts[0]).bus.instances() == {}
    assert 119 in centre.codes()


def test_fenced_during_a_start(centre: Centre) -> None:
    """A start on a host that is switched off is rerun on another."""
    vm = centre.vm()
    centre.engine.start_vm(vm.id)
    centre.timeline.run_until(1.0)
    centre.engine.set_host_status(centre.hosts[0].id, "down")
    centre.timeline.run_all()

    assert (vm.status, vm.host) == ("up", centre.hosts[1])


def test_a_guest_that_powers_off(centre: Centre) -> None:
    """A guest's own end is Down without an error, and the host is told to forget it."""
    vm = centre.started()
    centre.simulated(centre.hosts[0]).shut_down_vm(vm.id)
    centre.timeline.run_all()

    assert vm.status == "down"
    assert 61 in centre.codes()
    assert centre.simulated(centre.hosts[0]).vms == {}


def test_order_is_kept() -> None:
    """However long an event takes to be processed, a later one of the same VM never overtakes it."""
    centre = Centre(1, settings=with_delays(monitoring=Jitter(0.0, 30.0)), seed=3)
    vms = [centre.vm(f"vm{number}", None) for number in range(20)]
    for vm in vms:
        centre.engine.start_vm(vm.id)
    centre.timeline.run_all()

    assert {vm.status for vm in vms} == {"up"}


def test_a_removed_vm_is_forgotten(centre: Centre) -> None:
    """A VM that was deleted is gone from the engine."""
    vm = centre.vm()
    centre.engine.remove_vm(vm.id)

    assert vm.id not in centre.engine.vms
