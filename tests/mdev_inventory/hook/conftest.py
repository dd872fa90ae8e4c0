"""Fixtures that several modules' tests share."""

from pathlib import Path

import pytest

from tests import trees
from tests.mdev_inventory.hook.devices import ADDRESS
from tests.mdev_inventory.hook.hook_runs import ADDRESSES, TYPES
from tests.mdev_inventory.hook.vdsm_runs import CAPABILITIES
from tools.hook_file import build


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """A parent with one type, all its files in order."""
    return trees.add_parent(tmp_path, ADDRESS, ["nvidia-22"], vendor="0x10de", device="0x13f2", numa_node="1")


@pytest.fixture(scope="session")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hook as hosts get it."""
    return build(tmp_path_factory.mktemp("hook") / "50_mdev_inventory")


@pytest.fixture
def caps(tmp_path: Path) -> Path:
    """The file in which VDSM hands over its capabilities."""
    path = tmp_path / "caps.json"
    path.write_text(CAPABILITIES)
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A host with three parents of three types each."""
    root = tmp_path / "host"
    for address in ADDRESSES:
        trees.add_parent(root, address, TYPES, available=4)
    return root
