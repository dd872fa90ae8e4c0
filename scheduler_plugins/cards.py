"""What one creation does to the rest of its card, and how full a card is.

A card is what really holds the resources: a parent alone, or all virtual functions of one physical
function. After a creation the figures of the model are at most those that the kernel will show:

- NVIDIA, time-sliced: the type and those of the same framebuffer fall by one, other sizes to 0.
- SR-IOV: the function holds one instance and shows 0. On its siblings other sizes fall to 0, and types
  of the same size too once the card holds their `max_instance`; without a description a card counts as 1.
  Where the figures show different sizes beside a living instance (mixed-size mode), and for MIG-backed
  types, nothing tells what is left: the rest of the card counts as 0 until the next inventory.
- Types that draw on one stock (GVT-g, the kernel's samples): see `pools.py`.
- Any other device: the type falls by one, the others to 0, because some devices allow one type at a time.

Unknown figures stay unknown. Nothing here raises any figure.
"""

import re
from collections.abc import Iterable
from operator import is_
from typing import NamedTuple

from mdev_inventory.model import NVIDIA, HostInventory, MdevType, ParentDevice
from scheduler_plugins.pools import PooledParent, fields, lives_side_by_side, stock_of

PLANNED = "planned"
"""Stands among the instances for one that only the replay has created."""

# "GRID A100-1-5C" is one slice with 5 GB, "GRID T4-1B4" is none.
_MIG_BACKED = re.compile(r"-\d+-\d+[A-Z]+$")


class Occupancy(NamedTuple):
    """How full a card is, seen by one type."""

    alive: int | None
    """Instances on the card, of any type; None where the source cannot tell."""
    free: int
    """How many more instances of the type the card takes."""


def after_creation(inventory: HostInventory, parent_address: str, type_id: str) -> HostInventory:
    """The inventory as it would read once an instance of the type was created on the parent.

    Raises LookupError where the inventory has no such parent or type.
    """
    parent, created = _find(inventory, parent_address, type_id)
    changed = {p.address: p for p in _card_after(inventory, parent, created)}
    return inventory._replace(parents=tuple(changed.get(p.address, p) for p in inventory.parents))


def occupancy(inventory: HostInventory, parent_address: str, type_id: str) -> Occupancy:
    """How full the card of that parent is; raises LookupError like `after_creation`."""
    parent, wanted = _find(inventory, parent_address, type_id)
    card = _card(inventory, parent) if is_function(parent) else []
    if parent.physfn is None and len(card) <= 1:  # a GPU that is nearly full only looks like a function
        return Occupancy(_alive(parent, wanted), shown(parent, type_id))
    alive = _alive_on_functions(card)
    showing = sum(shown(p, type_id) > 0 for p in card)
    left = (
        1 if _tells_nothing(card, wanted, alive) else (fields(wanted.description).max_instance or 1) - alive
    )
    return Occupancy(alive, min(showing, max(1, left)))


def shown(parent: ParentDevice, type_id: str) -> int:
    """The parent's figure for a type; 0 where it is unknown, and where the parent does not offer the type."""
    found = parent.find(type_id)
    return max(0, found.available or 0) if found else 0


def is_function(parent: ParentDevice) -> bool:
    """Whether the parent is a virtual function: by its link, or for want of that, by its figures."""
    return parent.physfn is not None or _looks_like_function(parent)


def is_nvidia(parent: ParentDevice) -> bool:
    """Whether the parent is NVIDIA's: by its vendor, or where the source does not tell it, by its types."""
    if parent.vendor is None:
        return any(t.id.startswith("nvidia-") for t in parent.types or ())
    return parent.vendor == NVIDIA


def same_size(one: MdevType, other: MdevType) -> bool:
    """Whether two types are known to take the same framebuffer, as all do that share an NVIDIA GPU."""
    size = fields(one.description).framebuffer_mb
    return one.id == other.id or (size is not None and size == fields(other.description).framebuffer_mb)


def _find(inventory: HostInventory, address: str, type_id: str) -> tuple[ParentDevice, MdevType]:
    for parent in inventory.parents:
        found = parent.find(type_id) if parent.address == address else None
        if found is not None:
            return parent, found
    raise LookupError(f"the inventory has no type {type_id} on {address}")


def _card_after(inventory: HostInventory, parent: ParentDevice, created: MdevType) -> Iterable[ParentDevice]:
    if is_function(parent):
        return _functions_after(_card(inventory, parent), parent, created)
    if is_nvidia(parent):
        return [_time_sliced_after(parent, created)]
    if lives_side_by_side(parent):
        return [_pooled_after(parent, created)]
    return [_with_figures(parent, created, {created.id: _one_less(created)})]


def _time_sliced_after(parent: ParentDevice, created: MdevType) -> ParentDevice:
    figures = {t.id: _one_less(t) for t in parent.types or () if same_size(t, created)}
    return _with_figures(parent, created, figures)


def _pooled_after(parent: ParentDevice, created: MdevType) -> ParentDevice:
    stock = stock_of(parent).without(created.id)
    figures = {t.id: stock.figure(t.id) for t in parent.types or ()}
    figures[created.id] = min(figures[created.id], _one_less(created))
    after = PooledParent(*_with_figures(parent, created, figures))
    after.stock = stock
    return after


def _functions_after(
    card: list[ParentDevice], parent: ParentDevice, created: MdevType
) -> Iterable[ParentDevice]:
    alive = _alive_on_functions(card)
    closed = _tells_nothing(card, created, alive)
    for function in card:
        if function is parent:
            yield _with_figures(function, created, {})
        else:
            yield _limited(function, {} if closed else _still_fitting(function, created, alive + 1))


def _still_fitting(function: ParentDevice, created: MdevType, alive: int) -> dict[str, int]:
    """The figures that a sibling keeps beside `alive` instances of that size on the card."""
    return {
        t.id: t.available
        for t in function.types or ()
        if t.available and same_size(t, created) and alive < (fields(t.description).max_instance or 1)
    }


def _tells_nothing(card: list[ParentDevice], wanted: MdevType, alive: int) -> bool:
    """Whether the card's figures do not tell what a creation will leave: MIG-backed, or of mixed sizes."""
    return bool(_MIG_BACKED.search(wanted.name)) or (alive > 0 and _mixes_sizes(card))


def _mixes_sizes(card: list[ParentDevice]) -> bool:
    """Whether sizes that live or can be created on the card differ."""
    sizes = {
        fields(t.description).framebuffer_mb
        for p in card
        for t in p.types or ()
        if t.instances or (t.available or 0) > 0
    }
    return len(sizes) > 1


def _card(inventory: HostInventory, parent: ParentDevice) -> list[ParentDevice]:
    key = _card_key(parent)
    return [p for p in inventory.parents if is_function(p) and _card_key(p) == key]


def _card_key(function: ParentDevice) -> str:
    """The physical function's address; else the bus, which no two cards share."""
    return function.physfn or function.address.rpartition(":")[0]


def _looks_like_function(parent: ParentDevice) -> bool:
    """An NVIDIA parent of a source that shows neither instances nor the link: no figure is above 1.

    A card of its own that is nearly full reads the same, and comes to no harm by it.
    """
    types = parent.types or ()
    return (
        any(t.instances is None for t in types)
        and is_nvidia(parent)
        and all(t.available is None or t.available <= 1 for t in types)
    )


def _alive_on_functions(card: list[ParentDevice]) -> int:
    return sum(_alive_on_function(p) for p in card)


def _alive_on_function(function: ParentDevice) -> int:
    """Instances on a function; where they are unknown, one that shows nothing free counts as taken."""
    types = function.types or ()
    if any(t.instances is None for t in types):
        return 0 if any((t.available or 0) > 0 for t in types) else 1
    return sum(len(t.instances or ()) for t in types)


def _alive(parent: ParentDevice, wanted: MdevType) -> int | None:
    """Instances on a parent alone; where they are unknown, what NVIDIA's figure lacks of its maximum."""
    types = parent.types or ()
    if all(t.instances is not None for t in types):
        return sum(len(t.instances or ()) for t in types)
    most = fields(wanted.description).max_instance
    return None if most is None or wanted.available is None else max(0, most - wanted.available)


def _one_less(mdev_type: MdevType) -> int:
    return max(0, (mdev_type.available or 0) - 1)


def _with_figures(parent: ParentDevice, created: MdevType, figures: dict[str, int]) -> ParentDevice:
    """The parent with one instance more of `created`, and at most these figures, 0 for types not named."""
    limited = _limited(parent, figures)
    grown = created._replace(instances=(*(created.instances or ()), PLANNED))
    types = (t._replace(instances=grown.instances) if t.id == created.id else t for t in limited.types or ())
    return limited._replace(types=tuple(types))


def _limited(parent: ParentDevice, figures: dict[str, int]) -> ParentDevice:
    """The parent with at most these figures, 0 for types not named; unknown ones stay unknown."""
    before = parent.types or ()
    after = tuple(_at_most(t, figures.get(t.id, 0)) for t in before)
    return parent if all(map(is_, before, after)) else parent._replace(types=after)


def _at_most(mdev_type: MdevType, figure: int) -> MdevType:
    if mdev_type.available is None or mdev_type.available <= figure:
        return mdev_type
    return mdev_type._replace(available=figure)
