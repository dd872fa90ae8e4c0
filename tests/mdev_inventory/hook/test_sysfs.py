"""Reading the mdev bus: what is there is told, what cannot be read is unknown and told too."""

import os
from pathlib import Path
from typing import Any

import pytest

from mdev_inventory.inventory_json import to_document
from mdev_inventory.model import ReadError
from tests import trees
from tests.mdev_inventory.hook.devices import ADDRESS, TYPE, read


def by_id(parents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same parents with their types sorted: a directory's order is the file system's."""
    return [dict(p, types=sorted(p["types"], key=lambda t: str(t["id"]))) for p in parents]


@pytest.mark.parametrize("capture", trees.CAPTURES, ids=lambda path: path.stem)
def test_every_capture_is_read_without_an_error(tmp_path: Path, capture: Path) -> None:
    """The figures are those of the kernel's own bus, in all its states."""
    entries = trees.load(capture)

    document = to_document(read(trees.build(tmp_path, entries)))

    assert {"parents": trees.expected(entries), "errors": []} == dict(document, parents=by_id(document["parents"]))


def test_a_device_is_described_whole(device: Path, tmp_path: Path) -> None:
    """Every fact has its file, or its link."""
    (device / "driver").symlink_to("../../../bus/pci/drivers/nvidia")
    (device / "physfn").symlink_to("../0000:3b:00.0")

    (parent,) = read(tmp_path).parents

    assert (ADDRESS, "0x10de", "0x13f2", "nvidia", 1, "0000:3b:00.0") == parent[:6]


def test_a_host_without_a_bus_has_no_parents(tmp_path: Path) -> None:
    """The folder is missing where no mdev driver is loaded: that is no error."""
    inventory = read(tmp_path)

    assert ((), ()) == (inventory.parents, inventory.errors)


def test_an_empty_bus_has_no_parents(tmp_path: Path) -> None:
    """The mdev core is loaded, nothing is registered."""
    (tmp_path / trees.BUS).mkdir(parents=True)

    assert ((), ()) == read(tmp_path)[:2]


def test_a_bus_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    """Unknown is not the same as empty."""
    (tmp_path / "sys/class").mkdir(parents=True)
    (tmp_path / trees.BUS).touch()

    assert (ReadError("/sys/class/mdev_bus", "ENOTDIR"),) == read(tmp_path).errors


def test_parents_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    """As VDSM's allocator walks them."""
    names = ["mtty", "0000:3b:00.0", "0001:c8:00.0", "0.0.fffe", "0000:3b:00.10", "0000:3b:00.4"]
    for name in names:
        trees.add_parent(tmp_path, name)

    assert sorted(names) == [parent.address for parent in read(tmp_path).parents]


def test_types_come_in_the_order_of_the_directory(tmp_path: Path) -> None:
    """Directory order can decide whether VDSM's allocator skips a parent or dies there."""
    types = trees.add_parent(tmp_path, ADDRESS, [f"nvidia-{i}" for i in range(40)]) / "mdev_supported_types"

    (parent,) = read(tmp_path).parents

    assert os.listdir(types) == [t.id for t in parent.types or ()]


def test_instances_are_sorted(tmp_path: Path) -> None:
    """So that equal states give equal inventories."""
    device = trees.add_parent(tmp_path, ADDRESS)
    uuids = [f"{i:08x}-0000-4000-8000-000000000001" for i in (3, 1, 2)]
    trees.add_type(device, "nvidia-22", 1, instances=uuids)

    found = read(tmp_path).parents[0].find("nvidia-22")

    assert found
    assert tuple(sorted(uuids)) == found.instances


@pytest.mark.parametrize(
    ("file", "member", "unknown"),
    [
        pytest.param("name", "name", "nvidia-22", id="the id stands in for a name"),
        pytest.param("description", "description", "", id="description"),
        pytest.param("device_api", "device_api", "", id="device_api"),
    ],
)
def test_a_type_may_lack_what_describes_it(device: Path, tmp_path: Path, file: str, member: str, unknown: str) -> None:
    """Drivers differ in what they tell about a type: a missing file is no error."""
    (device / "mdev_supported_types/nvidia-22" / file).unlink()

    inventory = read(tmp_path)

    assert unknown == getattr(inventory.parents[0].find("nvidia-22"), member)
    assert () == inventory.errors


def test_an_empty_name_is_none(device: Path, tmp_path: Path) -> None:
    """The id stands in for it as well."""
    (device / "mdev_supported_types/nvidia-22/name").write_text("\n")

    found = read(tmp_path).parents[0].find("nvidia-22")

    assert found
    assert "nvidia-22" == found.name


@pytest.mark.parametrize("error", ["EIO", "ELOOP", "EISDIR"])
@pytest.mark.parametrize(
    ("file", "member", "unknown"),
    [
        pytest.param("name", "name", "nvidia-22", id="name"),
        pytest.param("description", "description", "", id="description"),
        pytest.param("device_api", "device_api", "", id="device_api"),
        pytest.param("available_instances", "available", None, id="available_instances"),
    ],
)
def test_a_file_that_cannot_be_read_is_unknown_and_an_error(
    device: Path, tmp_path: Path, file: str, member: str, unknown: str | None, error: str
) -> None:
    """The path is told as the host sees it, whatever the root; all else is still read."""
    trees.break_file(device / "mdev_supported_types/nvidia-22" / file, error)

    inventory = read(tmp_path)
    found = inventory.parents[0].find("nvidia-22")

    assert found
    assert unknown == getattr(found, member)
    assert (ReadError(f"{TYPE}/{file}", error),) == inventory.errors
    assert () == found.instances


@pytest.mark.parametrize(
    ("text", "available"),
    [
        pytest.param("16\n", 16, id="a figure"),
        pytest.param("0\n", 0, id="zero is known"),
        pytest.param(" 7 ", 7, id="blanks"),
        pytest.param("4294967295\n", 4294967295, id="as a kernel counter may read"),
        pytest.param("-1\n", -1, id="negative, as an older driver may print it"),
        pytest.param("9223372036854775807", 2**63 - 1, id="64 bits"),
    ],
)
def test_a_figure_is_told_as_it_reads(device: Path, tmp_path: Path, text: str, available: int) -> None:
    """The kernel's figure is judged elsewhere; here it is only read, as VDSM reads it."""
    (device / "mdev_supported_types/nvidia-22/available_instances").write_text(text)

    inventory = read(tmp_path)

    assert available == getattr(inventory.parents[0].find("nvidia-22"), "available", None)
    assert () == inventory.errors


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("", "no number: ''", id="empty"),
        pytest.param("many\n", "no number: 'many'", id="a word"),
        pytest.param("1.5\n", "no number: '1.5'", id="a fraction"),
        pytest.param("9223372036854775808", "no number: '9223372036854775808'", id="beyond 64 bits"),
        pytest.param("9" * 4000, "no number: '" + "9" * 39, id="a giant"),
        pytest.param("9" * 5000, "EFBIG", id="more than a page"),
        pytest.param("\x00\n", "no number: '\\x00'", id="a zero byte"),
    ],
)
def test_a_figure_that_is_no_number_is_unknown(device: Path, tmp_path: Path, text: str, error: str) -> None:
    """Unknown is None, never 0."""
    (device / "mdev_supported_types/nvidia-22/available_instances").write_text(text)

    inventory = read(tmp_path)

    assert None is getattr(inventory.parents[0].find("nvidia-22"), "available", 0)
    assert (ReadError(f"{TYPE}/available_instances", error),) == inventory.errors


def test_a_figure_that_is_missing_is_an_error(device: Path, tmp_path: Path) -> None:
    """The kernel's ABI makes it mandatory."""
    (device / "mdev_supported_types/nvidia-22/available_instances").unlink()

    assert (ReadError(f"{TYPE}/available_instances", "ENOENT"),) == read(tmp_path).errors


def test_instances_that_cannot_be_listed_are_unknown(device: Path, tmp_path: Path) -> None:
    """None tells that there may be some."""
    (device / "mdev_supported_types/nvidia-22/devices").rmdir()

    inventory = read(tmp_path)

    assert None is getattr(inventory.parents[0].find("nvidia-22"), "instances", ())
    assert (ReadError(f"{TYPE}/devices", "ENOENT"),) == inventory.errors
