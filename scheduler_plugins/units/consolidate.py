"""MdevConsolidate and MdevSpread: which of the hosts that fit is best.

Both judge the card that the host's own allocator would take: the policy chooses the host, the host chooses
the card. Weights are whole numbers, lower is better; 1000 is for a host that would refuse or of which nothing
is known, and every host weighs 0 for a VM without a request. A request of several instances weighs their
mean, each judged on what the one before has left. Neither has parameters.

**MdevConsolidate** joins cards in use and leaves empty ones empty, for the types and the large requests that
need a whole card. On a card in use the weight is the share of its places for this type that stay free after
the start, 0 to 499: 0 takes the last place. A start that opens an empty card weighs 999. What is not known
to be in use counts as empty.

**MdevSpread** gives each VM as few neighbours as possible, as those who share a GPU share its time: 10 for
every instance that lives on the card already, 990 at most; 999 where the source cannot tell.

A policy wants one of the two: they are each other's opposite. `fragmentation.py` has what MdevConsolidate
goes by, and more.
"""

from collections.abc import Callable, Hashable

from scheduler_plugins.allocator.cards import Occupancy
from scheduler_plugins.allocator.footprint import footprint
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.units.context import Context
from scheduler_plugins.units.parameters import Parameter
from scheduler_plugins.units.scores import consolidate, spread

WORST = 1000
"""Refused or unknown."""
UNKNOWN_NEIGHBOURS = 999
ALONE = Context()
"""For who knows nothing beside the request and the host."""


class MdevConsolidate:
    """Prefers the fullest card that still fits: empty cards stay empty."""

    name = "MdevConsolidate"
    description = "Prefers hosts where the VM's vGPU joins the fullest card, empty cards stay empty"
    parameters: tuple[Parameter, ...] = ()
    with_request = True
    properties = ""

    def cache_key(self, context: Context) -> Hashable:
        """Nothing: request and host tell all."""
        del context
        return None

    def weigh(self, request: Request, host: HostView, context: Context = ALONE) -> int:
        """The host's weight, 0 the best; the context tells nothing that counts."""
        del context
        return _mean(request, host, _left_free)


class MdevSpread:
    """Prefers the emptiest card: fewest neighbours."""

    name = "MdevSpread"
    description = "Prefers hosts where the VM's vGPU shares its card with the fewest others"
    parameters: tuple[Parameter, ...] = ()
    with_request = True
    properties = ""

    def cache_key(self, context: Context) -> Hashable:
        """Nothing: request and host tell all."""
        del context
        return None

    def weigh(self, request: Request, host: HostView, context: Context = ALONE) -> int:
        """The host's weight, 0 the best; the context tells nothing that counts."""
        del context
        return _mean(request, host, _neighbours)


def _left_free(card: Occupancy) -> int:
    return consolidate(card.alive or 0, card.free)


def _neighbours(card: Occupancy) -> int:
    return UNKNOWN_NEIGHBOURS if card.alive is None else spread(card.alive)


def _mean(request: Request, host: HostView, weight: Callable[[Occupancy], int]) -> int:
    """The mean weight of the cards that the host would take, each as its creation meets it."""
    if not request:
        return 0
    taken = footprint(host, request)
    if taken is None:
        return WORST
    return sum(map(weight, taken.met)) // len(taken.met)
