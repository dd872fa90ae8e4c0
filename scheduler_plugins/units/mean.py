"""Weights that judge the card that each instance would land on: the mean of these is the host's weight.

Weights are whole numbers, lower is better; 1000 is for a host that would refuse or of which nothing is known,
and every host weighs 0 for a VM without a request. Of several instances each is judged on what the one
before has left. No parameters.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable

from scheduler_plugins.allocator.cards import Occupancy
from scheduler_plugins.allocator.footprint import footprint
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.units.context import ALONE, WORST, Context
from scheduler_plugins.units.parameters import Parameter


class CardWeight(ABC):
    """A weight without parameters, for VMs that ask for mediated devices: request and host tell all."""

    parameters: tuple[Parameter, ...] = ()
    with_request = True
    properties = ""

    @abstractmethod
    def card(self, card: Occupancy) -> int:
        """The weight of a card, 0 the best, as its creation meets it."""

    def cache_key(self, context: Context) -> Hashable:
        """Nothing of the context counts."""
        del context
        return None

    def weigh(self, request: Request, host: HostView, context: Context = ALONE) -> int:
        """The host's weight, 0 the best; `WORST` where it would refuse."""
        del context
        taken = footprint(host, request) if request else None
        if taken is None:
            return WORST if request else 0
        return sum(map(self.card, taken.occupancies)) // len(taken.occupancies)
