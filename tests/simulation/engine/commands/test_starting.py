"""VM starts from the wish to the end: statuses, reruns, stops, and what the audit log says of them."""

import pytest

from simulation.engine.state import Ending
from simulation.engine.world import ActionError
from tests.simulation.engine.centre import FULL_SIZE, T4_1Q, Centre, Units


@pytest.fixture
def centre() -> Centre:
    """Two hosts with room for one full-size instance each."""
    return Centre()


def test_a_start(centre: Centre) -> None:
    """A VM that fits is up on the host that was chosen; the log says started, then running."""
    vm = centre.started()

    assert (vm.status, vm.host) == ("up", centre.hosts[0])
    assert vm.run is not None
    assert vm.run.history == [(centre.hosts[0].id, Ending.UP)]
    assert centre.codes() == [153, 32]


def test_statuses_in_order(centre: Centre) -> None:
    """wait_for_launch, powering_up, up, each at its moment."""
    vm = centre.vm()
    centre.engine.start_vm(vm.id)
    seen = []
    for moment in (1.0, 2.0, 6.0):
        centre.timeline.run_until(moment)
        seen.append(vm.status)

    assert seen == ["wait_for_launch", "powering_up", "up"]


def test_refused_by_validation(centre: Centre) -> None:
    """Where internal filters leave no host, external units are never asked and the VM stays down."""
    vm = centre.started(mdev_type="nvidia-0")

    assert vm.run is not None
    assert vm.run.ending is Ending.REFUSED
    assert vm.run.refused.startswith("Cannot run VM.")
    assert centre.units.asked == []


def test_no_host_in_execution() -> None:
    """Where external filters leave no host, the start fails although validation passed."""
    centre = Centre(units=Units(lambda hosts: {"result_code": 0, "result": []}))
    vm = centre.started()

    assert vm.run is not None
    assert (vm.status, vm.run.ending, vm.run.history) == ("down", Ending.NO_HOST, [])
    assert centre.codes() == [54]


def test_rerun_excludes_the_host_that_failed() -> None:
    """A start that fails on a host is tried elsewhere, external units being asked without that host."""
    centre = Centre(2)
    centre.started("first")
    second = centre.vm("second")
    # The engine believes its old rows, and external units let every host through.
    centre.engine.start_vm(second.id)
    centre.timeline.run_all()

    assert second.run is not None
    assert second.run.history == [(centre.hosts[0].id, Ending.FAILED), (centre.hosts[1].id, Ending.UP)]
    assert "No device with type" in second.run.attempts[0].reason
    questions = [hosts for method, vm, hosts in centre.units.asked if vm == second.id and method == "runFilters"]
    assert questions == [[host.id for host in centre.hosts], [centre.hosts[1].id]]
    assert centre.codes()[2:] == [153, 119, 153, 32]


def test_three_hosts_at_most() -> None:
    """MaxRerunVmOnVdsCount: after three hosts the VM stays down, whatever is left."""
    centre = Centre(4)
    for host in centre.hosts:
        simulated = centre.simulated(host)
        simulated.bus.create("0000:3b:00.0", FULL_SIZE, f"00000000-0000-4000-8000-{host.name[-1]:0>12}")
    vm = centre.started()

    assert vm.run is not None
    assert [host for host, _ in vm.run.history] == [host.id for host in centre.hosts[:3]]
    assert (vm.status, vm.host, vm.run.ending) == ("down", None, Ending.FAILED)
    assert centre.codes() == [153, 119] * 3 + [54]


def test_stop(centre: Centre) -> None:
    """powering_down, then down without a host; its instance is gone and the log says so."""
    vm = centre.started()
    centre.engine.stop_vm(vm.id)
    status = vm.status
    centre.timeline.run_all()

    assert status == "powering_down"
    assert (vm.status, vm.host) == ("down", None)
    assert centre.simulated(centre.hosts[0]).bus.instances() == {}
    assert centre.codes()[2:3] == [61]


def test_stop_during_launch(centre: Centre) -> None:
    """A VM stopped before it was up is not rerun."""
    vm = centre.vm()
    run = centre.engine.start_vm(vm.id)
    centre.timeline.run_until(1.1)
    centre.engine.stop_vm(vm.id)
    centre.timeline.run_all()

    assert (vm.status, run.history) == ("down", [(centre.hosts[0].id, Ending.STOPPED)])
    assert centre.simulated(centre.hosts[0]).vms == {}


def test_start_again(centre: Centre) -> None:
    """A VM that was stopped starts again; every start is recorded."""
    vm = centre.started()
    centre.engine.stop_vm(vm.id)
    centre.timeline.run_all()
    centre.engine.start_vm(vm.id)
    centre.timeline.run_all()

    assert vm.status == "up"
    assert [run.ending for run in vm.runs] == [Ending.UP, Ending.UP]


def test_what_cannot_be_done(centre: Centre) -> None:
    """Actions that the VM's status forbids are refused by name and status."""
    vm = centre.vm()
    with pytest.raises(ActionError, match="Cannot stop VM vm: its status is down"):
        centre.engine.stop_vm(vm.id)
    centre.engine.start_vm(vm.id)
    with pytest.raises(ActionError, match="a start is under way"):
        centre.engine.start_vm(vm.id)
    with pytest.raises(ActionError, match="Cannot remove VM vm"):
        centre.engine.remove_vm(vm.id)
    with pytest.raises(ActionError, match="Cannot migrate VM vm"):
        centre.engine.migrate_vm(vm.id)
    centre.timeline.run_all()
    with pytest.raises(ActionError, match="Cannot run VM vm: its status is up"):
        centre.engine.start_vm(vm.id)


def test_a_vm_without_a_request(centre: Centre) -> None:
    """A VM that asks for nothing starts, external units being asked about it like any other."""
    vm = centre.started(mdev_type=None)

    assert (vm.status, vm.instances) == ("up", ())
    assert centre.units.asked[0] == ("runFilters", vm.id, [host.id for host in centre.hosts])


def test_group(centre: Centre) -> None:
    """A group is filtered VM by VM on the shrinking list before any starts, and shares one host."""
    vms = [centre.vm(name, T4_1Q) for name in ("a", "b")]
    answers = iter([centre.hosts[1:], centre.hosts[1:]])
    centre.units.answer = lambda hosts: {"result_code": 0, "result": [host.id for host in next(answers)]}
    runs = centre.engine.start_group([vm.id for vm in vms])
    centre.timeline.run_all()

    both, second = [host.id for host in centre.hosts], [centre.hosts[1].id]
    assert centre.units.asked == [("runFilters", vms[0].id, both), ("runFilters", vms[1].id, second)]
    assert [vm.host for vm in vms] == [centre.hosts[1]] * 2
    assert [run.ending for run in runs] == [Ending.UP] * 2


def test_enforce_affinity(centre: Centre) -> None:
    """AffinityRulesEnforcer asks external units, and no start follows."""
    vm = centre.vm()
    answer = centre.engine.enforce_affinity([vm.id])
    centre.timeline.run_all()

    assert answer.value.host is centre.hosts[0]
    assert (vm.status, vm.runs) == ("down", [])
    assert ("runFilters", vm.id, [host.id for host in centre.hosts]) in centre.units.asked
