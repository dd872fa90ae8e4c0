"""A simulated host's VM starts, on simulated time."""

import itertools
from pathlib import Path

import pytest

from simulation.hosts.virtual_machine import Delays
from simulation.kernel.boards import Board, build_bus, bus_of
from tests.simulation.hosts.scene import T4, T4_1Q, T4_16Q, Scene


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


def test_incoming_migration(scene: Scene) -> None:
    """A VM that comes from another host is a migration's destination until it is up; its devices are new."""
    scene.start("1", T4_1Q, incoming=True)
    scene.timeline.run_all()

    assert scene.statuses("1") == [(0.0, "Migration Destination"), (5.75, "Up")]
    assert len(scene.host.bus.instances()) == 1


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
