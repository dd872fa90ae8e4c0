"""What one creation does to the rest of its card, and how full a card is.

A card is what really holds the resources: a parent alone, or all virtual functions of one physical
function. After a creation the figures of the model are at most those that the kernel will show:

- NVIDIA, time-sliced: the type and those of the same framebuffer fall by one, other sizes to 0.
- SR-IOV: see `virtual_functions.py`.
- Types that draw on one stock (GVT-g, the kernel's samples): see `pools.py`.
- Any other device: the type falls by one, the others to 0, because some devices allow one type at a time.

Where that is less than the kernel may show, `most_after_creation` has a bound for the other side.
Unknown figures stay unknown. Nothing here raises any figure.
"""

from collections.abc import Iterable
from typing import NamedTuple

from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from scheduler_plugins.allocator.figures import fields, is_nvidia, limited, one_less, same_size, shown, with_instance
from scheduler_plugins.allocator.pools import PooledParent, lives_side_by_side, stock_of
from scheduler_plugins.allocator.virtual_functions import Card, card_of, is_function


class Occupancy(NamedTuple):
    """How full a card is, seen by one type."""

    alive: int | None
    """Instances on the card, of any type; None where the source cannot tell."""
    free: int
    """How many more instances of the type the card takes."""


def after_creation(inventory: HostInventory, parent_address: str, type_id: str) -> HostInventory:
    """The inventory as it would read at least once an instance of the type was created on the parent.

    Raises LookupError where the inventory has no such parent or type.
    """
    parent, created = _find(inventory, parent_address, type_id)
    if is_function(parent):
        return _with(inventory, card_of(inventory, parent).after(parent, created))
    if is_nvidia(parent):
        return _with(inventory, [_time_sliced_after(parent, created)])
    if lives_side_by_side(parent):
        return _with(inventory, [_pooled_after(parent, created)])
    return _with(inventory, [with_instance(parent, created, {created.id: one_less(created)})])


def most_after_creation(inventory: HostInventory, parent_address: str, type_id: str) -> HostInventory:
    """The inventory as it would read at most; raises LookupError like `after_creation`.

    Where the figures do not tell, not even the type itself need fall: queues that are shared do not.
    """
    if is_exact(inventory, parent_address, type_id):
        return after_creation(inventory, parent_address, type_id)
    parent, created = _find(inventory, parent_address, type_id)
    left = {} if is_function(parent) else {t.id: t.available or 0 for t in parent.types or ()}
    return _with(inventory, [with_instance(parent, created, left)])


def is_exact(inventory: HostInventory, parent_address: str, type_id: str) -> bool:
    """Whether the kernel will show just what `after_creation` has; raises LookupError like it."""
    parent, created = _find(inventory, parent_address, type_id)
    if is_function(parent):
        return card_of(inventory, parent).exact(created)
    return is_nvidia(parent) or (lives_side_by_side(parent) and stock_of(parent).exact)


def closed(inventory: HostInventory, parent_address: str) -> HostInventory:
    """The inventory with nothing left on the card of that parent."""
    parent = next(p for p in inventory.parents if p.address == parent_address)
    card = card_of(inventory, parent).functions if is_function(parent) else (parent,)
    return _with(inventory, [limited(p, {}) for p in card])


def occupancy(inventory: HostInventory, parent_address: str, type_id: str) -> Occupancy:
    """How full the card of that parent is; raises LookupError like `after_creation`."""
    parent, wanted = _find(inventory, parent_address, type_id)
    card = card_of(inventory, parent)
    return fullness(card if is_function(parent) or len(card.functions) > 1 else Card((parent,)), wanted)


def fullness(card: Card, wanted: MdevType) -> Occupancy:
    """How full a card is for a type that it offers; of one that is a parent alone, that parent is all."""
    parent = card.functions[0]
    # A GPU that is nearly full only looks like a function.
    if parent.physfn is None and len(card.functions) == 1:
        return Occupancy(_alive(parent, wanted), shown(parent, wanted.id))
    showing = sum(shown(p, wanted.id) > 0 for p in card.functions)
    return Occupancy(card.alive, min(showing, card.room(wanted)))


def _find(inventory: HostInventory, address: str, type_id: str) -> tuple[ParentDevice, MdevType]:
    for parent in inventory.parents:
        found = parent.find(type_id) if parent.address == address else None
        if found is not None:
            return parent, found
    raise LookupError(f"the inventory has no type {type_id} on {address}")


def _with(inventory: HostInventory, parents: Iterable[ParentDevice]) -> HostInventory:
    """The inventory with these parents in the place of those of the same name."""
    changed = {p.address: p for p in parents}
    return inventory._replace(parents=tuple(changed.get(p.address, p) for p in inventory.parents))


def _time_sliced_after(parent: ParentDevice, created: MdevType) -> ParentDevice:
    figures = {t.id: one_less(t) for t in parent.types or () if same_size(t, created)}
    return with_instance(parent, created, figures)


def _pooled_after(parent: ParentDevice, created: MdevType) -> ParentDevice:
    stock = stock_of(parent).without(created.id)
    figures = {t.id: stock.figure(t.id) for t in parent.types or ()}
    figures[created.id] = min(figures[created.id], one_less(created))
    after = PooledParent(*with_instance(parent, created, figures))
    after.stock = stock
    return after


def _alive(parent: ParentDevice, wanted: MdevType) -> int | None:
    """Instances on a parent alone; where they are unknown, what NVIDIA's figure lacks of its maximum."""
    types = parent.types or ()
    if all(t.instances is not None for t in types):
        return sum(len(t.instances or ()) for t in types)
    most = fields(wanted.description).max_instance
    return None if most is None or wanted.available is None else max(0, most - wanted.available)
