"""MdevConsolidate: cards in use are joined, empty ones stay empty.

For the types and the large requests that need a whole card. Judged is the card that the host's own
allocator would take: the policy chooses the host, the host chooses the card. On a card in use the weight is
the share of its places for this type that stay free after the start, 0 to 499: 0 takes the last place. A
start that opens an empty card weighs 999. What is not known to be in use counts as empty.

`mean.py` has what is common to this and MdevSpread (`spread.py`), the opposite: a policy wants one of the two.
`fragmentation.py` has what this unit goes by, and more.
"""

from scheduler_plugins.allocator.cards import Occupancy
from scheduler_plugins.units.mean import CardWeight
from scheduler_plugins.units.scores import consolidate


class MdevConsolidate(CardWeight):
    """Prefers the fullest card that still fits: empty cards stay empty."""

    name = "MdevConsolidate"
    description = "Prefers hosts where the VM's vGPU joins the fullest card, empty cards stay empty"

    def card(self, card: Occupancy) -> int:
        """The share of its places that stay free; an empty card last."""
        return consolidate(card.alive or 0, card.free)
