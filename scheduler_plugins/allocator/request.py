"""What a VM asks for: mdev types in the order in which the host's allocator will place them.

Engines up to 4.4 keep a request in the VM's custom property `mdev_type`, later ones in the VM's mediated
devices. Where an engine has such devices they alone count: a VM without any asks for nothing, whatever
property an upgrade has left over, because that engine gives the property to no host.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from mdev_inventory.engine.levels import knows_no_display, sends_placement
from scheduler_plugins.errors import SchedulerError

if TYPE_CHECKING:  # the replay needs the standard library alone: the kernel's own test runs it where there is no more
    from mdev_inventory.engine.model import MediatedDevice, Vm

NO_DISPLAY = "nodisplay"
"""First entry of the property that switches the vGPU's display off and asks for no device."""
TYPE_PARAMETER = "mdevType"


class RequestError(SchedulerError):
    """A request that cannot be understood: the text names the VM, the device and what to do."""

    code = "bad-request"


class Request(NamedTuple):
    """The mdev types a VM asks for, one entry per instance; false where it asks for none."""

    types: tuple[str, ...]
    compact: bool = False
    """Whether the engine tells the host no vGPU placement for the VM: then VDSM is compact, whatever is set."""

    def __bool__(self) -> bool:
        """Whether the VM asks for any instance."""
        return bool(self.types)


def request_of(vm: "Vm") -> Request:
    """What this VM asks for; raises RequestError."""
    compact = not sends_placement(vm.level)
    if vm.mediated_devices is None:
        return from_property(vm.mdev_type, knows_no_display(vm.level))._replace(compact=compact)
    try:
        return from_devices(vm.mediated_devices)._replace(compact=compact)
    except RequestError as error:
        raise RequestError(f"VM {vm.name!r} ({vm.id}): {error}") from error


def from_property(value: str | None, knows_no_display: bool = True) -> Request:
    """The property's request: a comma list of types, each as it stands, blanks and repetition included.

    The engine splits it as Java does, so empty entries at the end ask for nothing; one further in is a
    type that no host has. A property of nothing but blanks asks for nothing.
    """
    if value is None or not value.strip():
        return Request(())
    types = value.rstrip(",").split(",")
    if types[0] == NO_DISPLAY and knows_no_display:
        del types[0]
    return Request(()) if types == [""] else Request(tuple(types))


def from_devices(devices: "Iterable[MediatedDevice]") -> Request:
    """The request of a VM's mediated devices: the host gets them in the order of their ids.

    Raises RequestError for a device without a type. The engine demands one, so this is an answer we do not
    understand; passing over the device would let the VM start where it cannot.
    """
    return Request(tuple(_type_of(device) for device in sorted(devices, key=lambda device: device.id.lower())))


def _type_of(device: "MediatedDevice") -> str:
    try:
        return device.spec_params[TYPE_PARAMETER]
    except KeyError:
        raise RequestError(
            f"mediated device {device.id} has no {TYPE_PARAMETER} among its parameters"
            f" {sorted(device.spec_params)}; set one in the VM's host devices"
        ) from None
