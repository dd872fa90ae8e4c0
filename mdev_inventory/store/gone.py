"""What a host had and has no more, and since when: a type that the driver no longer offers, a card that went.

It is forgotten once it is back, and with the host. Only readings of the same source are compared, and only what they
tell for sure: what was not read, or could not be, is not gone.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Observation

MOST_GONE = 512
"""So many are remembered of a host, those that went last: every type and some cards."""


class Kind(StrEnum):
    """What went."""

    TYPE = "type"
    CARD = "card"


class Gone(NamedTuple):
    """One thing that a host had."""

    kind: Kind
    id: str
    """The type's id, or the card's address."""
    name: str
    """The type's name, or the card's PCI ids and driver, as they were last seen."""
    last_seen: float
    """When the host was asked the last time that it had it, seconds since the epoch."""
    since: float
    """When the host was asked the first time that it had it no more."""


def gone_after(before: Iterable[Gone], known: Observation | None, new: Observation) -> tuple[Gone, ...]:
    """What is gone once the host has told `new` after `known`, the newest last."""
    if known is None or known.source is not new.source:
        return tuple(before)
    had, has = _things(known.inventory), _things(new.inventory)
    untold = _untold(new.inventory)
    still = [one for one in before if (one.kind, one.id) not in has]
    told = {(one.kind, one.id) for one in still}
    went = [
        Gone(kind, thing, name, known.requested_at, new.requested_at)
        for (kind, thing), name in had.items()
        if (kind, thing) not in has and (kind, thing) not in told and kind not in untold
    ]
    return tuple([*still, *went][-MOST_GONE:])


def _things(inventory: HostInventory) -> Mapping[tuple[Kind, str], str]:
    """What the host has, with its name."""
    found: dict[tuple[Kind, str], str] = {}
    for parent in inventory.parents:
        ids = ":".join(one.removeprefix("0x") for one in (parent.vendor, parent.device) if one)
        card = parent.physfn or parent.address
        found.setdefault((Kind.CARD, card), " ".join(one for one in (ids, parent.driver) if one))
        found.update({(Kind.TYPE, one.id): one.name for one in parent.types or ()})
    return found


def _untold(inventory: HostInventory) -> frozenset[Kind]:
    """Of what the inventory does not tell all: nothing of that kind is concluded to be gone."""
    cut = inventory.cut
    if cut is not None and (cut.bus or cut.parents):
        return frozenset(Kind)
    if any(error.path == "/sys/class/mdev_bus" for error in inventory.errors):
        return frozenset(Kind)
    if any(parent.types is None for parent in inventory.parents):
        return frozenset({Kind.TYPE})
    return frozenset()
