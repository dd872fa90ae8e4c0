"""Where a host would put what a VM asks for, or why it would not: the allocator replayed on the model.

One instance after the other, each on the state that the one before has left (`cards.py`), greedily and in
the request's order, as the host does it (`walk.py`): a later instance that finds no place ends the start,
though another order would have fitted.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from mdev_inventory.model import HostInventory, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.figures import shown
from scheduler_plugins.allocator.model import HostView, Slot, once
from scheduler_plugins.allocator.refusals import Refusal, refusal
from scheduler_plugins.allocator.replay import replayed
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.allocator.virtual_functions import card_key, card_of, is_function
from scheduler_plugins.allocator.walk import AllocatorDiesError, by_name, first_fit, suits


@dataclass(frozen=True)
class Placement:
    """Where each requested instance lands, in the request's order."""

    slots: tuple[Slot, ...]
    before: HostInventory
    """The inventory that was decided on."""
    source: Source = field(default=Source.HOOK, compare=False)
    separate: bool = field(default=False, compare=False)

    @cached_property
    def steps(self) -> tuple[tuple[HostInventory, Slot], ...]:
        """Each slot with the inventory that its creation meets."""
        state, steps = self.before, []
        for slot in self.slots:
            steps.append((state, slot))
            state = self._next(state, slot) if len(steps) < len(self.slots) else state
        return tuple(steps)

    @cached_property
    def after(self) -> HostInventory:
        """The inventory once all instances were created; worked out when it is first asked for.

        A further placement on it takes into account what the host may have done otherwise (`replay.py`).
        """
        return self._next(*self.steps[-1]) if self.slots else self.before

    def _next(self, state: HostInventory, slot: Slot) -> HostInventory:
        parent = next(p for p in state.parents if p.address == slot.parent)
        return replayed(state, self.source, self.separate, parent, slot.type)


@once
def place_on(view: HostView, request: Request) -> Placement | Refusal:
    """`place` on a host that was seen."""
    seen = view.observation
    if seen is None:
        raise ValueError(f"host {view.name} was never seen")
    return place(seen.inventory, seen.source, request, view.separate)


def place(inventory: HostInventory, source: Source, request: Request, separate: bool) -> Placement | Refusal:
    """Where the host's allocator would put the request, or why it would refuse.

    `separate` is the host's setting. `source` tells what the inventory can know; `walk.py` has what is assumed
    where it cannot.
    """
    separate = separate and not request.compact
    state, slots, taken = inventory, list[Slot](), None
    for type_id in request.types:
        try:
            if taken is not None:
                state = replayed(state, source, separate, taken, slots[-1].type)
            taken = first_fit(state, source, type_id, separate)
        except AllocatorDiesError as error:
            return refusal(state, request, slots, str(error))
        if taken is None:
            return refusal(state, request, slots, "")
        slots.append(Slot(taken.address, type_id))
    return Placement(tuple(slots), inventory, source, separate)


def free_instances(inventory: HostInventory, source: Source, type_id: str, separate: bool) -> int:
    """How many instances of the type the host would create one after the other: `place` until it refuses.

    One visit to each parent per walk is enough, and no creation need be replayed.

    An instance keeps nothing of its own type off its parent, and takes nothing from other cards. Only
    functions share a card with others: that takes a number of the type, wherever they lie.
    """
    room, taken = dict[str, int](), Counter[str]()
    try:
        for spread in (True, False) if separate else (False,):
            for parent in by_name(inventory):
                if not suits(parent, source, type_id, spread):
                    continue
                key, most = card_key(parent), 1 if spread else shown(parent, type_id) - taken[parent.address]
                left = room[key] if key in room else _room(inventory, parent, type_id)
                count = min(most, left)
                room[key] = left - count
                taken[parent.address] += count
    except AllocatorDiesError:
        pass
    return taken.total()


def _room(inventory: HostInventory, parent: ParentDevice, type_id: str) -> int:
    """How many of the type the parent's card takes, whatever its parents show."""
    wanted = parent.find(type_id)
    if wanted is None or not is_function(parent):
        return shown(parent, type_id)
    return card_of(inventory, parent).room(wanted)
