"""Devices of drivers that nobody knows: rules that the kernel's ABI allows and the figures do not tell."""

from collections.abc import Sequence

from simulation.kernel.card import Card, SysfsDevice
from simulation.kernel.profiles import TypeProfile

EXHAUSTED = 28
"""ENOSPC."""


class OneTypeAtATime(Card):
    """While a type lives, all others show 0; each has a maximum of its own."""

    def __init__(self, device: SysfsDevice, most: Sequence[int]) -> None:
        """`most` instances of each type."""
        super().__init__([device], [device.address], _types(most), EXHAUSTED)

    def figure(self, parent: str, type_id: str) -> int:
        """What is left of the living type; of any where nothing lives."""
        if any(n and t != type_id for t, n in self.by_type.items()):
            return 0
        return (self.types[type_id].max_instance or 0) - self.by_type[type_id]


class Independent(Card):
    """Each type has a stock of its own."""

    def __init__(self, device: SysfsDevice, most: Sequence[int]) -> None:
        """`most` instances of each type."""
        super().__init__([device], [device.address], _types(most), EXHAUSTED)

    def figure(self, parent: str, type_id: str) -> int:
        """What is left of the type, whatever else lives."""
        return (self.types[type_id].max_instance or 0) - self.by_type[type_id]


class Shares(Card):
    """Types of odd sizes draw on two stocks at once; a type may need nothing of one of them."""

    def __init__(self, device: SysfsDevice, stocks: Sequence[int], costs: Sequence[Sequence[int]]) -> None:
        """What an instance of each type takes of each stock: something of one of them at least."""
        types = [_type(number, max(costs[number]), tuple(cost)) for number, cost in enumerate(costs)]
        super().__init__([device], [device.address], types, EXHAUSTED)
        self._stocks = tuple(stocks)

    def figure(self, parent: str, type_id: str) -> int:
        """How often the type fits into what is left of the scarcest stock that it needs."""
        return min(self._left(stock) // cost for stock, cost in enumerate(self.types[type_id].cost) if cost)

    def _left(self, stock: int) -> int:
        return self._stocks[stock] - sum(self.types[t].cost[stock] * n for t, n in self.by_type.items())


def _types(most: Sequence[int]) -> list[TypeProfile]:
    return [_type(number, count, ()) for number, count in enumerate(most)]


def _type(number: int, most: int, cost: tuple[int, ...]) -> TypeProfile:
    return TypeProfile(f"toy-{number + 1}", None, None, None, most, cost=cost)
