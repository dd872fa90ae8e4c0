"""A large mapping that changes one value at a time, and is never changed where somebody may be reading it."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import TypeVar

V = TypeVar("V")

NEWER_AT_MOST = 256
"""So many values lie above the others before all are copied: a copy of ten thousand takes a quarter of a
millisecond, much of it for memory that the processor has not seen yet."""


class Layered(Mapping[str, V]):
    """A mapping, and above it what is newer; looking up is cheap, going through all makes one of both."""

    __slots__ = ("_base", "_newer")

    def __init__(self, base: Mapping[str, V], newer: Mapping[str, V] | None = None) -> None:
        """Neither is changed by anybody from now on."""
        self._base, self._newer = base, newer or {}

    @property
    def newer(self) -> int:
        """How many values lie above the others."""
        return len(self._newer)

    def with_(self, key: str, value: V) -> "Layered[V]":
        """The mapping with that value."""
        newer = {**self._newer, key: value}
        if len(newer) <= NEWER_AT_MOST:
            return Layered(self._base, newer)
        return Layered({**self._base, **newer})

    def __getitem__(self, key: str) -> V:
        """The newest value."""
        return self._newer[key] if key in self._newer else self._base[key]

    def __contains__(self, key: object) -> bool:
        """Whether there is one."""
        return key in self._newer or key in self._base

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self._base) + sum(key not in self._base for key in self._newer)

    def __iter__(self) -> Iterator[str]:
        """The keys."""
        return iter(self._whole())

    def keys(self) -> KeysView[str]:
        """The keys, of this moment."""
        return self._whole().keys()

    def values(self) -> ValuesView[V]:
        """The newest value of each."""
        return self._whole().values()

    def items(self) -> ItemsView[str, V]:
        """Both."""
        return self._whole().items()

    def _whole(self) -> dict[str, V]:
        return {**self._base, **self._newer}
