"""Reads the cards that could carry mediated devices and do not, with what their files say about why.

Such a card is a PCI display controller or 3D controller of a vendor whose cards are known to carry mediated devices,
or any that lists mdev types, of which neither itself nor a virtual function is on the mdev bus.

Runs on Python 3.6: the VDSM hook imports it.
"""

from typing import Dict, Iterable, List, Optional, Set, Tuple

from mdev_inventory.hook.files import printable
from mdev_inventory.hook.reading import Reading
from mdev_inventory.model import INTEL, NVIDIA, BareCard, ParentDevice

PCI = "/sys/bus/pci/devices"
MODULES = "/sys/module"
RELEASE = "/proc/sys/kernel/osrelease"

# 0x0300 is a display controller that VGA can use, 0x0302 one for 3D alone.
_CLASSES = ("0x0300", "0x0302")
_VENDORS = (NVIDIA, INTEL)
# Those that make a card carry mediated devices, or that the vendor's other drivers lack.
_TELLING_MODULES = ("i915", "kvmgt", "mdev", "nouveau", "nvidia", "nvidia_vgpu_vfio", "xe")
# A machine has a few dozen GPUs at most.
_MOST_CARDS = 64


def bare_cards(reading: Reading, parents: Iterable[ParentDevice]) -> Tuple[BareCard, ...]:
    """The bare cards beside these parents of the mdev bus, by address."""
    carriers = {name for parent in parents for name in (parent.address, parent.physfn) if name}
    cards: List[str] = []
    functions: Dict[str, Set[str]] = {}
    for address in sorted(reading.names(PCI, optional=True) or ()):
        if address in carriers or not _is_display(reading, address):
            continue
        physfn = reading.link_name(f"{PCI}/{address}/physfn")
        if physfn is None:
            cards.append(address)
        elif physfn not in carriers:
            functions.setdefault(physfn, set()).add(address)
    found = [_card(reading, address, functions.get(address, set())) for address in cards[:_MOST_CARDS]]
    return tuple(card for card in found if card is not None)


def surroundings(reading: Reading) -> Tuple[str, Tuple[str, ...]]:
    """The kernel's release, and which of the modules that matter are loaded."""
    loaded = reading.names(MODULES, optional=True) or ()
    return reading.text(RELEASE) or "", tuple(name for name in _TELLING_MODULES if name in loaded)


def _is_display(reading: Reading, address: str) -> bool:
    return (reading.text(f"{PCI}/{address}/class") or "")[: len(_CLASSES[0])] in _CLASSES


def _card(reading: Reading, address: str, known: Set[str]) -> Optional[BareCard]:
    here = f"{PCI}/{address}"
    vendor, names = reading.text(here + "/vendor"), reading.names(here) or ()
    listed = "mdev_supported_types" in names
    if vendor not in _VENDORS and not listed:
        return None
    links = [reading.link_name(f"{here}/{name}") for name in names if name.startswith("virtfn")]
    functions = [_function(reading, name) for name in sorted(known.union(name for name in links if name))]
    return BareCard(
        address=printable(address),
        vendor=vendor,
        device=reading.text(here + "/device"),
        driver=reading.link_name(here + "/driver"),
        iommu="iommu_group" in names,
        functions=reading.number(here + "/sriov_numvfs", optional=True),
        most_functions=reading.number(here + "/sriov_totalvfs", optional=True),
        vfio_functions=sum(vfio for _, vfio, _ in functions),
        typed_functions=sum(typed for _, _, typed in functions),
        function_drivers=tuple(sorted({driver for driver, _, _ in functions})),
        types_listed=listed,
    )


def _function(reading: Reading, address: str) -> Tuple[str, bool, bool]:
    """One virtual function: its driver, whether it has the vendor's VFIO files, and a type."""
    here = f"{PCI}/{address}"
    vfio = "creatable_vgpu_types" in (reading.names(here + "/nvidia", optional=True) or ())
    typed = bool(vfio and reading.number(here + "/nvidia/current_vgpu_type", optional=True))
    return reading.link_name(here + "/driver") or "", vfio, typed
