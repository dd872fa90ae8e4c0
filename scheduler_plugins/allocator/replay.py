"""Several creations one after the other, where the figures do not tell exactly what each leaves.

The replay follows two inventories. The lower one shows at most what the kernel will show: where it has room,
the host finds room. The upper one shows at least that: where only the upper one has room on the walk's way,
the host may take a parent that the replay passes over, and the instance is there and not here. From then on
neither place can be counted on: the card passed over counts as full, and what the instance takes off its
own card is not taken off the upper inventory. So whatever the kernel does, the host has a place for every
instance for which the replay has one.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import takewhile

from mdev_inventory.model import HostInventory, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.cards import after_creation, closed, is_exact, most_after_creation
from scheduler_plugins.allocator.virtual_functions import card_key
from scheduler_plugins.allocator.walk import by_name, may_take, suits


class Replayed(HostInventory):
    """The lower inventory after planned creations, which knows the upper one."""

    before: HostInventory
    """The lower inventory before the last creation."""
    base: HostInventory
    """The upper one before it."""
    surely: tuple[str, str] | None
    """Parent and type of that creation; None where the host may have taken another parent."""

    @cached_property
    def upper(self) -> HostInventory:
        """What the host shows at most; worked out when it is first asked for."""
        if self.surely is None:
            return self.base
        if self.base is self.before and is_exact(self.before, *self.surely):
            return self
        return most_after_creation(self.base, *self.surely)


def replayed(
    inventory: HostInventory, source: Source, separate: bool, parent: ParentDevice, type_id: str
) -> HostInventory:
    """The inventory once the walk has taken that parent for an instance of the type."""
    upper = inventory.upper if isinstance(inventory, Replayed) else inventory
    lower = after_creation(inventory, parent.address, type_id)
    passed_over = list[ParentDevice]()
    if source is not Source.HOOK:
        others = may_take(upper, source, type_id, separate)
        passed_over = [p for p in others if card_key(p) != card_key(parent)]
    elif upper is not inventory:
        passed_over = list(_passed_over(upper, source, separate, parent, type_id))
    for other in passed_over:
        lower = closed(lower, other.address)
    after = Replayed(*lower)
    after.before, after.base = inventory, upper
    after.surely = None if passed_over else (parent.address, type_id)
    return after


def _passed_over(
    upper: HostInventory, source: Source, separate: bool, taken: ParentDevice, type_id: str
) -> Iterator[ParentDevice]:
    """The parents of other cards that the host may take where the replay takes that one."""
    before = list(takewhile(lambda p: p.address != taken.address, by_name(upper)))
    falls_back = separate and not suits(taken, source, type_id, separate=True)
    first = by_name(upper) if falls_back else before
    may = [p for p in first if suits(p, source, type_id, separate)]
    may += [p for p in before if falls_back and suits(p, source, type_id, separate=False)]
    yield from (p for p in may if card_key(p) != card_key(taken))
