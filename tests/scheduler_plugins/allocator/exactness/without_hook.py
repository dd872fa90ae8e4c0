"""What VDSM's own list tells of a random host, with the VMs there known or not; and what the verdict makes of it."""

from mdev_inventory.collector.host_lists import from_hostdev_list
from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.placement import Placement, place
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.allocator.unseen import with_unseen
from simulation.hosts.vdsm_answers import hostdev_list
from simulation.kernel import Bus
from simulation.kernel.inventory import inventory_of
from tests.scheduler_plugins.allocator.exactness.families import FAMILIES
from tests.scheduler_plugins.allocator.exactness.hosts import RandomHost

LISTED = tuple(name for name in FAMILIES if name != "parents without vendor")
"""Families that stand in VDSM's list: a parent that is no PCI device does not, and kills the walk nevertheless."""
RICH, POOR = "4.5.0", "4.3.0"
"""Releases of VDSM that tell descriptions, and that do not."""


def told(bus: Bus, version: str, *, known: bool) -> HostInventory:
    """The host as VDSM of that release lists it; where the VMs are `known`, each instance is one's."""
    listed = from_hostdev_list(hostdev_list(bus, version))
    types = [t for parent in inventory_of(bus).parents for t in parent.types or ()]
    alive = [t.id for t in types for _ in t.instances or ()]
    return with_unseen(listed, Source.VDSM, alive if known else None)


def fits(host: RandomHost, version: str, *, known: bool) -> bool:
    """Whether the verdict on the request is yes."""
    inventory = told(host.bus, version, known=known)
    return isinstance(place(inventory, Source.VDSM, Request(host.request), host.separate), Placement)
