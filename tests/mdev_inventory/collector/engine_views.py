"""Hosts and copies of their devices, for the tests of the engine's view."""

from mdev_inventory.engine.model import DeviceType, HostDevice
from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from mdev_inventory.observation import Source
from tests.mdev_inventory.collector.fake_world import World

TYPE, OTHER = "nvidia-222", "nvidia-231"


DOWN = 61


def inventory(address: str = "0000:3b:00.0", /, **free: int | None) -> HostInventory:
    """One parent with so many left of each type; `_` stands for the hyphen."""
    types = tuple(MdevType(name.replace("_", "-"), available=left) for name, left in free.items())
    return HostInventory(parents=(ParentDevice(address=address, types=types),))


def devices(**shown: int | None) -> list[HostDevice]:
    """One device with these figures."""
    types = tuple(DeviceType(name.replace("_", "-"), name, "", left) for name, left in shown.items())
    return [HostDevice("pci_0000_3b_00_0", "nvidia", "0x10de", "0x1eb8", None, types)]


def has(world: World, host_id: str, left: int, source: Source = Source.HOOK) -> None:
    """The host tells from now on that so many are free there."""
    world.hosts.telling[host_id] = {"inventory": inventory(nvidia_222=left), "source": source}


def refreshed(world: World) -> list[str]:
    """Which hosts were refreshed, in order."""
    return [host_id for _, host_id in world.engine.refreshed]
