"""How VMs of a simulated host end: failed starts, stops, a host without power."""

from collections.abc import Callable, Sequence

import pytest

from simulation.hosts import SimulatedHost
from simulation.hosts.virtual_machine import VdsmRefusalError, VmSpec
from simulation.kernel.boards import bus_of
from tests.simulation.hosts.scene import T4_1Q, T4_16Q, Scene


@pytest.fixture
def scene() -> Scene:
    """A host with one T4."""
    return Scene(bus_of("tesla-t4"))


@pytest.mark.parametrize(
    ("apart", "reason"),
    [
        pytest.param(0.0, "Failed to create mdev", id="at once"),
        pytest.param(0.2, "Failed to create mdev", id="within the window"),
        pytest.param(0.3, "No device with type", id="after it"),
    ],
)
def test_two_starts_for_one_slot(scene: Scene, apart: float, reason: str) -> None:
    """No lock between choice and creation: the loser fails by the kernel's errno, or finds nothing left."""
    scene.start("1", T4_16Q)
    scene.timeline.run_until(apart)
    scene.start("2", T4_16Q)
    scene.timeline.run_all()

    assert ["2"] == scene.failed()
    assert reason in scene.host.vms["2"].exit_message


def test_the_loser_does_not_try_the_next_parent() -> None:
    """A creation that fails ends the start, though another card is free."""
    scene = Scene(bus_of("tesla-t4", "tesla-t4"))
    scene.start("1", T4_16Q)
    scene.start("2", T4_16Q)
    scene.timeline.run_all()

    assert ["2"] == scene.failed()
    assert len(scene.host.bus.instances()) == 1


def test_partial_devices_are_torn_down_before_down(scene: Scene) -> None:
    """What a failed start made is gone by the time the VM is said to be Down."""
    living_when_down: list[int] = []
    scene.host.listeners.append(
        lambda _, status, __: living_when_down.append(len(scene.host.bus.instances())) if status == "Down" else None
    )
    scene.start("1", T4_1Q, T4_16Q)
    scene.timeline.run_until(1.3)
    assert len(scene.host.bus.instances()) == 1

    scene.timeline.run_all()
    assert living_when_down == [0]
    assert scene.statuses("1")[1:] == [(1.375, "Down")]


@pytest.mark.parametrize(
    ("boards", "wanted", "message"),
    [
        pytest.param(["tesla-t4"], "nvidia-22", "vgpu: No device with type nvidia-22 is available", id="no such type"),
        pytest.param(["mtty"], "mtty-1", "No such file or directory", id="a parent without a vendor"),
        pytest.param([], T4_1Q, "No such file or directory", id="no bus"),
    ],
)
def test_failed_starts(boards: Sequence[str], wanted: str, message: str) -> None:
    """Whatever the allocator says or dies of ends the start, with the reason."""
    scene = Scene(bus_of(*boards))
    scene.start("1", wanted)
    scene.timeline.run_all()

    assert ["1"] == scene.failed()
    assert message in scene.host.vms["1"].exit_message


def test_a_start_that_fails_otherwise(scene: Scene) -> None:
    """A start may fail for another reason, after its devices were made."""
    scene.start("1", T4_1Q, fails="qemu: cannot allocate memory")
    scene.timeline.run_all()

    assert ["1"] == scene.failed()
    assert {} == scene.host.bus.instances()
    assert scene.host.vms["1"].exit_message == "qemu: cannot allocate memory"


def test_a_failed_start_frees_its_slot(scene: Scene) -> None:
    """Starts that wait go on after four that failed."""
    for vm_id in "1234":
        scene.start(vm_id, "nvidia-22")
    scene.start("5", T4_1Q)
    scene.timeline.run_all()

    assert scene.statuses("5")[-1][1] == "Up"


def test_destroy(scene: Scene) -> None:
    """A destroyed VM powers down, loses its devices, is Down, and is forgotten."""
    scene.start("1", T4_1Q)
    scene.timeline.run_until(10.0)
    scene.host.destroy_vm("1")
    assert len(scene.host.bus.instances()) == 1

    scene.timeline.run_all()
    assert scene.told[-2:] == [(10.0, "1", "Powering down", True), (10.125, "1", "Down", True)]
    assert {} == scene.host.bus.instances()
    assert {} == scene.host.vms


@pytest.mark.parametrize("moment", [0.0, 0.5, 1.1, 1.3, 1.6, 1.75, 2.0])
def test_destroy_during_a_start(scene: Scene, moment: float) -> None:
    """Whenever a start is destroyed, nothing of it is left and its creation slot is free again."""
    for vm_id in "1234":
        scene.start(vm_id, T4_1Q, T4_1Q)
    scene.timeline.run_until(moment)
    for vm_id in "1234":
        scene.host.destroy_vm(vm_id)
    scene.start("5", T4_1Q)
    scene.timeline.run_all()

    assert [] == scene.failed()
    assert list(scene.host.vms) == ["5"]
    assert scene.host.vms["5"].status == "Up"
    assert len(scene.host.bus.instances()) == 1


def test_destroy_while_waiting_for_a_slot(scene: Scene) -> None:
    """A start that has not begun is Down at once."""
    for vm_id in "12345":
        scene.start(vm_id, T4_1Q)
    scene.host.destroy_vm("5")

    assert scene.statuses("5") == [(0.0, "WaitForLaunch"), (0.0, "Down")]


def test_a_failed_vm_stays_until_destroyed(scene: Scene) -> None:
    """VDSM keeps a VM that went Down, with its exit, until it is told to destroy it."""
    scene.start("1", "nvidia-22")
    scene.timeline.run_all()

    (stats,) = scene.host.all_vm_stats()
    assert (stats["vmId"], stats["status"], stats["exitCode"]) == ("1", "Down", 1)

    scene.host.destroy_vm("1")
    assert [] == scene.host.all_vm_stats()


def test_guest_shutdown(scene: Scene) -> None:
    """A guest that powers off leaves its VM Down without an error, devices gone."""
    scene.start("1", T4_1Q)
    scene.timeline.run_until(10.0)
    scene.host.shut_down_vm("1")
    scene.host.shut_down_vm("1")
    scene.timeline.run_all()

    (stats,) = scene.host.all_vm_stats()
    assert (stats["status"], stats["exitCode"]) == ("Down", 0)
    assert {} == scene.host.bus.instances()


def test_a_device_removed_by_somebody_else(scene: Scene) -> None:
    """A VM whose device is gone already stops all the same."""
    spec = scene.start("1", T4_1Q)
    scene.timeline.run_all()
    scene.host.bus.remove(spec.devices[0][0])
    scene.host.destroy_vm("1")
    scene.timeline.run_all()

    assert scene.statuses("1")[-1][1] == "Down"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        pytest.param(lambda host: host.destroy_vm("2"), 1, id="destroy a stranger"),
        pytest.param(lambda host: host.shut_down_vm("2"), 1, id="shut down a stranger"),
        pytest.param(lambda host: host.create_vm(VmSpec("1", "vm-1")), 4, id="start it twice"),
    ],
)
def test_refused_calls(scene: Scene, call: Callable[[SimulatedHost], None], code: int) -> None:
    """Calls about a VM that is not there, or there already, fail with VDSM's code."""
    scene.start("1")

    with pytest.raises(VdsmRefusalError) as refused:
        call(scene.host)
    assert code == refused.value.code


@pytest.mark.parametrize("moment", [0.0, 1.1, 1.3, 1.6, 3.0, 10.0])
def test_power_loss(scene: Scene, moment: float) -> None:
    """A host without power forgets VMs and instances at once, tells nobody, and starts afresh."""
    for vm_id in "12345":
        scene.start(vm_id, T4_1Q)
    scene.timeline.run_until(moment)
    before = len(scene.told)
    scene.host.power_off()
    assert (scene.host.bus.instances(), scene.host.all_vm_stats()) == ({}, [])

    scene.timeline.run_all()
    assert before == len(scene.told)

    for vm_id in "12345":
        scene.start(vm_id, T4_1Q)
    scene.timeline.run_all()
    assert len(scene.host.bus.instances()) == 5
