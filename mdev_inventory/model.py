"""What a host's mdev bus holds, as plain immutable data; `inventory_json` has its JSON forms.

Runs on Python 3.6: the VDSM hook imports it.
"""

import reprlib
from typing import NamedTuple, Optional, Tuple

SCHEMA = 2
KEY = "mdev_inventory"
"""The capabilities' member that carries the inventory."""
NVIDIA = "0x10de"
INTEL = "0x8086"
REPLACED = "\N{REPLACEMENT CHARACTER}"
"""What stands in a text for bytes that are no UTF-8; VDSM's allocator cannot read such a file."""
NO_TEXT = "no UTF-8"
"""The error of a file whose bytes are no text."""


class InventoryError(ValueError):
    """A published inventory that cannot be understood: which member, its value, what is wrong, what to do."""

    REMEDY = "install this version's capability hook on that host"

    def __init__(self, member: str, value: object, wrong: str, remedy: str = REMEDY) -> None:
        self.seen, self.remedy = f"{member} is {_abbreviate(value)}: {wrong}", remedy
        super().__init__(f"{self.seen}; {remedy}")
        self.member = member
        self.value = value


def _abbreviate(value: object) -> str:
    try:
        return reprlib.repr(value)
    except ValueError:  # Python 3.11 refuses to write out a number of more than 4,300 digits
        return "an endless number"


class MdevType(NamedTuple):
    """One mdev type as one parent device offers it (kernel ABI: sysfs-bus-vfio-mdev)."""

    id: str
    """The type's folder name, e.g. `nvidia-222`: what a VM asks for."""
    name: str = ""
    """The `name` file, e.g. `GRID T4-1B`; the id where there is none."""
    description: str = ""
    """The `description` file as the vendor wrote it, without surrounding blanks; may be multi-line."""
    device_api: str = ""
    """The `device_api` file, e.g. `vfio-pci`; empty where unknown."""
    available: Optional[int] = None
    """`available_instances` as read; None where it is missing, unreadable or no number. Never guessed."""
    instances: Optional[Tuple[str, ...]] = ()
    """UUIDs of the living instances, sorted; None where they cannot be known."""


class ParentDevice(NamedTuple):
    """One device on the mdev bus; an SR-IOV virtual function is a parent device of its own."""

    address: str
    """Its name in `/sys/class/mdev_bus`: `0000:3b:00.0`, `0.0.fffe`, `mtty`."""
    vendor: Optional[str] = None
    """PCI vendor id as the kernel prints it (`0x10de`); None where there is no such file."""
    device: Optional[str] = None
    """PCI device id, likewise."""
    driver: Optional[str] = None
    """Name of the bound driver; None where none is bound."""
    numa_node: Optional[int] = None
    """NUMA node; None where unknown (the kernel's -1 included)."""
    physfn: Optional[str] = None
    """Address of the physical function, for an SR-IOV virtual function; else None."""
    types: Optional[Tuple[MdevType, ...]] = ()
    """The types in the order of the directory; None where `mdev_supported_types` cannot be listed."""
    may_hold: Optional[Tuple[str, ...]] = None
    """Types of which an instance may live here that the source does not show; None where nobody worked it out.

    No source tells it, and no form of the inventory carries it: it is concluded beside a decision."""

    def find(self, type_id: str) -> Optional[MdevType]:
        """The type of that id on this parent, or None."""
        for mdev_type in self.types or ():
            if mdev_type.id == type_id:
                return mdev_type
        return None


class ReadError(NamedTuple):
    """One file or folder that could not be read while the inventory was taken."""

    path: str
    error: str
    """An errno name (`EIO`), or a short sentence where no errno tells it."""


class BareCard(NamedTuple):
    """A card that could carry mediated devices and carries none: nothing of it is on the mdev bus.

    What its files say about why; `mdev_inventory.bare_cards` concludes.
    """

    address: str
    vendor: Optional[str] = None
    """PCI vendor id as the kernel prints it."""
    device: Optional[str] = None
    """PCI device id, likewise."""
    driver: Optional[str] = None
    """Name of the bound driver; None where none is bound."""
    iommu: bool = True
    """Whether the card is in an IOMMU group."""
    functions: Optional[int] = None
    """`sriov_numvfs`: how many virtual functions are made; None where the card has no such file."""
    most_functions: Optional[int] = None
    """`sriov_totalvfs`: how many can be made; None likewise."""
    vfio_functions: int = 0
    """How many virtual functions have the vendor's own VFIO files (`nvidia/creatable_vgpu_types`)."""
    typed_functions: int = 0
    """How many of these have a type set."""
    function_drivers: Tuple[str, ...] = ()
    """The drivers of the virtual functions, each once, sorted; an empty one where some have none."""
    types_listed: bool = False
    """Whether the card has `mdev_supported_types` although it is not on the bus."""


class Cut(NamedTuple):
    """What an inventory lacks because time ran out while it was taken. It says nothing about the host itself.

    All of it is None, empty or missing in the inventory, without an entry in its `errors`.
    """

    bus: bool = False
    """Whether the parents could not even be listed."""
    parents: Tuple[str, ...] = ()
    """Addresses of the parents of which something that decides is missing: vendor, figures, instances."""
    texts: Tuple[str, ...] = ()
    """Addresses of the parents that lack what only describes them or their types."""
    cards: bool = False
    """Whether the cards that carry no mediated devices were not all looked at."""
    stuck: Tuple[str, ...] = ()
    """Paths of files that gave no answer while others did: the driver hangs there, or is slow."""


class _HostInventory(NamedTuple):
    parents: Tuple[ParentDevice, ...] = ()
    errors: Tuple[ReadError, ...] = ()
    collected_at: str = ""
    """The host's clock, ISO 8601 in UTC: for people only, decisions use the service's own clock."""
    boot_id: str = ""
    hook_version: str = ""
    """Version of the hook that took it; empty where another source did."""
    cut: Optional[Cut] = None
    """What time did not suffice for; None where the inventory is whole."""
    bare_cards: Tuple[BareCard, ...] = ()
    """The cards that could carry mediated devices and do not, by address."""
    kernel: str = ""
    """The kernel's release; empty where unknown, and where there is no bare card."""
    modules: Tuple[str, ...] = ()
    """Which of the kernel modules that tell something of bare cards are loaded; empty likewise."""


class HostInventory(_HostInventory):
    """All parent devices of one host at one moment, sorted by address.

    A class of its own, unlike the named tuple, has room for what is worked out about an inventory.
    """
