"""Parents whose types all draw on one stock: what is left of each type after a creation, at least.

`available_instances` is what is left of the stock divided by the type's size, rounded down; neither is told.
But from what is told a lower bound of the stock follows, and it never gets higher than the truth:

- Where sizes are known, by descriptions (GVT-g's three pools, mbochs' video memory) or from the driver's
  source, each pool holds at least the largest `figure x size` over the types.
- Elsewhere the stock is taken as 1 and the size of a type as 1/figure. The true figure before rounding is
  x >= figure. A creation of T leaves x - x/y of it, y being T's own before rounding: as y >= T's figure,
  that is at least figure x (1 - 1/T's figure).

For the kernel's own mtty, mdpy and mbochs the bound is what the kernel shows. It is kept in fractions from
one creation to the next, so that rounding does not add up.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from mdev_inventory.model import MdevType, ParentDevice
from scheduler_plugins.allocator.figures import fields

POOLED = frozenset({"i915", "idxd", "mtty", "mdpy", "mbochs"})
"""Drivers, as type ids begin with them, whose types are known to live side by side."""

_PER_INSTANCE = {
    "mtty-1": (1,),
    "mtty-2": (2,),
    **dict.fromkeys(("mdpy-vga", "mdpy-xga", "mdpy-hd"), (1,)),
    # Dedicated queues and shared ones; a VM on a shared one counts as its only user, which it need not be.
    **{f"idxd-{kind}-1dwq-v1": (1, 0) for kind in ("dsa", "iax")},
    **{f"idxd-{kind}-1swq-v1": (0, 1) for kind in ("dsa", "iax")},
}
"""What an instance takes out of each pool of its driver, by the drivers' sources."""


class Stock(NamedTuple):
    """A lower bound of what is left in each pool, and what an instance takes out of each."""

    left: tuple[Fraction, ...]
    sizes: dict[str, tuple[Fraction, ...]]
    """By type id; a type of unknown size is not in it, and nothing of it is left."""
    exact: bool = False
    """Whether the bound is what the kernel will show: figures do not hide a part of the stock that counts."""

    def without(self, type_id: str) -> "Stock":
        """The stock after a creation of that type."""
        size = self.sizes.get(type_id, self.left)
        return self._replace(left=tuple(left - taken for left, taken in zip(self.left, size, strict=True)))

    def figure(self, type_id: str) -> int:
        """How often the type fits at least; 0 for one of unknown size."""
        sizes = self.sizes.get(type_id, ())
        fits = (left // size for left, size in zip(self.left, sizes, strict=False) if size)
        return max(0, min(fits, default=0))


class PooledParent(ParentDevice):
    """A parent after a creation, with the stock that its figures were rounded down from."""

    stock: Stock | None = None


def lives_side_by_side(parent: ParentDevice) -> bool:
    """Whether types of this parent are known to coexist: by its driver, or because they do so now.

    Of any other device we only know that some allow one type at a time.
    """
    types = parent.types or ()
    alive = {t.id for t in types if t.instances}
    return any(t.id.partition("-")[0] in POOLED for t in types) or any(
        alive - {t.id} for t in types if (t.available or 0) > 0
    )


def stock_of(parent: ParentDevice) -> Stock:
    """The stock of a parent: as carried over from the last creation, else as its figures tell."""
    if isinstance(parent, PooledParent) and parent.stock is not None:
        return parent.stock
    types = parent.types or ()
    sizes = {t.id: _known_sizes(t) for t in types}
    if types and all(sizes.values()) and len({len(size) for size in sizes.values()}) == 1:
        return Stock(_at_least(types, sizes), sizes, _hides_nothing(types, sizes))
    return Stock((Fraction(1),), {t.id: (Fraction(1, t.available),) for t in types if (t.available or 0) > 0})


def _known_sizes(mdev_type: MdevType) -> tuple[Fraction, ...]:
    """What an instance takes out of each pool; empty where nobody tells."""
    told = fields(mdev_type.description)
    for sizes in ((told.low_gm_mb, told.high_gm_mb, told.fence), (told.memory_mb,)):
        if None not in sizes and any(sizes):
            return tuple(Fraction(size or 0) for size in sizes)
    return tuple(Fraction(size) for size in _PER_INSTANCE.get(mdev_type.id, ()))


def _at_least(types: Iterable[MdevType], sizes: dict[str, tuple[Fraction, ...]]) -> tuple[Fraction, ...]:
    shares = [[(t.available or 0) * size for size in sizes[t.id]] for t in types]
    return tuple(max(column) for column in zip(*shares, strict=True))


def _hides_nothing(types: Iterable[MdevType], sizes: dict[str, tuple[Fraction, ...]]) -> bool:
    """Whether the pool is one, counted in a readable type's size, of which all others are multiples."""
    unit = min(sizes[t.id] for t in types)
    return (
        len(unit) == 1
        and all(size[0] % unit[0] == 0 for size in sizes.values())
        and any(t.available is not None and sizes[t.id] == unit for t in types)
    )
