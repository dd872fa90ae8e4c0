"""MdevSpread: as few neighbours as possible, as those who share a GPU share its time.

Judged is the card that the host's own allocator would take: the policy chooses the host, the host chooses the
card. The weight is 10 for every instance that lives on that card already, 990 at most; 999 where the source
cannot tell.

Weights are whole numbers, lower is better; 1000 is for a host that would refuse or of which nothing is known,
and every host weighs 0 for a VM without a request. A request of several instances weighs their mean, each
judged on what the one before has left. No parameters.

MdevConsolidate (`consolidate.py`) is the opposite: a policy wants one of the two.
"""

from collections.abc import Hashable

from scheduler_plugins.allocator.cards import Occupancy
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.units.context import ALONE, Context
from scheduler_plugins.units.mean import mean_weight
from scheduler_plugins.units.parameters import Parameter
from scheduler_plugins.units.scores import spread

UNKNOWN_NEIGHBOURS = 999


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
        return mean_weight(request, host, _neighbours)


def _neighbours(card: Occupancy) -> int:
    return UNKNOWN_NEIGHBOURS if card.alive is None else spread(card.alive)
