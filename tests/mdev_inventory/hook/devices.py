"""A device's folder, and what is read of it."""

from pathlib import Path

from mdev_inventory.hook.sysfs import read_inventory
from mdev_inventory.model import HostInventory

ADDRESS = "0000:3b:00.0"


TYPE = f"/sys/class/mdev_bus/{ADDRESS}/mdev_supported_types/nvidia-22"


def read(root: Path) -> HostInventory:
    """The inventory of a tree."""
    return read_inventory(str(root))
