"""Why a card that could carry mediated devices carries none: concluded from its files alone.

A bare card has nothing on the mdev bus. One that is not ready is on it, holds nothing, and reads 0 for every type.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from mdev_inventory.model import INTEL, NVIDIA, BareCard, HostInventory, ParentDevice

NO_MDEV_SINCE = (6, 8)
"""The kernel from which NVIDIA's drivers serve virtual functions by the vendor's own VFIO interface."""
_RESERVING = frozenset({"vfio-pci", "pci-stub", "pciback", "xen-pciback"})
_MAKE = "make them with /usr/lib/nvidia/sriov-manage -e {}, at each boot by a unit of its own"


class ReasonCode(StrEnum):
    """Stable for machines."""

    VENDOR_VFIO = "vendor-vfio"
    """Its virtual functions have the vendor's own VFIO interface instead of mdev types."""
    RESERVED = "reserved"
    """It is bound to vfio-pci or the like, to be passed through as a whole."""
    NO_DRIVER = "no-driver"
    """No driver is bound."""
    NO_FUNCTIONS = "no-functions"
    """It could have virtual functions, and none is made."""
    FUNCTIONS_RESERVED = "functions-reserved"
    """Its virtual functions are bound to vfio-pci or the like."""
    FUNCTIONS_WITHOUT_DRIVER = "functions-without-driver"
    """Its virtual functions are made and have no driver."""
    DRIVER_WITHOUT_VGPU = "driver-without-vgpu"
    """Its driver knows no vGPU."""
    NO_TYPES = "no-types"
    """Its driver knows vGPU and offers no type on this card."""
    GVT_OFF = "gvt-off"
    """Intel's GVT-g is not switched on."""
    NO_IOMMU = "no-iommu"
    """The IOMMU is off, without which virtual functions carry no instances."""
    OFF_BUS = "off-bus"
    """It lists mdev types and is not on the bus."""
    UNKNOWN = "unknown"
    """The files do not tell."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the card carries no mediated devices."""

    code: ReasonCode
    text: str
    """What is so, for people; without the card's address."""
    remedy: str


def reason(card: BareCard, host: HostInventory) -> Reason:
    """The reason that comes first of those that hold; `host` is the card's, for its kernel and modules."""
    for rule in (_vendor_vfio, _binding, _listed, _functions, _of_intel, _of_nvidia):
        if found := rule(card, host):
            return found
    text = f"the driver {card.driver} offers no mdev types"
    return Reason(ReasonCode.UNKNOWN, text, "look at the driver's messages (dmesg) on the host")


def reasons(host: HostInventory) -> tuple[tuple[Reason, tuple[str, ...]], ...]:
    """Why cards of the host carry no mediated devices, each with the addresses of the cards of which it holds."""
    found: dict[str, tuple[Reason, list[str]]] = {}
    for card in host.bare_cards:
        why = reason(card, host)
        found.setdefault(why.text, (why, []))[1].append(card.address)
    return tuple((why, tuple(addresses)) for why, addresses in found.values())


def _vendor_vfio(card: BareCard, host: HostInventory) -> Reason | None:
    if not card.vfio_functions:
        return None
    on = f" on kernel {host.kernel}" if host.kernel else ""
    text = (
        f"vendor VFIO{on}: {_count(card.vfio_functions)}, {card.typed_functions} of them typed, and no mdev types; "
        "neither oVirt nor this product can schedule these"
    )
    remedy = "boot the host with a kernel before 6.8 (EL9's own is 5.14), on which the driver offers mdev types"
    return Reason(ReasonCode.VENDOR_VFIO, text, remedy)


def _binding(card: BareCard, _host: HostInventory) -> Reason | None:
    if card.driver in _RESERVING:
        remedy = "to use it for vGPUs, take it out of vfio-pci.ids, driver_override or the portal's passthrough, reboot"
        return Reason(ReasonCode.RESERVED, f"bound to {card.driver}: reserved to be passed through as a whole", remedy)
    if card.driver is None:
        remedy = "install the vendor's vGPU host driver, or see in dmesg why it does not load"
        return Reason(ReasonCode.NO_DRIVER, "no driver is bound", remedy)
    return None


def _listed(card: BareCard, _host: HostInventory) -> Reason | None:
    if not card.types_listed:
        return None
    text = f"the driver {card.driver} lists mdev types, but the card is not on the mdev bus"
    return Reason(ReasonCode.OFF_BUS, text, "load the kernel module mdev, then the vendor's driver again")


def _functions(card: BareCard, host: HostInventory) -> Reason | None:
    """What virtual functions tell; without vGPU in the driver at all, they are not what is missing."""
    if not card.most_functions or card.vendor != NVIDIA or card.driver != "nvidia" or _lacks_vgpu(host):
        return None
    if not card.functions:
        text = f"functions not made: 0 of {card.most_functions} virtual functions{_later(host)}"
        return Reason(ReasonCode.NO_FUNCTIONS, text, _MAKE.format(card.address))
    drivers = set(card.function_drivers)
    made = f"{_count(card.functions)} made"
    if drivers & _RESERVING:
        text = f"{made}, bound to {', '.join(sorted(drivers & _RESERVING))}"
        return Reason(ReasonCode.FUNCTIONS_RESERVED, text, "leave virtual functions to the driver nvidia")
    if not card.iommu:
        text = f"{made}, but the card is in no IOMMU group: the IOMMU is off"
        return Reason(ReasonCode.NO_IOMMU, text, "switch VT-d or AMD-Vi on in the firmware, boot with intel_iommu=on")
    if drivers and not drivers - {""}:
        text = f"{made}, with no driver bound to them"
        remedy = f"make them anew: /usr/lib/nvidia/sriov-manage -d {card.address}, then -e {card.address}"
        return Reason(ReasonCode.FUNCTIONS_WITHOUT_DRIVER, text, remedy)
    return _no_types(f"{made}, but the driver offers no type on them")


def _of_intel(card: BareCard, host: HostInventory) -> Reason | None:
    if card.vendor != INTEL:
        return None
    if card.driver != "i915":
        text = f"driver without vGPU: {card.driver} has no GVT-g"
        return Reason(ReasonCode.DRIVER_WITHOUT_VGPU, text, "none for this card: GVT-g is i915's, up to Rocket Lake")
    missing = "" if "kvmgt" in host.modules else " and load the module kvmgt"
    remedy = f"boot with i915.enable_gvt=1{missing}; GVT-g needs Broadwell to Rocket Lake and a kernel that has it"
    return Reason(ReasonCode.GVT_OFF, "GVT-g is off: i915 offers no mdev types", remedy)


def _of_nvidia(card: BareCard, host: HostInventory) -> Reason | None:
    if card.vendor != NVIDIA:
        return None
    if card.driver == "nvidia" and "nvidia_vgpu_vfio" in host.modules:
        return _no_types("the vGPU driver offers no type on this card")
    text = f"driver without vGPU: {card.driver}" + (", as for data centre GPUs" if card.driver == "nvidia" else "")
    return Reason(ReasonCode.DRIVER_WITHOUT_VGPU, text, "install NVIDIA's vGPU host driver (vGPU manager) instead")


def _no_types(text: str) -> Reason:
    remedy = (
        "see that nvidia-vgpud and nvidia-vgpu-mgr run, that the driver's release supports the card, and that the "
        "card is in compute mode (gpumodeswitch, displaymodeselector)"
    )
    return Reason(ReasonCode.NO_TYPES, text, remedy)


def _lacks_vgpu(host: HostInventory) -> bool:
    """Whether the loaded driver is surely one without vGPU."""
    return "nvidia" in host.modules and "nvidia_vgpu_vfio" not in host.modules


def _later(host: HostInventory) -> str:
    """A warning of what comes once functions are made."""
    if _kernel(host.kernel) < NO_MDEV_SINCE:
        return ""
    return f"; once made, kernel {host.kernel} shows them by vendor VFIO, which cannot be scheduled"


def _kernel(release: str) -> tuple[int, ...]:
    found = re.match(r"(\d{1,4})\.(\d{1,4})", release)
    return tuple(map(int, found.groups())) if found else (0,)


def _count(functions: int) -> str:
    return f"{functions} virtual function{'' if functions == 1 else 's'}"


NOT_READY_REMEDY = (
    "see on the host that nvidia-vgpud and nvidia-vgpu-mgr run, that ECC is off where the card's types demand that, "
    "and in MIG mode that GPU instances are made (nvidia-smi); it is not full: stopping VMs changes nothing"
)


def not_ready(inventory: HostInventory) -> tuple[str, ...]:
    """The cards that offer nothing although nothing lives on them, by the address of the card.

    A full card reads 0 as well, and has instances. Only what is known for sure is told: where a figure or the
    instances of any parent device of the card are unknown, or functions were not read in time, nothing is. An
    instance that was removed while in use is not listed any more: its card may look so for as long.
    """
    cards: dict[str, list[ParentDevice]] = {}
    for parent in inventory.parents:
        cards.setdefault(parent.physfn or parent.address, []).append(parent)
    unread = inventory.cut is not None and (inventory.cut.bus or bool(inventory.cut.parents))
    return tuple(
        address
        for address, parents in sorted(cards.items())
        if not (unread and parents[0].physfn) and _offers_nothing(parents)
    )


def _offers_nothing(parents: list[ParentDevice]) -> bool:
    types = [one for parent in parents for one in parent.types or ()]
    listed = all(parent.types is not None for parent in parents)
    return listed and bool(types) and all(one.available == 0 and one.instances == () for one in types)
