"""MdevSpread: as few neighbours as possible, as those who share a GPU share its time.

Judged is the card that the host's own allocator would take: the policy chooses the host, the host chooses the
card. The weight is 10 for every instance that lives on that card already, 990 at most; 999 where the source
cannot tell.

`mean.py` has what is common to this and MdevConsolidate (`consolidate.py`), the opposite: a policy wants one of
the two.
"""

from scheduler_plugins.allocator.cards import Occupancy
from scheduler_plugins.units.mean import CardWeight
from scheduler_plugins.units.scores import spread

UNKNOWN_NEIGHBOURS = 999


class MdevSpread(CardWeight):
    """Prefers the emptiest card: fewest neighbours."""

    name = "MdevSpread"
    description = "Prefers hosts where the VM's vGPU shares its card with the fewest others"

    def card(self, card: Occupancy) -> int:
        """Its neighbours."""
        return UNKNOWN_NEIGHBOURS if card.alive is None else spread(card.alive)
