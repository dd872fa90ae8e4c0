"""MdevReserve: hosts with free mdev cards are left to the VMs that need them.

For VMs that ask for no mediated device; a VM that asks for one weighs 0 everywhere. An ordinary VM takes CPU
and memory, and where those are gone, the host's GPUs are of no use to anybody. So hosts without cards come
first (0), then hosts whose cards are full (100), because there is nothing to lose there until a VM ends; then
the others, by how much of their cards is free: 100 + 899 x f/(f + 1), where f is the free part of the cards
added up. One whole free card weighs 549, two 699, eight 899. A host that never told what it has weighs 1000.

A card counts as free by its largest free share: all of it while it is empty, and where types exclude one
another, the share of the type that it holds now. Cards that hold nothing and offer nothing do not count.

Parameter, in the properties of the cluster's scheduling policy:

- `MdevReserveTypes` (a list of mdev types; default empty): only cards that offer one of these are worth
  keeping free, such as `nvidia-231,nvidia-234`; hosts without such a card count as hosts without cards.
  For clusters where every host has cards that nobody asks for, integrated graphics for example. Empty: all.
"""

from collections.abc import Hashable

from mdev_inventory.model import HostInventory
from scheduler_plugins.allocator.footprint import cards_of
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.units.context import ALONE, WORST, Context
from scheduler_plugins.units.parameters import RESERVED_TYPES, declared
from scheduler_plugins.units.scores import reserve


class MdevReserve:
    """Keeps VMs without a request off hosts with free mdev cards."""

    name = "MdevReserve"
    description = "Keeps hosts with free vGPUs for VMs that need them: others prefer hosts without"
    parameters = (RESERVED_TYPES,)
    properties = declared(*parameters)
    with_request = False

    def cache_key(self, context: Context) -> Hashable:
        """Which types make a host worth keeping."""
        return context.settings.reserved_types

    def weigh(self, request: Request, host: HostView, context: Context = ALONE) -> int:
        """The host's weight, 0 the best."""
        if request:
            return 0
        if host.observation is None:
            return WORST
        free = free_cards(host.observation.inventory, context.settings.reserved_types)
        return 0 if free is None else reserve(free)


def free_cards(inventory: HostInventory, types: frozenset[str]) -> float | None:
    """How much of the host's cards is free, in cards; None where it has none that count.

    Only cards that offer one of `types` do, all of them where there are none.
    """
    offered = {t.id for parent in inventory.parents for t in parent.types or ()}
    cards = list(cards_of(inventory, sorted(offered & types if types else offered)))
    return sum(1.0 - card.alive / card.places if card.places else 0.0 for card in cards) if cards else None
