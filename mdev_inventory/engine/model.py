"""What the engine tells about hosts, VMs and host devices, as plain immutable data.

The annotations say how each field is read from the engine's JSON (`members.py`); whoever makes one of these
by hand passes what is meant.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator

from mdev_inventory.engine import members
from mdev_inventory.engine.levels import Level
from mdev_inventory.engine.members import Id, NameOrId, Needed, OptionalId, OptionalText, OwnId, at

VDSM_PORT = 54321
MDEV_PROPERTY = "mdev_type"
# Milliseconds since the epoch: the year 2286.
LAST_MOMENT = 10**13
# The inlined member's exact name is not verified.
FOLLOWED = ("mediated_devices", "mediateddevices")

# Statuses of a VM that hold no mdev instance; all others do, or must be assumed to.
STATUSES_WITHOUT_DEVICES = frozenset({"down", "suspended", "image_locked"})


def _seconds(value: object) -> float | None:
    """A moment as the engine writes it; None for one that no VM can have been started at."""
    milliseconds = members.as_number(value)
    return milliseconds / 1000 if milliseconds is not None and 0 < milliseconds < LAST_MOMENT else None


def _mdev_type(value: object) -> str | None:
    return members.pairs(value, "custom_property").get(MDEV_PROPERTY)


def _physical_function(value: object) -> str | None:
    """Its name; its id alone is the name in hex."""
    if name := members.within(value, "name"):
        return name
    code = members.within(value, "id")
    try:
        return bytes.fromhex(code).decode("ascii") if code else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Host:
    """A host as the REST API shows it."""

    id: OwnId
    name: NameOrId
    address: Needed
    """Management address: a name or an IP address; empty where the engine shows none that can be read."""
    port: Annotated[int, at(), PlainValidator(lambda value: members.number(value, 1, 65535, VDSM_PORT))]
    """VDSM's port, 54321 unless the engine says otherwise."""
    status: Needed
    """REST's word: `up`, `maintenance`, `non_responsive`, ..."""
    cluster_id: Annotated[Id, at("cluster")]
    separate: Annotated[
        bool, at("vgpu_placement"), PlainValidator(lambda value: members.optional(value) == "separated")
    ]
    """vgpu_placement: False is consolidated (compact, the default), True is separated."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster, as far as decisions need it."""

    id: OwnId
    level: Annotated[Level | None, at("version"), PlainValidator(members.level)]
    """Its compatibility level; None where the engine tells none."""


@dataclass(frozen=True, slots=True)
class MediatedDevice:
    """A VM's mediated device on engines of 4.5 and later."""

    id: OwnId
    spec_params: Annotated[dict[str, str], at(), PlainValidator(lambda value: members.pairs(value, "property"))]
    """`mdevType`, and perhaps `nodisplay`, `driverParams`."""


@dataclass(frozen=True, slots=True)
class Vm:
    """A VM as the REST API shows it, with both places where a request for mdevs may stand."""

    id: OwnId
    name: NameOrId
    status: Annotated[str, at(), PlainValidator(lambda value: members.optional(value) or "unknown")]
    """`unknown`, where the engine tells none, is assumed to hold its devices."""
    cluster_id: Annotated[Id, at("cluster")]
    host_id: Annotated[OptionalId, at("host")]
    """The host it runs on; None while it has none."""
    mdev_type: Annotated[str | None, at("custom_properties"), PlainValidator(_mdev_type)]
    """Custom property of engines of 4.4 and older, verbatim; None where it is not set."""
    mediated_devices: Annotated[
        tuple[MediatedDevice, ...] | None,
        at(*FOLLOWED),
        BeforeValidator(lambda value: members.items_of(value, "vm_mediated_device")),
    ]
    """Engines of 4.5 and later; None where not asked for or where the engine does not know them."""
    unreadable: Annotated[str, PlainValidator(lambda _: "")] = ""
    """Why its request could not be read, in a list of VMs: then both of the above are None."""
    started_at: Annotated[float | None, at("start_time"), PlainValidator(_seconds)] = None
    """When it was last started, seconds since the epoch by the engine's clock; None where it is not told."""
    level: Annotated[Level | None, at("custom_compatibility_version"), PlainValidator(members.level)] = None
    """Its compatibility level, which is its cluster's where it has none of its own; None where nobody tells."""


def host_with(vm: Vm) -> str | None:
    """Id of the host on which the VM is in a status that holds mediated devices; None where there is none."""
    return None if vm.status in STATUSES_WITHOUT_DEVICES else vm.host_id


@dataclass(frozen=True, slots=True)
class DeviceType:
    """An mdev type in the engine's list of a host's devices."""

    id: Annotated[Needed, at("name")]
    """Its sysfs name has a member of its own from 4.4.7 on."""
    name: Annotated[NameOrId, at("human_readable_name")]
    description: Annotated[str, at(), PlainValidator(lambda value: (members.optional(value) or "").strip())]
    available: Annotated[int | None, at("available_instances"), PlainValidator(members.as_number)]
    """None, which is unknown and not 0, where the engine tells no number."""


@dataclass(frozen=True, slots=True)
class HostDevice:
    """A host device as the REST API shows it; `name` is libvirt's, e.g. `pci_0000_3b_00_0`."""

    name: Needed
    driver: OptionalText
    vendor: OptionalId
    device: Annotated[OptionalId, at("product")]
    physfn: Annotated[str | None, at("physical_function"), PlainValidator(_physical_function)]
    """libvirt name of the physical function, where the engine shows one."""
    types: Annotated[
        tuple[DeviceType, ...],
        at("m_dev_types"),
        BeforeValidator(lambda value: members.items_of(value, "m_dev_type") or ()),
    ]
    """None of them on 4.2 and 4.3."""


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the engine's audit log."""

    index: Annotated[int, at("index", "id"), PlainValidator(lambda value: members.number(value, 0, 2**62))]
    code: Annotated[int, at(), PlainValidator(lambda value: members.number(value, -(2**31), 2**31, 0))]
    vm_id: Annotated[OptionalId, at("vm")]
    host_id: Annotated[OptionalId, at("host")]
