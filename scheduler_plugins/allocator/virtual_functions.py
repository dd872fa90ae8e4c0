"""Virtual functions (SR-IOV): parents of which each holds one instance, and which share one card.

A card holds at most `max_instance` of a type, whatever its functions add up to, and one framebuffer size at
a time. Where the figures show different sizes beside a living instance (mixed-size mode), nothing tells what
is left: where on the card a size may lie is known to the driver only. The same goes for types without a
description, and for those that are not time-sliced for certain. A MIG-backed type needs a GPU instance, made
beforehand: how many there are, and which other types live in the same one, neither name nor figures tell.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from scheduler_plugins.allocator.figures import fields, is_nvidia, limited, same_size, with_instance
from scheduler_plugins.allocator.vgpu_names import read

Types = Sequence[MdevType]


@dataclass(frozen=True)
class Card:
    """All virtual functions of one physical function."""

    functions: tuple[ParentDevice, ...]

    @cached_property
    def alive(self) -> int:
        """Instances on the card, at most one on each function."""
        shows = any(map(_shows_any, self._distinct.values()))
        alive = {key: _alive(types, shows) for key, types in self._distinct.items()}
        return sum([alive[id(p.types)] for p in self.functions])

    @cached_property
    def mixes_sizes(self) -> bool:
        """Whether sizes that live or can be created on the card differ."""
        sizes = {
            fields(t.description).framebuffer_mb
            for types in self._distinct.values()
            for t in types
            if t.instances or (t.available or 0) > 0
        }
        return len(sizes) > 1

    @cached_property
    def _distinct(self) -> dict[int, Types]:
        """The types that the functions show, each once: most functions of a card show the very same."""
        return {id(p.types): p.types or () for p in self.functions}

    def after(self, parent: ParentDevice, created: MdevType) -> Iterator[ParentDevice]:
        """The functions once `parent`, one of them, holds an instance of that type."""
        alive = self.alive
        tells = self.tells(created, alive)
        stays = cache(lambda wanted: _fits_beside(wanted, created, alive + 1))
        for function in self.functions:
            if function is parent:
                yield with_instance(function, created, {})
            else:
                yield limited(function, _left(function, stays) if tells else {})

    def tells(self, created: MdevType, alive: int) -> bool:
        """Whether the figures tell what a creation beside `alive` instances leaves."""
        if not is_time_sliced(created):
            return False
        known = fields(created.description).max_instance is not None
        return known and not (alive > 0 and self.mixes_sizes)

    def room(self, wanted: MdevType) -> int:
        """How many more of the type the card takes, where one function at least shows it."""
        most = fields(wanted.description).max_instance
        return 1 if most is None or not self.exact(wanted) else max(1, most - self.alive)

    def exact(self, created: MdevType) -> bool:
        """Whether what they tell is what the kernel will show."""
        return self.tells(created, self.alive)


def card_of(inventory: HostInventory, function: ParentDevice) -> Card:
    """The card that a virtual function belongs to; one without functions for any other parent."""
    key = card_key(function)
    return Card(tuple(p for p in inventory.parents if is_function(p) and card_key(p) == key))


def is_function(parent: ParentDevice) -> bool:
    """Whether the parent is a virtual function: by its link, or for want of that, by its figures."""
    return parent.physfn is not None or _looks_like_function(parent)


def card_key(parent: ParentDevice) -> str:
    """What the parents of one card have in common: its address, or where that is not known, their bus."""
    if not is_function(parent):
        return parent.address
    return parent.physfn or parent.address.rpartition(":")[0]


def _looks_like_function(parent: ParentDevice) -> bool:
    """An NVIDIA parent of a source that shows neither instances nor the link: no figure is above 1.

    A card of its own that is nearly full reads the same, and comes to no harm by it.
    """
    types = parent.types or ()
    nearly_full = all(t.available is None or t.available <= 1 for t in types)
    return nearly_full and _hides_instances(types) and is_nvidia(parent)


def listed_instances(types: Types) -> int:
    """How many instances the source lists on a parent of these types."""
    return sum([len(t.instances) for t in types if t.instances])


def _hides_instances(types: Types) -> bool:
    """Whether the instances of any are unknown."""
    return any(t.instances is None for t in types)


def _shows_any(types: Types) -> bool:
    """Whether any more can be created."""
    return any((t.available or 0) > 0 for t in types)


def _alive(types: Types, card_shows: bool) -> int:
    """Instances on a function: those that are listed, or one that is not.

    One that shows nothing while its card has room holds an instance that was removed while in use, which
    no listing has any more, or the source lists none at all.
    """
    hidden = card_shows or _hides_instances(types)
    return listed_instances(types) or int(hidden and not _shows_any(types))


def _left(function: ParentDevice, stays: Callable[[MdevType], bool]) -> dict[str, int]:
    """The figures that a sibling keeps: of the types that stay."""
    return {t.id: t.available for t in function.types or () if t.available and stays(t)}


def _fits_beside(wanted: MdevType, created: MdevType, alive: int) -> bool:
    """Whether the type fits beside `alive` instances on the card, the created one among them."""
    if not is_time_sliced(wanted):
        return False
    return same_size(wanted, created) and alive < (fields(wanted.description).max_instance or 0)


def is_time_sliced(mdev_type: MdevType) -> bool:
    """Whether the type shares the whole GPU in time, for certain: by NVIDIA's form of its name."""
    name = read(mdev_type.name)
    return name is not None and not name.mig
