"""Inventories from the two lists of host devices, VDSM's and the engine's copy of it; no I/O.

Both say less than sysfs: no instances (None), no device_api, no parents but PCI ones, and no type whose
figure libvirt could not read. What they leave out is left out here, too; nothing is guessed.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from mdev_inventory.engine.forms import pci_address
from mdev_inventory.engine.model import DeviceType, HostDevice
from mdev_inventory.model import HostInventory, InventoryError, MdevType, ParentDevice, ReadError
from mdev_inventory.vdsm import limits
from mdev_inventory.vdsm.key_reader import check_amount
from mdev_inventory.vdsm.strict import JUNK_IS_NONE, LOOK_AT_LOG, Name, Number, Text, exceeded

NUMBER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)
"""As VDSM writes it, who reads it from a file."""


def _written_number(value: object) -> object:
    return int(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value


_Text = Annotated[Text | None, JUNK_IS_NONE]
_Number = Annotated[Number | None, BeforeValidator(_written_number), JUNK_IS_NONE]
_Node = Annotated[Annotated[Number, Field(ge=0)] | None, BeforeValidator(_written_number), JUNK_IS_NONE]
_Address = Annotated[str | None, BeforeValidator(pci_address)]
_ID = TypeAdapter[str | None](Annotated[Name | None, JUNK_IS_NONE])


class _Type(BaseModel):
    """A type of a device; junk is unknown."""

    name: _Text = None
    description: _Text = None
    available_instances: _Number = None


class _Params(BaseModel):
    """What is told of a device; junk is unknown."""

    vendor_id: _Text = None
    product_id: _Text = None
    driver: _Text = None
    numa_node: _Node = None
    physfn: _Address = None
    mdev: Any = None
    """Its types by id; a device without them is no parent."""


class _Device(BaseModel):
    params: _Params


def from_hostdev_list(result: object) -> HostInventory:
    """The inventory in the answer to `Host.hostdevListByCaps`.

    InventoryError where it is no list of devices. Junk in one device costs that device or its types alone
    and is among the errors.
    """
    if not isinstance(result, Mapping):
        raise InventoryError("hostdevListByCaps", result, "not an object of devices", LOOK_AT_LOG)
    if len(result) > limits.DEVICES.most:
        wrong = exceeded(len(result), limits.DEVICES)
        raise InventoryError("hostdevListByCaps", len(result), wrong, LOOK_AT_LOG)
    errors: list[ReadError] = []
    parents = [_vdsm_parent(address, params, errors) for address, params in _with_types(result)]
    check_amount(parents, "hostdevListByCaps")
    return _inventory(parents, errors[: limits.ERRORS.most])


def _with_types(devices: Mapping[Any, object]) -> Iterator[tuple[str, _Params]]:
    """The PCI devices with types, by their addresses."""
    for name, device in devices.items():
        with contextlib.suppress(ValidationError):
            address, params = pci_address(name), _Device.model_validate(device).params
            if address is not None and params.mdev is not None:
                yield address, params


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


def _vdsm_parent(address: str, params: _Params, errors: list[ReadError]) -> ParentDevice:
    return ParentDevice(
        address=address,
        vendor=params.vendor_id,
        device=params.product_id,
        driver=params.driver,
        numa_node=params.numa_node,
        physfn=params.physfn,
        types=_vdsm_types(f"hostdevListByCaps/{address}/mdev", params.mdev, errors),
    )


def _vdsm_types(where: str, mdev: object, errors: list[ReadError]) -> tuple[MdevType, ...] | None:
    """In the order given; None, which is unknown, where the device's types are no object."""
    if not isinstance(mdev, Mapping):
        errors.append(ReadError(where, "not an object of types"))
        return None
    if len(mdev) > limits.TYPES.most:
        raise InventoryError(where, len(mdev), exceeded(len(mdev), limits.TYPES), LOOK_AT_LOG)
    return tuple(found for type_id in mdev if (found := _vdsm_type(where, type_id, mdev[type_id], errors)))


def _vdsm_type(where: str, type_id: Any, facts: object, errors: list[ReadError]) -> MdevType | None:
    """None where it has no id."""
    if not _ID.validate_python(type_id):
        errors.append(ReadError(where, "a type without an id"))
        return None
    try:
        told = _Type.model_validate(facts)
    except ValidationError:
        errors.append(ReadError(f"{where}/{type_id}", "not an object"))
        told = _Type()
    return MdevType(
        id=type_id,
        name=told.name or type_id,
        description=(told.description or "").strip(),
        available=told.available_instances,
        instances=None,
    )


def _engine_type(kind: DeviceType) -> MdevType:
    return MdevType(kind.id, kind.name, kind.description, available=kind.available, instances=None)
