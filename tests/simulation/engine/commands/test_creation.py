"""What a host is sent with VM.create, when the engine shows it, and what comes of a refusal."""

import pytest

from simulation.engine.settings import Jitter
from simulation.engine.state import Ending
from tests.simulation.engine.centre import T4_1Q, Centre, with_delays, with_misfortunes


@pytest.fixture
def centre() -> Centre:
    """Two hosts with room for one full-size instance each."""
    return Centre()


def test_host_and_status_appear_together() -> None:
    """Between the decision and VM.create the VM is down without a host; then both are shown at once."""
    centre = Centre(settings=with_delays(create=Jitter(2.0)))
    vm = centre.vm()
    centre.engine.start_vm(vm.id)
    centre.timeline.run_until(1.99)
    before = (vm.status, vm.host)
    centre.timeline.run_until(2.0)

    assert before == ("down", None)
    assert (vm.status, vm.host) == ("wait_for_launch", centre.hosts[0])
    assert len(centre.units.asked) == 2


def test_devices_come_after_the_host_is_shown(centre: Centre) -> None:
    """While the host is shown, the device does not exist yet: the gap that claims are for."""
    vm = centre.vm()
    centre.engine.start_vm(vm.id)
    centre.timeline.run_until(0.5)

    assert vm.status == "wait_for_launch"
    assert centre.simulated(centre.hosts[0]).bus.instances() == {}


def test_create_fails_at_once() -> None:
    """A synchronous failure of VM.create shows no host and is rerun at once, up to the limit."""
    centre = Centre(4, settings=with_misfortunes(create_fails=1.0))
    vm = centre.started()

    assert vm.run is not None
    assert [ending for _, ending in vm.run.history] == [Ending.CREATE_FAILED] * 3
    assert {attempt.created_at for attempt in vm.run.attempts} == {None}


def test_launch_fails_for_another_reason() -> None:
    """A start that fails after its devices were made leaves none of them behind."""
    centre = Centre(1, settings=with_misfortunes(launch_fails=1.0))
    vm = centre.started()

    assert vm.run is not None
    assert [ending for _, ending in vm.run.history] == [Ending.FAILED]
    assert "QEMU" in vm.run.attempts[0].reason
    assert centre.simulated(centre.hosts[0]).bus.instances() == {}


def test_network_error_in_create() -> None:
    """A host that falls silent before VM.create leaves the VM `unknown` there, and nothing is rerun."""
    centre = Centre(settings=with_delays(create=Jitter(2.0)))
    vm = centre.vm()
    run = centre.engine.start_vm(vm.id)
    centre.timeline.run_until(1.0)
    centre.engine.set_host_status(centre.hosts[0].id, "non_responsive")
    centre.timeline.run_all()

    assert (vm.status, vm.host, run.history) == ("unknown", centre.hosts[0], [(centre.hosts[0].id, Ending.UNKNOWN)])


def test_host_in_maintenance_meanwhile() -> None:
    """A host taken out of service between decision and VM.create costs that attempt only."""
    centre = Centre(settings=with_delays(create=Jitter(2.0)))
    vm = centre.vm()
    run = centre.engine.start_vm(vm.id)
    centre.timeline.run_until(1.0)
    centre.engine.set_host_status(centre.hosts[0].id, "maintenance")
    centre.timeline.run_all()

    assert vm.host is centre.hosts[1]
    assert [ending for _, ending in run.history] == [Ending.CREATE_FAILED, Ending.UP]


def test_uuids_before_4_5() -> None:
    """Engines before 4.5 make a fresh random UUID for each entry at every VM.create."""
    centre = Centre(version="4.4")
    vm = centre.started(mdev_type=f"nodisplay,{T4_1Q},{T4_1Q}")
    first = vm.instances
    centre.engine.stop_vm(vm.id)
    centre.timeline.run_all()
    centre.engine.start_vm(vm.id)
    centre.timeline.run_all()

    assert [T4_1Q, T4_1Q] == [type_id for _, type_id in first]
    assert len({uuid for uuid, _ in (*first, *vm.instances)}) == 4
    assert {uuid for uuid, _ in vm.instances} == set(centre.simulated(centre.hosts[0]).bus.instances())


def test_uuids_from_4_5_on() -> None:
    """From 4.5 on a device's id is its UUID at every start, and devices go by id."""
    centre = Centre(version="4.5")
    vm = centre.started(mdev_type=f"{T4_1Q},{T4_1Q},{T4_1Q}")

    assert [uuid for uuid, _ in vm.instances] == sorted(device.id for device in vm.devices)
