"""The walk by which a host's allocator looks for a parent, replayed on the model.

VDSM (`_suitable_device_for_mdev_type`) goes through the parents by name and takes the first that suits:

- it shows at least one instance of the type left;
- the one-type rule: if it is NVIDIA's, no other type has an instance there;
- with separate placement, this type has none there either; where no parent suits, VDSM walks a second time
  without this rule.

It dies where it *reaches* a parent that it cannot judge, although a later one would be free: one without a
readable `vendor`, without a list of types, with a wanted figure that is no number, with bytes that are no UTF-8
in the wanted type's files (VDSM of 4.4 and later reads them as text), or with an unreadable folder of instances
where it looks into that. Where the order of the directory decides whether it dies, it
counts as dead.

What the poorer sources cannot tell is assumed so: VDSM's and the engine's lists hold PCI parents only, so no
parent in between kills the walk; an unknown figure kills the walk as it would on the host. Instances are not
shown. Where the VMs there are known, a parent that another type may live on (`unseen.py`) is passed over, as
only what is certain is promised; where they are not, those alive are taken to be of the wanted type (then the
kernel's figure alone decides). For separate placement they are taken to be there where the figure is below the
type's maximum.
"""

from collections.abc import Iterator
from operator import attrgetter

from mdev_inventory.model import REPLACED, HostInventory, MdevType, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.figures import fields, is_nvidia
from scheduler_plugins.allocator.unseen import NO_VM


class AllocatorDiesError(Exception):
    """The walk ends in an exception; the text says at which parent and why."""


def first_fit(inventory: HostInventory, source: Source, type_id: str, separate: bool) -> ParentDevice | None:
    """The parent on which the host would create the next instance of that type; None where it finds none.

    Raises AllocatorDiesError.
    """
    parents = by_name(inventory)
    found = next((p for p in parents if suits(p, source, type_id, separate)), None)
    if found is None and separate:
        found = next((p for p in parents if suits(p, source, type_id, separate=False)), None)
    return found


def by_name(inventory: HostInventory) -> list[ParentDevice]:
    """The parents in the order in which the allocator visits them."""
    return sorted(inventory.parents, key=attrgetter("address"))


def holders(parent: ParentDevice, type_id: str) -> list[str]:
    """The types whose instances keep that type off the parent, by the one-type rule."""
    if not is_nvidia(parent):
        return []
    return [t.id for t in parent.types or () if t.instances and t.id != type_id]


def may_be_held_by(parent: ParentDevice, type_id: str) -> list[str]:
    """The types that may keep that type off the parent likewise, unseen."""
    return [found for found in parent.may_hold or () if found != type_id] if is_nvidia(parent) else []


def suits(parent: ParentDevice, source: Source, type_id: str, separate: bool) -> bool:
    """Whether the walk is certain to take this parent when it reaches it; raises AllocatorDiesError."""
    return may_suit(parent, source, type_id, separate) and not may_be_held_by(parent, type_id)


def may_suit(parent: ParentDevice, source: Source, type_id: str, separate: bool) -> bool:
    """Whether it takes this parent as far as instances are shown; raises AllocatorDiesError."""
    seen = source is Source.HOOK
    if seen and parent.vendor is None:
        raise AllocatorDiesError(f"it cannot read the vendor of {parent.address}")
    if parent.types is None:
        raise AllocatorDiesError(f"it cannot list the types of {parent.address}")
    alone = is_nvidia(parent)
    wanted, held = None, False
    # One pass: hosts of 64 functions with 22 types each are looked at by the hundred.
    for found in parent.types:
        if found.id == type_id:
            wanted = found
        elif alone and found.instances:
            held = True
        elif alone and seen and found.instances is None:
            raise AllocatorDiesError(f"it cannot list the instances of {found.id} on {parent.address}")
    if wanted is None or (separate and _holds(parent, wanted, seen)):
        return False
    return _figure(parent, wanted) >= 1 and not held


def may_take(inventory: HostInventory, source: Source, type_id: str, separate: bool) -> Iterator[ParentDevice]:
    """All parents of which the host may take one: up to the first, on its way, that it is certain to take."""
    for spread in (True, False) if separate else (False,):
        for parent in by_name(inventory):
            unsure = spread and _may_hold_its_own(parent, type_id)
            if may_suit(parent, source, type_id, spread and not unsure):
                yield parent
                if not unsure and suits(parent, source, type_id, spread):
                    return


def _may_hold_its_own(parent: ParentDevice, type_id: str) -> bool:
    """Whether it is not known if the parent holds an instance of the type."""
    found = parent.find(type_id)
    return bool(found and found.instances is None and parent.may_hold and {type_id, NO_VM} & {*parent.may_hold})


def _holds(parent: ParentDevice, wanted: MdevType, seen: bool) -> bool:
    """Whether the parent holds an instance of the wanted type."""
    if wanted.instances is not None:
        return bool(wanted.instances)
    if seen:
        raise AllocatorDiesError(f"it cannot list the instances of {wanted.id} on {parent.address}")
    most = fields(wanted.description).max_instance
    return parent.physfn is None and most is not None and _figure(parent, wanted) < most


def _figure(parent: ParentDevice, wanted: MdevType) -> int:
    """How many the parent shows, which VDSM reads together with the type's texts."""
    if REPLACED in wanted.name or REPLACED in wanted.description or REPLACED in wanted.device_api:
        raise AllocatorDiesError(f"{parent.address} has bytes that are no UTF-8 in the files of {wanted.id}")
    if wanted.available is None:
        raise AllocatorDiesError(f"{parent.address} has no readable figure for {wanted.id}")
    return wanted.available
