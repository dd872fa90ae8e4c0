"""A fleet and the demand that comes to it, as arrays; and what is where at one moment of a replay."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]

MOST = 32
"""The most instances that a card of any known model holds."""
PAIR = 2
"""The most instances that a VM asks for."""
EMPTY = -1
NOWHERE = -1


class Fleet(NamedTuple):
    """Hosts in the engine's order; their cards in the order in which the host's allocator visits them.

    All cards of a host are of one model: what one offers all offer.
    """

    first: Whole
    """Number of each host's first card, and at the end the number of all cards."""
    model: Whole
    """Number of each card's model."""
    places: Whole
    """By model and class: how many instances of the class a card holds that holds nothing else; 0: none."""
    orphans: Whole
    """By card: class of an instance that belongs to no VM and never ends, EMPTY where there is none."""


class Demand(NamedTuple):
    """VMs in the order in which they come."""

    when: Real
    """Time of arrival; the mean lifetime is the unit, but for the day curve, where it is the day."""
    ends: Real
    """When it would leave, if it was let in."""
    leaving: Whole
    """The VMs in the order in which they leave."""
    kind: Whole
    """Class asked for."""
    count: Whole  # type: ignore[assignment] # tuples have a method of that name
    """Instances of it, 1 or 2."""
    cpus: Whole
    """Virtual CPUs."""


class State(NamedTuple):
    """Who is where."""

    size: Whole
    """By card: its class now, EMPTY where it holds nothing."""
    used: Whole
    """By card: instances on it."""
    held: Whole
    """By card: how many of its class it holds at most; 0 where it is empty."""
    member: Whole
    """By card: the VMs on it, once for each instance, as many as are used; NOWHERE for an orphan."""
    cpus: Whole
    """By host: virtual CPUs of its VMs."""
    card: Whole
    """By VM: the card of each of its instances, NOWHERE where it has none."""


def new_state(fleet: Fleet, arrivals: int) -> State:
    """Nothing anywhere but the orphans."""
    cards = fleet.model.size
    size = fleet.orphans.copy()
    orphaned = size != EMPTY
    held = np.where(orphaned, fleet.places[fleet.model, size], 0)
    return State(
        size,
        orphaned.astype(np.int64),
        held,
        np.full((cards, MOST), NOWHERE),
        np.zeros(fleet.first.size - 1, dtype=np.int64),
        np.full((arrivals, PAIR), NOWHERE),
    )
