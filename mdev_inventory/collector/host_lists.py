"""Inventories from the two lists of host devices, VDSM's and the engine's copy of it; no I/O.

Both say less than sysfs: no instances (None), no device_api, no parents but PCI ones, and no type whose
figure libvirt could not read. What they leave out is left out here, too; nothing is guessed.
"""

import re
from collections.abc import Iterable, Mapping

from mdev_inventory.engine.members import as_number, as_text
from mdev_inventory.engine.model import DeviceType, HostDevice
from mdev_inventory.model import HostInventory, InventoryError, MdevType, ParentDevice, ReadError

# libvirt's name of a PCI device; a domain may have more than four digits (Intel VMD: 10000).
PCI_NAME = re.compile(r"pci_([0-9a-f]{4,8})_([0-9a-f]{2})_([0-9a-f]{2})_([0-7])", re.ASCII)
# No sysfs attribute is longer than a page; what is, is junk, and the store would not take it.
PAGE = 4096
REMEDY = "look at that host's vdsm.log"


def pci_address(name: object) -> str | None:
    """`0000:3b:00.0` for libvirt's `pci_0000_3b_00_0`; None for what is no PCI device's name."""
    match = PCI_NAME.fullmatch(name) if isinstance(name, str) else None
    return "{}:{}:{}.{}".format(*match.groups()) if match else None


def from_hostdev_list(result: object) -> HostInventory:
    """The inventory in the answer to `Host.hostdevListByCaps` (contract section 7).

    InventoryError where it is no list of devices. Junk in one device costs that device or its types alone
    and is among the errors.
    """
    if not isinstance(result, Mapping):
        raise InventoryError("hostdevListByCaps", result, "not an object of devices", REMEDY)
    parents: list[ParentDevice] = []
    errors: list[ReadError] = []
    for name, device in result.items():
        address = pci_address(name)
        params = device.get("params") if isinstance(device, Mapping) else None
        if address is not None and isinstance(params, Mapping) and params.get("mdev") is not None:
            parents.append(_vdsm_parent(address, params, errors))
    return _inventory(parents, errors)


def from_engine_devices(devices: Iterable[HostDevice]) -> HostInventory:
    """The inventory in the engine's copy of a host's devices; empty on engines that do not list types."""
    return _inventory(
        [
            ParentDevice(
                address=address,
                vendor=device.vendor,
                device=device.device,
                driver=device.driver,
                physfn=pci_address(device.physfn),
                types=tuple(_engine_type(kind) for kind in device.types),
            )
            for device in devices
            if device.types and (address := pci_address(device.name))
        ],
        [],
    )


def _inventory(parents: list[ParentDevice], errors: list[ReadError]) -> HostInventory:
    return HostInventory(parents=tuple(sorted(parents, key=lambda p: p.address)), errors=tuple(errors))


def _vdsm_parent(address: str, params: Mapping[str, object], errors: list[ReadError]) -> ParentDevice:
    numa = as_number(params.get("numa_node"))
    return ParentDevice(
        address=address,
        vendor=_text(params.get("vendor_id")),
        device=_text(params.get("product_id")),
        driver=_text(params.get("driver")),
        numa_node=numa if numa is not None and numa >= 0 else None,
        physfn=pci_address(params.get("physfn")),
        types=_vdsm_types(address, params["mdev"], errors),
    )


def _vdsm_types(address: str, mdev: object, errors: list[ReadError]) -> tuple[MdevType, ...] | None:
    """In the order given; None, which is unknown, where the device's types are no object."""
    where = f"hostdevListByCaps/{address}/mdev"
    if not isinstance(mdev, Mapping):
        errors.append(ReadError(where, "not an object of types"))
        return None
    types = []
    for type_id, facts in mdev.items():
        if not _text(type_id):
            errors.append(ReadError(where, "a type without an id"))
            continue
        if not isinstance(facts, Mapping):
            errors.append(ReadError(f"{where}/{type_id}", "not an object"))
            facts = {}
        types.append(_vdsm_type(type_id, facts))
    return tuple(types)


def _vdsm_type(type_id: str, facts: Mapping[str, object]) -> MdevType:
    return MdevType(
        id=type_id,
        name=_text(facts.get("name")) or type_id,
        description=(_text(facts.get("description")) or "").strip(),
        available=as_number(facts.get("available_instances")),
        instances=None,
    )


def _engine_type(kind: DeviceType) -> MdevType:
    return MdevType(kind.id, kind.name, kind.description, available=kind.available, instances=None)


def _text(value: object) -> str | None:
    text = as_text(value)
    return text if text is not None and len(text) <= PAGE else None
