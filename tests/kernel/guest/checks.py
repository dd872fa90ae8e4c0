"""What has to hold of every inventory: it is what the kernel's files say."""

from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.placement import free_instances, place
from scheduler_plugins.allocator.refusals import Refusal
from scheduler_plugins.allocator.request import Request
from tests.kernel.guest import bus
from tests.kernel.guest.hook import BreachError


def same_as_files(inventory: HostInventory, files: bus.Files) -> None:
    """Raises BreachError where the inventory is not, member by member, what the kernel's files say."""
    _equal("errors", inventory.errors, ())
    _equal("parents", [p.address for p in inventory.parents], list(files))
    for parent in inventory.parents:
        told = {name: getattr(parent, name) for name in ("driver", "physfn", "vendor", "device", "numa_node")}
        _equal(f"files of {parent.address}", told, bus.attributes(parent.address))
        _equal(f"order of {parent.address}", [t.id for t in parent.types or ()], list(files[parent.address]))
        for mdev_type in parent.types or ():
            _equal(mdev_type.id, _as_files(mdev_type), _read_as(files[parent.address][mdev_type.id]))


def _as_files(told: MdevType) -> bus.TypeFiles:
    instances = list(told.instances or ())
    return bus.TypeFiles(told.name, told.description, told.device_api, str(told.available), instances)


def _read_as(files: bus.TypeFiles) -> bus.TypeFiles:
    """The files' content with the model's word for a missing description, which is empty."""
    return files._replace(description=files.description or "")


def _equal(what: str, inventory: object, files: object) -> None:
    if inventory != files:
        raise BreachError(f"{what}: the inventory says {inventory!r}, the kernel's files {files!r}")


def refused_without_vendor(inventory: HostInventory) -> None:
    """VDSM's allocator dies on a parent without `vendor`, as all of these are; raises BreachError."""
    for type_id in types_of(inventory):
        if not isinstance(place(inventory, Source.HOOK, Request((type_id,)), separate=False), Refusal):
            raise BreachError(f"{type_id} is placed on parents without vendor")
        if free_instances(inventory, Source.HOOK, type_id, separate=False):
            raise BreachError(f"{type_id} counts as free on parents without vendor")


def types_of(inventory: HostInventory) -> list[str]:
    """All types on the bus; each of them has one parent here."""
    return [t.id for parent in inventory.parents for t in parent.types or ()]


def parent_of(inventory: HostInventory, type_id: str) -> ParentDevice:
    """The parent that offers a type."""
    return next(parent for parent in inventory.parents if parent.find(type_id))


def figure(inventory: HostInventory, type_id: str) -> int:
    """The figure of a type on its parent."""
    found = parent_of(inventory, type_id).find(type_id)
    assert found
    assert found.available is not None
    return found.available
