"""The bus as an inventory, held against the product's reading of the same bus from files."""

from pathlib import Path

import pytest

from mdev_inventory.hook import sysfs
from mdev_inventory.model import HostInventory, ParentDevice
from simulation.kernel.boards import bus_of
from simulation.kernel.inventory import inventory_of
from simulation.kernel.sysfs_tree import SysfsTree


@pytest.mark.parametrize(
    ("board", "type_id"),
    [("tesla-t4", "nvidia-232"), ("a40", "nvidia-560"), ("gvtg-256", "i915-GVTg_V5_4"), ("mtty", "mtty-2")],
)
def test_same_as_from_files(board: str, type_id: str, tmp_path: Path) -> None:
    """Reading the bus gives what the hook reads from the tree, instances included."""
    bus = bus_of(board)
    SysfsTree(tmp_path, bus)  # kept in step by the bus
    wanted = next(p for p in bus.parents() if type_id in bus.types(p))
    bus.create(wanted, type_id, "00000000-0000-4000-8000-000000000001")

    assert _sorted(sysfs.read_inventory(str(tmp_path))) == _sorted(inventory_of(bus))


def _sorted(inventory: HostInventory) -> list[ParentDevice]:
    """Parents whose types do not come in the order of some file system's directories."""
    return [p._replace(types=tuple(sorted(p.types or ()))) for p in inventory.parents]
