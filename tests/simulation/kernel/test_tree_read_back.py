"""Trees of all known devices, read back by the reader that runs on real hosts."""

from pathlib import Path

import pytest

from mdev_inventory.hook.sysfs import read_inventory
from simulation.kernel.boards import Board, build_bus
from simulation.kernel.profiles import profile, profiles
from simulation.kernel.sysfs_tree import SysfsTree

NAMES = {"pci": "0000:3b:00.0", "virtual": "", "matrix": "matrix", "css": "0.0.fffe"}
UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"


@pytest.mark.parametrize("key", profiles())
def test_read_back(tmp_path: Path, key: str) -> None:
    """What the reader finds under the root is what the model holds, figure by figure."""
    made = profile(key)
    bus = build_bus([Board(key, NAMES[made.kind] or key, vfs=2 if made.vf_offset else None)], present=True)
    SysfsTree(tmp_path, bus)
    for parent in bus.parents()[:1]:
        bus.create(parent, next(t for t in bus.types(parent) if bus.available(parent, t) != "0"), UUID)

    inventory = read_inventory(str(tmp_path))

    assert {p: bus.attributes(p)["physfn"] for p in sorted(bus.parents())} == {
        p.address: p.physfn for p in inventory.parents
    }
    assert {(p, t): (bus.available(p, t), bus.devices(p, t)) for p in bus.parents() for t in bus.types(p)} == {
        (p.address, t.id): (str(t.available), list(t.instances or ())) for p in inventory.parents for t in p.types or ()
    }
    assert inventory.errors == ()
