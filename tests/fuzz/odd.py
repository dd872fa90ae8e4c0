"""Documents with something odd in them: bytes are read as orders for what to change, and where.

JSON made up byte by byte would mostly be no JSON at all; a document that is right but for a few members gets past
the first check, and a fuzzer that sees the coverage finds which members matter.
"""

import copy
from collections.abc import Iterator
from typing import Any

HUGE = 10**400
"""No float holds it."""
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**63, 10**30, HUGE, -HUGE, 0.5, 1e308, float("inf"), float("nan")),
    *("", " ", "0", "-1", "\x00", "\n", "\x1b[2J", "\u202e", "\udc80", "𐀀", "a" * 300, "nvidia-22", "true", "0x10de"),
    *("0000:3b:00.0", "../..", "c2177883-f1bb-47f0-914d-32a22e3a8804", "1e999", "٣", "<a>", "%00", "{}", "[]"),
    *([], {}, [[]], [None], {"": None}, {"id": {}}, [0] * 50, {str(n): n for n in range(50)}),
)
"""What stands in the place of something else."""


class Orders:
    """Bytes as numbers; zeros where they end."""

    def __init__(self, data: bytes) -> None:
        """All of it is read once."""
        self._data = iter(data)

    def below(self, count: int) -> int:
        """A number below `count`, which is 1 at least."""
        return (
            next(self._data, 0) % count if count <= 256 else (next(self._data, 0) * 256 + next(self._data, 0)) % count
        )

    def text(self) -> str:
        """A short text of any characters."""
        return "".join(chr(self.below(256) + 256 * self.below(2)) for _ in range(self.below(12)))

    def changes(self) -> Iterator[int]:
        """A number for each change, as long as there are bytes."""
        yield from self._data


def changed(document: Any, data: bytes) -> Any:
    """The document with the changes that these bytes order."""
    root, orders = [copy.deepcopy(document)], Orders(data)
    for what in orders.changes():
        _change(root, what, orders)
    return root[0]


def _change(root: list[Any], what: int, orders: Orders) -> None:
    holder, key = _place(root, orders)
    match what % 6:
        case 0 | 1:
            holder[key] = copy.deepcopy(ODD[orders.below(len(ODD))])
        case 2:
            holder[key] = orders.text()
        case 3 if isinstance(holder, dict):
            holder[orders.text()] = holder.pop(key)
        case 3 if holder is not root:
            holder.insert(key, copy.deepcopy(holder[key]))
        case 4 if holder is not root:
            del holder[key]
        case 5:
            holder[key] = [holder[key]]


def _place(root: list[Any], orders: Orders) -> tuple[Any, Any]:
    """A container and a key of it, somewhere below the root."""
    holder: Any = root
    key: Any = 0
    while isinstance(inner := holder[key], dict | list) and inner and orders.below(4):
        holder = inner
        keys = list(inner) if isinstance(inner, dict) else range(len(inner))
        key = keys[orders.below(len(keys))]
    return holder, key
