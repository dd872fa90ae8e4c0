"""A simulated host's VM life cycle, on simulated time."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from scheduler_plugins.simulation.boards import Board, build_bus, bus_of
from scheduler_plugins.simulation.host import Delays, SimulatedHost, VdsmRefusalError, VmSpec
from scheduler_plugins.simulation.kernel import Bus
from scheduler_plugins.simulation.timeline import Timeline

T4 = "0000:3b:00.0"
T4_1Q, T4_16Q = "nvidia-230", "nvidia-234"
PACE = Delays(prepare=1.0, create=0.25, launch=0.5, boot=4.0, teardown=0.125)
"""Exact in binary: moments can be compared."""


class Scene:
    """A host on a timeline of its own, and what it told."""

    def __init__(self, bus: Bus, **options: object) -> None:
        self.timeline = Timeline()
        self.told: list[tuple[float, str, str, bool]] = []
        self.host = SimulatedHost(
            "h1",
            "host1",
            bus,
            self.timeline,
            delays=PACE,
            on_status=self._hear,
            **options,  # type: ignore[arg-type]
        )

    def _hear(self, vm_id: str, status: str, exit_ok: bool) -> None:
        self.told.append((self.timeline.now, vm_id, status, exit_ok))

    def start(self, vm_id: str, *types: str, **options: object) -> VmSpec:
        """Start a VM with devices of those types."""
        devices = tuple((f"{vm_id:0>8}-0000-4000-8000-{number:012}", t) for number, t in enumerate(types))
        spec = VmSpec(vm_id, f"vm-{vm_id}", devices, **options)  # type: ignore[arg-type]
        self.host.create_vm(spec)
        return spec

    def statuses(self, vm_id: str) -> list[tuple[float, str]]:
        """When the VM took which status."""
        return [(at, status) for at, who, status, _ in self.told if who == vm_id]

    def failed(self) -> list[str]:
        """The VMs that went down with an error."""
        return [who for _, who, _, exit_ok in self.told if not exit_ok]


@pytest.fixture
def scene() -> Scene:
    """A host with one T4."""
    return Scene(bus_of("tesla-t4"))


def test_a_start(scene: Scene) -> None:
    """WaitForLaunch at once, Powering up once the devices are made, Up once the guest has booted."""
    scene.start("1", T4_1Q)
    scene.timeline.run_all()

    assert scene.statuses("1") == [(0.0, "WaitForLaunch"), (1.75, "Powering up"), (5.75, "Up")]


@pytest.mark.parametrize(
    ("moment", "living"),
    [
        pytest.param(1.2, 0, id="chosen, not yet created"),
        pytest.param(1.3, 1, id="first created"),
        pytest.param(1.5, 2, id="second created"),
    ],
)
def test_devices_come_one_after_the_other(scene: Scene, moment: float, living: int) -> None:
    """A device is chosen, then created; only then the next one is looked at."""
    scene.start("1", T4_1Q, T4_1Q)
    scene.timeline.run_until(moment)

    assert living == len(scene.host.bus.instances())


def test_devices_keep_their_uuids(scene: Scene) -> None:
    """Instances bear the UUIDs that the caller gave."""
    spec = scene.start("1", T4_1Q, T4_1Q)
    scene.timeline.run_all()

    assert dict.fromkeys((uuid for uuid, _ in spec.devices), (T4, T4_1Q)) == scene.host.bus.instances()


def test_four_creations_at_once(scene: Scene) -> None:
    """A fifth start waits until one of four is through with its devices."""
    for vm_id in "12345":
        scene.start(vm_id, T4_1Q)
    scene.timeline.run_all()

    assert {scene.statuses(vm_id)[1] for vm_id in "1234"} == {(1.75, "Powering up")}
    assert scene.statuses("5")[:2] == [(0.0, "WaitForLaunch"), (3.5, "Powering up")]


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
        lambda _, status, __: (
            living_when_down.append(len(scene.host.bus.instances())) if status == "Down" else None
        )
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
        pytest.param(
            ["tesla-t4"], "nvidia-22", "vgpu: No device with type nvidia-22 is available", id="no such type"
        ),
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


def test_a_down_vm_can_be_started_again(scene: Scene) -> None:
    """A start that failed may be tried again under the same id."""
    scene.start("1", "nvidia-22")
    scene.timeline.run_all()
    scene.start("1", T4_1Q)
    scene.timeline.run_all()

    assert scene.host.vms["1"].status == "Up"


@pytest.mark.parametrize(
    ("separate", "version", "parents"),
    [
        pytest.param(False, "4.5", 1, id="consolidated"),
        pytest.param(True, "4.5", 2, id="separated"),
        pytest.param(True, "4.3", 2, id="separated on 4.3"),
        pytest.param(True, "4.2.6", 1, id="4.2 knows no placement"),
    ],
)
def test_placement(separate: bool, version: str, parents: int) -> None:
    """Two devices land on one card or on two, as the host's placement says, since 4.3."""
    scene = Scene(bus_of("tesla-m60"), separate=separate, version=version)
    scene.start("1", "nvidia-12", "nvidia-12")
    scene.timeline.run_all()

    assert parents == len({parent for parent, _ in scene.host.bus.instances().values()})


def test_own_pace(scene: Scene) -> None:
    """A VM may have a pace of its own."""
    scene.start("1", T4_1Q, delays=Delays(prepare=20.0, create=0.5, launch=0.0, boot=0.0))
    scene.timeline.run_all()

    assert scene.statuses("1")[-1] == (20.5, "Up")


def test_foreign_instances_count(scene: Scene) -> None:
    """An instance that VDSM did not make takes its share like any other."""
    scene.host.bus.create(T4, T4_16Q, "ffffffff-0000-4000-8000-000000000000")
    scene.start("1", T4_16Q)
    scene.timeline.run_all()

    assert ["1"] == scene.failed()


def test_the_tree_is_in_step(tmp_path: Path) -> None:
    """What a VM takes is seen on disk at the moment of its creation, not before."""
    scene = Scene(bus_of("tesla-t4"), tree=tmp_path)
    figure = tmp_path / "sys/class/mdev_bus" / T4 / "mdev_supported_types" / T4_1Q / "available_instances"
    scene.start("1", T4_1Q)
    seen = []
    for moment in (1.0, 1.25, 20.0):
        scene.timeline.run_until(moment)
        seen.append(figure.read_text("utf-8"))
    scene.host.destroy_vm("1")
    scene.timeline.run_all()

    assert ["16\n", "15\n", "15\n"] == seen
    assert figure.read_text("utf-8") == "16\n"


def test_a_storm_is_deterministic() -> None:
    """Two hosts with the same boards and starts do the same at the same moments."""

    def run() -> list[tuple[float, str, str, bool]]:
        scene = Scene(build_bus([Board("a40", T4, vfs=16)], seed=3))
        for number, wanted in zip(range(40), itertools.cycle(["nvidia-558", "nvidia-556"]), strict=False):
            scene.start(str(number), wanted)
            scene.timeline.run_until(number * 0.1)
        scene.timeline.run_all()
        return scene.told

    assert run() == run()
