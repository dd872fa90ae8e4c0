"""Parents whose types all draw on one stock: what is left of each type after a creation, at least.

`available_instances` is what is left of the stock divided by the type's size, rounded down; neither is told.
But from what is told a lower bound of the stock follows, and it never gets higher than the truth:

- Where descriptions tell sizes (GVT-g's three pools, mbochs' video memory), each pool holds at least the
  largest `figure x size` over the types.
- Elsewhere the stock is taken as 1 and the size of a type as 1/figure. The true figure before rounding is
  x >= figure. A creation of T leaves x - x/y of it, y being T's own before rounding: as y >= T's figure,
  that is at least figure x (1 - 1/T's figure).

Measured on the kernel's own mtty, mdpy and mbochs, the bound is what the kernel shows, but for one instance
at most, where the figures before were rounded. It is kept in fractions from one creation to the next, so
that rounding does not add up.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from mdev_inventory.descriptions import Fields, parse
from mdev_inventory.model import MdevType, ParentDevice

POOLED = frozenset({"i915", "idxd", "mtty", "mdpy", "mbochs"})
"""Drivers, as type ids begin with them, whose types are known to live side by side."""


class Stock(NamedTuple):
    """A lower bound of what is left in each pool, and what an instance takes out of each."""

    left: tuple[Fraction, ...]
    sizes: dict[str, tuple[Fraction, ...]]
    """By type id; a type of unknown size is not in it, and nothing of it is left."""

    def without(self, type_id: str) -> "Stock":
        """The stock after a creation of that type."""
        size = self.sizes.get(type_id, self.left)
        return self._replace(left=tuple(left - taken for left, taken in zip(self.left, size, strict=True)))

    def figure(self, type_id: str) -> int:
        """How often the type fits at least; 0 for one of unknown size."""
        sizes = self.sizes.get(type_id, ())
        return max(0, min((left // size for left, size in zip(self.left, sizes, strict=False)), default=0))


class PooledParent(ParentDevice):
    """A parent after a creation, with the stock that its figures were rounded down from."""

    stock: Stock | None = None


fields = lru_cache(maxsize=4096)(parse)
"""`descriptions.parse`, once per text: a site has a few hundred of them, a decision looks at thousands."""


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
    sizes = {t.id: _told_sizes(fields(t.description)) for t in types}
    if types and all(sizes.values()) and len({len(size) for size in sizes.values()}) == 1:
        return Stock(_at_least(types, sizes), sizes)
    return Stock((Fraction(1),), {t.id: (Fraction(1, t.available),) for t in types if (t.available or 0) > 0})


def _told_sizes(told: Fields) -> tuple[Fraction, ...]:
    """What an instance takes out of each pool, by its description; empty where that does not tell."""
    for sizes in ((told.low_gm_mb, told.high_gm_mb, told.fence), (told.memory_mb,)):
        if all(sizes):
            return tuple(Fraction(size or 0) for size in sizes)
    return ()


def _at_least(types: Iterable[MdevType], sizes: dict[str, tuple[Fraction, ...]]) -> tuple[Fraction, ...]:
    shares = [[(t.available or 0) * size for size in sizes[t.id]] for t in types]
    return tuple(max(column) for column in zip(*shares, strict=True))
