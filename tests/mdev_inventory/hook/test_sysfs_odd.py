"""What devices may lack, what vanishes, and what is no text."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mdev_inventory.hook.files import Files
from mdev_inventory.hook.sysfs import inventory_of, read_inventory
from mdev_inventory.model import ReadError
from tests import trees
from tests.mdev_inventory.hook.devices import ADDRESS, TYPE, read


@pytest.mark.parametrize("attribute", ["vendor", "device", "numa_node", "driver", "physfn"])
def test_a_parent_may_lack_what_only_pci_devices_have(tmp_path: Path, attribute: str) -> None:
    """Parents need not be PCI devices: no error."""
    trees.add_parent(tmp_path, "mtty", ["mtty-1"])

    inventory = read(tmp_path)

    assert None is getattr(inventory.parents[0], attribute)
    assert () == inventory.errors


def test_the_kernels_minus_one_is_no_numa_node(tmp_path: Path) -> None:
    """It says that the device belongs to none."""
    trees.add_parent(tmp_path, ADDRESS, numa_node="-1")

    assert None is read(tmp_path).parents[0].numa_node


def test_a_link_that_is_none_is_an_error(device: Path, tmp_path: Path) -> None:
    """The driver is then unknown."""
    (device / "driver").touch()

    assert (ReadError(f"/sys/class/mdev_bus/{ADDRESS}/driver", "EINVAL"),) == read(tmp_path).errors


def test_a_parent_that_has_vanished_has_unknown_types(device: Path, tmp_path: Path) -> None:
    """Its name was listed; when it was opened, it was gone."""
    trees.add_parent(tmp_path, "0000:86:00.0", ["nvidia-22"])
    (tmp_path / trees.BUS / ADDRESS).unlink()
    (tmp_path / trees.BUS / ADDRESS).symlink_to("../../devices/gone")

    inventory = read(tmp_path)

    assert [None, 1] == [p.types and len(p.types) for p in inventory.parents]
    assert (ReadError(TYPE.rsplit("/", 1)[0], "ENOENT"),) == inventory.errors


class Vanishing(Files):
    """A tree in which something happens right before a path is read."""

    def __init__(self, root: Path, path: str, happening: Callable[[], object]) -> None:
        super().__init__(str(root))
        self._when = path
        self._happening = happening

    def text(self, path: str) -> str:
        """The text, after what happens."""
        if path == self._when:
            self._happening()
        return super().text(path)


def test_a_type_that_vanishes_while_it_is_read_is_unknown_from_there(device: Path, tmp_path: Path) -> None:
    """mdev_unregister_parent removes the tree at any moment: what was read before is kept."""
    folder = device / "mdev_supported_types"
    files = Vanishing(tmp_path, f"{TYPE}/name", lambda: folder.rename(device / "gone"))

    inventory = inventory_of(files)
    found = inventory.parents[0].find("nvidia-22")

    assert found
    assert ("nvidia-22", "", 1, ()) == (found.name, found.description, found.available, found.instances)
    assert () == inventory.errors


def test_a_figure_that_vanishes_is_an_error(device: Path, tmp_path: Path) -> None:
    """With the instances, which nobody can list any more."""
    folder = device / "mdev_supported_types"
    files = Vanishing(tmp_path, f"{TYPE}/available_instances", lambda: folder.rename(device / "gone"))

    inventory = inventory_of(files)
    found = inventory.parents[0].find("nvidia-22")

    assert found
    assert (None, None) == (found.available, found.instances)
    assert {"ENOENT"} == {error.error for error in inventory.errors}


def test_bytes_that_are_no_text_are_replaced(device: Path, tmp_path: Path) -> None:
    """Every name and text can be encoded again, whatever stood there."""
    (device / "mdev_supported_types/nvidia-22/name").write_bytes(b"GRID \xff\n")
    os.mkdir(os.fsencode(device / "mdev_supported_types") + b"/odd-\xfe")

    inventory = read(tmp_path)
    types = inventory.parents[0].types or ()

    assert {"GRID \ufffd", "odd-\ufffd"} == {t.name for t in types}
    assert all(error.path.encode() for error in inventory.errors)


@pytest.mark.parametrize("file", ["name", "description", "device_api", "available_instances"])
def test_a_file_of_bytes_that_are_no_text_is_an_error(device: Path, tmp_path: Path, file: str) -> None:
    """VDSM reads it as text and dies there; what can be read of it is told all the same."""
    (device / "mdev_supported_types/nvidia-22" / file).write_bytes(b"1 \xff\n")

    (error,) = read(tmp_path).errors

    assert f"{TYPE}/{file}" == error.path
    assert error.error in ("no UTF-8", "no number: '1 \ufffd'")


def test_a_vendor_of_bytes_that_are_no_text_is_an_error(device: Path, tmp_path: Path) -> None:
    """VDSM's allocator cannot read it either: it is unknown."""
    (device / "vendor").write_bytes(b"0x10\xff\n")

    inventory = read(tmp_path)

    assert None is inventory.parents[0].vendor
    assert (ReadError(f"/sys/class/mdev_bus/{ADDRESS}/vendor", "no UTF-8"),) == inventory.errors


def test_the_inventory_says_when_and_in_which_boot_it_was_taken(device: Path, tmp_path: Path) -> None:
    """Both are for people."""
    boot_id = tmp_path / "proc/sys/kernel/random/boot_id"
    boot_id.parent.mkdir(parents=True)
    boot_id.write_text("b0070000-0000-4000-8000-000000000001\n")

    inventory = read(tmp_path)

    assert "b0070000-0000-4000-8000-000000000001" == inventory.boot_id
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", inventory.collected_at)


@pytest.mark.parametrize("suffix", ["", "/"])
def test_a_root_may_end_in_a_slash(device: Path, tmp_path: Path, suffix: str) -> None:
    """Both ways of writing it are the same folder."""
    assert 1 == len(read_inventory(str(tmp_path) + suffix).parents)
