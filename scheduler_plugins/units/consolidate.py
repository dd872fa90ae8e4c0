"""MdevConsolidate: cards in use are joined, empty ones stay empty.

For the types and the large requests that need a whole card. Judged is the card that the host's own
allocator would take: the policy chooses the host, the host chooses the card. On a card in use the weight is
the share of its places for this type that stay free after the start, 0 to 499: 0 takes the last place. A
start that opens an empty card weighs 999. What is not known to be in use counts as empty.

Weights are whole numbers, lower is better; 1000 is for a host that would refuse or of which nothing is known,
and every host weighs 0 for a VM without a request. A request of several instances weighs their mean, each
judged on what the one before has left. No parameters.

MdevSpread (`spread.py`) is the opposite: a policy wants one of the two. `fragmentation.py` has what this unit
goes by, and more.
"""

from collections.abc import Hashable

from scheduler_plugins.allocator.cards import Occupancy
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.units.context import ALONE, Context
from scheduler_plugins.units.mean import mean_weight
from scheduler_plugins.units.parameters import Parameter
from scheduler_plugins.units.scores import consolidate


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
        return mean_weight(request, host, _left_free)


def _left_free(card: Occupancy) -> int:
    return consolidate(card.alive or 0, card.free)
