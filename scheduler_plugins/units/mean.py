"""The weight of a request of several instances: the mean over the cards that the host would take."""

from collections.abc import Callable

from scheduler_plugins.allocator.cards import Occupancy
from scheduler_plugins.allocator.footprint import footprint
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.units.context import WORST


def mean_weight(request: Request, host: HostView, weight: Callable[[Occupancy], int]) -> int:
    """The mean over the cards, each as its creation meets it; `WORST` where the host would refuse."""
    if not request:
        return 0
    taken = footprint(host, request)
    if taken is None:
        return WORST
    return sum(map(weight, taken.occupancies)) // len(taken.occupancies)
