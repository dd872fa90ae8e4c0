"""What the engine tells about hosts, VMs and host devices, as plain immutable data."""

from dataclasses import dataclass

# Statuses of a VM that hold no mdev instance; all others do, or must be assumed to (contract section 5).
STATUSES_WITHOUT_DEVICES = frozenset({"down", "suspended", "image_locked"})


@dataclass(frozen=True, slots=True)
class Host:
    """A host as the REST API shows it."""

    id: str
    name: str
    address: str
    """Management address: a name or an IP address; empty where the engine shows none that can be read."""
    port: int
    """VDSM's port, 54321 unless the engine says otherwise."""
    status: str
    """REST's word: `up`, `maintenance`, `non_responsive`, ..."""
    cluster_id: str
    separate: bool
    """vgpu_placement: False is consolidated (compact, the default), True is separated."""


@dataclass(frozen=True, slots=True)
class MediatedDevice:
    """A VM's mediated device on engines of 4.5 and later."""

    id: str
    spec_params: dict[str, str]
    """`mdevType`, and perhaps `nodisplay`, `driverParams`."""


@dataclass(frozen=True, slots=True)
class Vm:
    """A VM as the REST API shows it, with both places where a request for mdevs may stand."""

    id: str
    name: str
    status: str
    cluster_id: str
    host_id: str | None
    """The host it runs on; None while it has none."""
    mdev_type: str | None
    """Custom property of engines of 4.4 and older, verbatim; None where it is not set."""
    mediated_devices: tuple[MediatedDevice, ...] | None
    """Engines of 4.5 and later; None where not asked for or where the engine does not know them."""
    unreadable: str = ""
    """Why its request could not be read, in a list of VMs: then both of the above are None."""
    started_at: float | None = None
    """When it was last started, seconds since the epoch by the engine's clock; None where it is not told."""


@dataclass(frozen=True, slots=True)
class DeviceType:
    """An mdev type in the engine's list of a host's devices."""

    id: str
    name: str
    description: str
    available: int | None


@dataclass(frozen=True, slots=True)
class HostDevice:
    """A host device as the REST API shows it; `name` is libvirt's, e.g. `pci_0000_3b_00_0`."""

    name: str
    capability: str
    driver: str | None
    vendor: str | None
    device: str | None
    physfn: str | None
    """libvirt name of the physical function, where the engine shows one."""
    types: tuple[DeviceType, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the engine's audit log."""

    index: int
    code: int
    vm_id: str | None
    host_id: str | None
