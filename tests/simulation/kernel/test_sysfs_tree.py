"""The tree on disk: it looks as the kernel's, and never lags behind the model."""

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.kernel import Bus
from simulation.kernel.boards import Board, build_bus, bus_of
from simulation.kernel.sysfs_tree import SysfsTree

T4 = "0000:3b:00.0"
UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
OTHER = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"


def shown(root: Path) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """(parent, type) to (figure, instances), as a reader of the tree finds them."""
    found = {}
    for parent in sorted((root / "sys/class/mdev_bus").iterdir()):
        for folder in sorted((parent / "mdev_supported_types").iterdir()):
            figure = (folder / "available_instances").read_text("utf-8")
            found[parent.name, folder.name] = figure, sorted(os.listdir(folder / "devices"))
    return found


def modelled(bus: Bus) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """The same, from the model."""
    return {
        (p, t): (f"{bus.available(p, t)}\n", sorted(bus.devices(p, t))) for p in bus.parents() for t in bus.types(p)
    }


@pytest.mark.parametrize(
    "bus",
    [
        pytest.param(lambda: bus_of("tesla-m60", "tesla-t4"), id="time-sliced"),
        pytest.param(lambda: build_bus([Board("a40", T4, vfs=5)]), id="SR-IOV"),
        pytest.param(lambda: bus_of("gvtg-512", "mtty", "mdpy", "mbochs"), id="pools"),
        pytest.param(lambda: bus_of("vfio-ap", "vfio-ccw", "idxd"), id="others"),
    ],
)
def test_in_step(tmp_path: Path, bus: Callable[[], Bus]) -> None:
    """The first tree, and every later one, shows the model's figures and instances."""
    model = bus()
    first = model.parents()[0]
    model.create(first, model.types(first)[0], UUID)
    SysfsTree(tmp_path, model)
    assert modelled(model) == shown(tmp_path)

    model.remove(UUID)
    assert modelled(model) == shown(tmp_path)

    last = model.parents()[-1]
    model.create(last, model.types(last)[-1], OTHER)
    assert modelled(model) == shown(tmp_path)
    assert [OTHER] == os.listdir(tmp_path / "sys/bus/mdev/devices")


def test_files_of_a_type(tmp_path: Path) -> None:
    """A type folder holds what the driver makes, each text with one newline."""
    SysfsTree(tmp_path, bus_of("gvtg-256", "mtty"))
    gvtg = tmp_path / "sys/devices/pci0000:00/0000:00:02.0/mdev_supported_types/i915-GVTg_V5_8"
    mtty = tmp_path / "sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2"

    assert sorted(os.listdir(gvtg)) == ["available_instances", "create", "description", "device_api", "devices"]
    assert (gvtg / "description").read_text("utf-8") == (
        "low_gm_size: 64MB\nhigh_gm_size: 384MB\nfence: 4\nresolution: 1024x768\nweight: 2\n"
    )
    assert sorted(os.listdir(mtty)) == ["available_instances", "create", "device_api", "devices", "name"]
    assert (mtty / "name").read_text("utf-8") == "Dual port serial\n"
    assert (mtty / "device_api").read_text("utf-8") == "vfio-pci\n"


def test_facts_of_a_parent(tmp_path: Path) -> None:
    """A PCI parent has ids, NUMA node and driver; a virtual one nothing of the kind."""
    SysfsTree(tmp_path, build_bus([Board("tesla-t4", T4, numa_node=1), Board("mtty", "mtty")]))
    parents = tmp_path / "sys/class/mdev_bus"
    read = {name: (parents / T4 / name).read_text("utf-8") for name in ("vendor", "device", "numa_node")}

    assert read == {"vendor": "0x10de\n", "device": "0x1eb8\n", "numa_node": "1\n"}
    assert os.path.basename(os.readlink(parents / T4 / "driver")) == "nvidia"
    assert os.listdir(parents / "mtty") == ["mdev_supported_types"]


def test_links_are_those_of_the_kernel(tmp_path: Path) -> None:
    """Every link is relative and leads where the kernel's leads."""
    bus = bus_of("mtty")
    SysfsTree(tmp_path, bus)
    bus.create("mtty", "mtty-1", UUID)
    device = tmp_path / "sys/devices/virtual/mtty/mtty" / UUID

    assert os.readlink(tmp_path / "sys/class/mdev_bus/mtty") == "../../devices/virtual/mtty/mtty"
    assert os.readlink(tmp_path / "sys/bus/mdev/devices" / UUID) == f"../../../devices/virtual/mtty/mtty/{UUID}"
    assert os.readlink(device / "mdev_type") == "../mdev_supported_types/mtty-1"
    assert os.readlink(device / "subsystem") == "../../../../../bus/mdev"
    assert os.readlink(device.parent / "mdev_supported_types/mtty-1/devices" / UUID) == f"../../../{UUID}"


def test_virtual_functions(tmp_path: Path) -> None:
    """Virtual functions and their physical one point at each other; only the former are on the mdev bus."""
    SysfsTree(tmp_path, build_bus([Board("a40", "0000:51:00.0", vfs=12)]))
    bus = tmp_path / "sys/class/mdev_bus"
    physical = (bus / "0000:51:00.4" / "physfn").resolve()

    assert physical.name == "0000:51:00.0"
    assert not (bus / physical.name).exists()
    assert not (physical / "mdev_supported_types").exists()
    assert (physical / "virtfn0").resolve().name == "0000:51:00.4"
    assert (physical / "virtfn11").resolve().name == "0000:51:01.7"


@pytest.mark.parametrize(
    ("bus", "listing"),
    [
        pytest.param(lambda: bus_of("h200"), None, id="a card without mdev"),
        pytest.param(lambda: build_bus([], present=True), [], id="an empty bus"),
    ],
)
def test_without_parents(tmp_path: Path, bus: Callable[[], Bus], listing: list[str] | None) -> None:
    """A host without mdev has no bus at all, or an empty one."""
    SysfsTree(tmp_path, bus())
    folder = tmp_path / "sys/class/mdev_bus"

    assert listing == (os.listdir(folder) if folder.exists() else None)


@pytest.mark.parametrize(
    ("figure", "outcome"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("many", "many\n", id="no number"),
        pytest.param(OSError(errno.EIO, "Input/output error"), None, id="unreadable, even by root"),
    ],
)
def test_spoiled_figures(tmp_path: Path, figure: str | OSError, outcome: str | None) -> None:
    """A spoiled figure reads on disk as in the model, and heals there."""
    bus = bus_of("tesla-t4")
    SysfsTree(tmp_path, bus)
    file = tmp_path / "sys/class/mdev_bus" / T4 / "mdev_supported_types/nvidia-222/available_instances"

    bus.spoil(T4, "nvidia-222", figure)
    assert outcome == read(file)

    bus.spoil(T4, "nvidia-222", None)
    assert read(file) == "16\n"


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """A creation replaces the figures that it changed, and no other file."""
    bus = bus_of("tesla-t4", "tesla-m60")
    SysfsTree(tmp_path, bus)
    bus.create(T4, "nvidia-222", UUID)
    before = inodes(tmp_path)

    bus.create(T4, "nvidia-222", OTHER)

    renewed = {path for path, inode in inodes(tmp_path).items() if before.get(path, inode) != inode}
    assert {p.parent.name for p in renewed} == {"nvidia-222", "nvidia-225", "nvidia-230", "nvidia-252"}
    assert {p.name for p in renewed} == {"available_instances"}


def test_a_reader_never_sees_half_a_figure(tmp_path: Path) -> None:
    """While figures change between one digit and two, a reader finds a whole one every time."""
    bus = bus_of("tesla-t4")
    SysfsTree(tmp_path, bus)
    file = tmp_path / "sys/class/mdev_bus" / T4 / "mdev_supported_types/nvidia-222/available_instances"
    seen: set[str] = set()
    done = threading.Event()

    def read_on() -> None:
        while not done.is_set():
            seen.add(file.read_text("utf-8"))

    reader = threading.Thread(target=read_on)
    reader.start()
    try:
        for round_number in range(4):
            uuids = [f"{round_number:08x}-{n:04x}-4000-8000-000000000004" for n in range(16)]
            for uuid in uuids:
                bus.create(T4, "nvidia-222", uuid)
            for uuid in uuids:
                bus.remove(uuid)
    finally:
        done.set()
        reader.join()

    assert seen <= {f"{figure}\n" for figure in range(17)}


def test_closed_tree_stays(tmp_path: Path) -> None:
    """A closed tree no longer follows the bus."""
    bus = bus_of("mtty")
    SysfsTree(tmp_path, bus).close()
    bus.create("mtty", "mtty-1", UUID)

    assert shown(tmp_path)["mtty", "mtty-1"] == ("24\n", [])


def test_boot_id(tmp_path: Path) -> None:
    """A host has a boot id, its own unless one is given."""
    SysfsTree(tmp_path / "a", bus_of())
    SysfsTree(tmp_path / "b", bus_of())
    SysfsTree(tmp_path / "c", bus_of(), boot_id=UUID)
    ids = [(tmp_path / host / "proc/sys/kernel/random/boot_id").read_text("utf-8") for host in "abc"]

    assert len(set(ids)) == 3
    assert ids[2] == f"{UUID}\n"


def read(file: Path) -> str | None:
    """The file's text; None where it cannot be opened."""
    try:
        return file.read_text("utf-8")
    except OSError:
        return None


def inodes(root: Path) -> dict[Path, int]:
    """Every file below, by inode: a replaced file has a new one."""
    return {path: path.lstat().st_ino for path in root.rglob("*") if path.is_file() and not path.is_symlink()}
