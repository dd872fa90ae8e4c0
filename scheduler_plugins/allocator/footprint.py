"""What a placement does to a host's cards, in the bare figures that `scores.py` works on.

Only cards count that offer a type asked for: those are the ones that the allocator looks at, and whose places
the start takes away or leaves. On a host of several models each request so meets the model that it is for.

What a card holds is the type with the most instances on it. Where a family lets types live side by side, or
tells no maximum, the figures are those of that type now: its instances and what it shows free. Where the
source does not tell instances, a card that is known to be in use is taken to hold the type asked for, and one
of which nothing is known counts as empty. A card that holds nothing and offers nothing is left out.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mdev_inventory.model import HostInventory, ParentDevice
from scheduler_plugins.allocator.cards import Occupancy, fullness, occupancy
from scheduler_plugins.allocator.model import HostView, once
from scheduler_plugins.allocator.placement import Placement, place_on
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.allocator.virtual_functions import Card, card_key, is_function, listed_instances
from scheduler_plugins.allocator.walk import by_name

Key = tuple[str, bool]
"""Of a card: its parents' `card_key`, and whether they are virtual functions."""


class Resident(NamedTuple):
    """An instance that lives on a card."""

    type: str
    uuid: str
    """Empty where it is not known."""


class Figures(NamedTuple):
    """A host and a placement as `scores.fragmentation_cost` takes them; alike for hosts in equal state."""

    size: tuple[int, ...]
    used: tuple[int, ...]
    places: tuple[int, ...]
    cards: tuple[int, ...]
    kinds: tuple[int, ...]
    room: tuple[int, ...]
    types: tuple[str, ...]
    """The mdev type of each class."""


class Footprint(NamedTuple):
    """All that the weights ask of a placement."""

    occupancies: tuple[Occupancy, ...]
    """How full the card of each instance is when its turn comes."""
    figures: Figures
    residents: tuple[tuple[Resident, ...] | None, ...]
    """For each instance asked for, who lives on its card already; None where one of the same VM comes before
    it there."""


class CardState(NamedTuple):
    """One card now."""

    key: Key
    card: Card
    alive: int
    holds: str
    """The type with the most instances; empty where nothing lives on it, or nobody can tell what."""
    places: int
    """How many of that type it holds at most; where it is empty, of the type that it has most places for."""

    @property
    def residents(self) -> tuple[Resident, ...]:
        """Who lives on it; those without a name last."""
        living = (p for p in self.card.functions if listed_instances(p.types or ()))
        types = (t for parent in living for t in parent.types or ())
        named = tuple(Resident(t.id, uuid) for t in types for uuid in t.instances or ())
        return (*named, *(Resident("", ""),) * (self.alive - len(named)))


@once
def footprint(view: HostView, request: Request) -> Footprint | None:
    """The footprint of the request on the host; None where it is refused, or was never seen."""
    if view.observation is None:
        return None
    found = place_on(view, request)
    return _footprint(found) if isinstance(found, Placement) else None


def cards_of(inventory: HostInventory, types: Sequence[str]) -> Iterator[CardState]:
    """The cards that offer any of these types, in the allocator's order, without those that are of no use."""
    cards: dict[Key, list[ParentDevice]] = {}
    for parent in by_name(inventory):
        cards.setdefault(_key(parent), []).append(parent)
    for key, parents in cards.items():
        if any(parent.find(type_id) for parent in parents for type_id in types):
            state = _state(key, Card(tuple(parents)), types)
            if state.alive or state.places:
                yield state


def _key(parent: ParentDevice) -> Key:
    return card_key(parent), is_function(parent)


def _state(key: Key, card: Card, types: Sequence[str]) -> CardState:
    living: dict[str, int] = {}
    for parent in card.functions:
        for one in parent.types or ():
            if one.instances:
                living[one.id] = living.get(one.id, 0) + len(one.instances)
    holds = min(living, key=lambda type_id: (-living[type_id], type_id), default="")
    offered = [_fullness(card, type_id) for type_id in ([holds] if holds else types)]
    most = max(offered, key=lambda one: one.free)
    alive = max(sum(living.values()), most.alive or 0)
    if alive and not holds and most.free:
        holds = types[offered.index(most)]
    return CardState(key, card, alive, holds, alive + most.free)


def _fullness(card: Card, type_id: str) -> Occupancy:
    """How full the card is for the type; nothing is free of one that it does not offer."""
    offered = next((found for parent in card.functions if (found := parent.find(type_id))), None)
    return fullness(card, offered) if offered else Occupancy(None, 0)


def _footprint(found: Placement) -> Footprint:
    wanted = tuple(dict.fromkeys(slot.type for slot in found.slots))
    states = list(cards_of(found.before, wanted))
    index = {state.key: number for number, state in enumerate(states)}
    key_of = {parent.address: _key(parent) for parent in found.before.parents}
    types = list(wanted)
    types += dict.fromkeys(state.holds for state in states if state.alive and state.holds not in wanted)
    cards = tuple(index[key_of[slot.parent]] for slot in found.slots)
    first = _fullness(states[cards[0]].card, found.slots[0].type)
    occupancies = (first, *(occupancy(state, slot.parent, slot.type) for state, slot in found.steps[1:]))
    figures = Figures(
        size=tuple(types.index(state.holds) if state.alive else -1 for state in states),
        used=tuple(state.alive for state in states),
        places=tuple(state.places for state in states),
        cards=cards,
        kinds=tuple(types.index(slot.type) for slot in found.slots),
        room=tuple((one.alive or 0) + one.free for one in occupancies),
        types=tuple(types),
    )
    residents = tuple(None if card in cards[:number] else states[card].residents for number, card in enumerate(cards))
    return Footprint(occupancies, figures, residents)
