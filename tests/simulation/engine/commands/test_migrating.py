"""Migrations: units are asked, the source is shown until the end, UUIDs stay."""

import pytest

from simulation.engine.world import ActionError
from tests.simulation.engine.centre import FULL_SIZE, T4_1Q, Centre


@pytest.fixture
def centre() -> Centre:
    """Three hosts."""
    return Centre(3)


def test_a_migration(centre: Centre) -> None:
    """Decided without the present host, shown on the source until it is done, then on the target."""
    vm = centre.started()
    instances = vm.instances
    result = centre.engine.migrate_vm(vm.id)
    centre.timeline.run_until(centre.timeline.now + 1.0)
    during = (vm.status, vm.host)
    stats = [centre.simulated(host).all_vm_stats() for host in centre.hosts[:2]]
    centre.timeline.run_all()

    assert centre.units.asked[2] == ("runFilters", vm.id, [host.id for host in centre.hosts[1:]])
    assert during == ("migrating", centre.hosts[0])
    assert [entry["status"] for (entry,) in stats] == ["Migration Source", "Migration Destination"]
    assert (vm.status, vm.host, result.value) == ("up", centre.hosts[1], True)
    assert [uuid for uuid, _ in instances] == list(centre.simulated(centre.hosts[1]).bus.instances())
    assert centre.simulated(centre.hosts[0]).bus.instances() == {}
    assert 63 in centre.codes()


def test_no_target(centre: Centre) -> None:
    """Without a host to go to, the VM stays where it is."""
    vm = centre.started()
    centre.units.answer = lambda _: {"result_code": 0, "result": []}
    result = centre.engine.migrate_vm(vm.id)
    centre.timeline.run_all()

    assert (vm.status, vm.host, result.value) == ("up", centre.hosts[0], False)
    assert 65 in centre.codes()


def test_the_target_refuses(centre: Centre) -> None:
    """A target without room ends the migration; the VM is up on its source, nothing is left behind."""
    vm = centre.started()
    foreign = "00000000-0000-4000-8000-000000000001"
    centre.simulated(centre.hosts[1]).bus.create("0000:3b:00.0", FULL_SIZE, foreign)
    result = centre.engine.migrate_vm(vm.id)
    centre.timeline.run_all()

    assert (vm.status, vm.host, result.value) == ("up", centre.hosts[0], False)
    assert centre.simulated(centre.hosts[0]).vms[vm.id].status == "Up"
    assert centre.simulated(centre.hosts[1]).vms == {}


def test_the_source_dies_meanwhile(centre: Centre) -> None:
    """A source that is switched off takes the VM down, and the target gives up what it had prepared."""
    vm = centre.started()
    result = centre.engine.migrate_vm(vm.id)
    centre.timeline.run_until(centre.timeline.now + 1.0)
    centre.engine.set_host_status(centre.hosts[0].id, "down")
    centre.timeline.run_all()

    assert (vm.status, vm.host, result.value) == ("down", None, False)
    assert centre.simulated(centre.hosts[1]).bus.instances() == {}


def test_a_group_migrates(centre: Centre) -> None:
    """Units are asked once per VM, chained, with present hosts among the candidates."""
    vms = [centre.started(name, T4_1Q) for name in ("a", "b")]
    target = centre.hosts[2]
    centre.units.asked.clear()
    centre.units.answer = lambda _: {"result_code": 0, "result": [target.id]}
    result = centre.engine.migrate_group([vm.id for vm in vms])
    centre.timeline.run_all()

    everywhere = [host.id for host in centre.hosts]
    assert centre.units.asked == [("runFilters", vms[0].id, everywhere), ("runFilters", vms[1].id, [target.id])]
    assert ([vm.host for vm in vms], result.value) == ([target, target], [True, True])


def test_a_group_that_is_there_already(centre: Centre) -> None:
    """A VM whose chosen host is its own stays, and counts as arrived."""
    vm = centre.started()
    centre.units.answer = lambda _: {"result_code": 0, "result": [centre.hosts[0].id]}
    # The engine's rows still show its host as free.
    result = centre.engine.migrate_group([vm.id])
    centre.timeline.run_all()

    assert (vm.host, result.value) == (centre.hosts[0], [True])


def test_only_running_vms_migrate(centre: Centre) -> None:
    """A group with a VM that is down is refused."""
    with pytest.raises(ActionError, match="all of them have to be up"):
        centre.engine.migrate_group([centre.vm().id])
