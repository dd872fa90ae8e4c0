"""Why a host would refuse: a code for machines, and a text for people with type, parents and figures."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from mdev_inventory.bare_cards import not_ready, reasons
from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from scheduler_plugins.allocator.as_typed import listed, near_miss, quoted
from scheduler_plugins.allocator.model import Slot
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.allocator.walk import holders, may_be_held_by

T = TypeVar("T")
_LISTED = 4
"""So many parents a text names; a card may have 64 functions."""


class RefusalCode(StrEnum):
    """Why a host would refuse, stable for machines; the first that holds counts."""

    NO_INVENTORY = "no-inventory"
    NO_SUCH_TYPE = "no-such-type"
    NO_FREE_INSTANCE = "no-free-instance"
    HELD_BY_OTHER_TYPE = "held-by-other-type"
    VM_LIMIT = "vm-limit"
    CLAIMED = "claimed"
    NO_ALLOCATOR = "no-allocator"
    ALLOCATOR_FAILS = "allocator-fails"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the host would refuse."""

    code: RefusalCode
    text: str
    """For people: type, parent, figures."""


def refusal(state: HostInventory, request: Request, slots: Sequence[Slot], fatal: str) -> Refusal:
    """The refusal of the instance after `slots`, in the state that those have left.

    `fatal` is what the allocator dies of, empty where it comes to its end and finds nothing.
    """
    type_id = request.types[len(slots)]
    found = [(p, p.find(type_id)) for p in state.parents]
    offering = [(p, t) for p, t in found if t is not None]
    unknown = any(p.types is None for p in state.parents) or any(t.available is None for _, t in offering)
    if unread := _unread(state):
        return Refusal(RefusalCode.NO_INVENTORY, f"no room for {quoted(type_id)} where it was read; {unread}")
    showing = [p for p, t in offering if (t.available or 0) >= 1]
    held = [p for p in showing if holders(p, type_id) or may_be_held_by(p, type_id)]
    if not offering and not unknown:
        return Refusal(RefusalCode.NO_SUCH_TYPE, _no_such_type(state, type_id))
    if not showing and not unknown:
        text = _no_free(request, slots, type_id, [p for p, _ in offering]) + _not_ready(state, offering)
        return Refusal(RefusalCode.NO_FREE_INSTANCE, text)
    if held == showing and not unknown:
        return Refusal(RefusalCode.HELD_BY_OTHER_TYPE, _held(request, slots, type_id, held))
    return Refusal(RefusalCode.ALLOCATOR_FAILS, f"the host's allocator fails on its way to {quoted(type_id)}: {fatal}")


def _unread(inventory: HostInventory) -> str:
    """What was never read in time: there may be room; empty where all was read."""
    cut = inventory.cut
    if cut is None or not (cut.bus or cut.parents):
        return ""
    what = f"the host's parents {_listed(cut.parents, str)}" if cut.parents else "the host's list of parents"
    hangs = f" (its driver hangs at {cut.stuck[0]})" if cut.stuck else ""
    return f"{what} could not be read in time yet{hangs}"


def _no_such_type(inventory: HostInventory, type_id: str) -> str:
    bare = "".join(f"; card {_listed(cards, str)}: {why.text}" for why, cards in reasons(inventory))
    if inventory.parents:
        hint = near_miss(type_id, inventory)
        return f"none of the host's {len(inventory.parents)} parents offers {quoted(type_id)}{hint}{bare}"
    unread = next((f"; {error.path} could not be read: {error.error}" for error in inventory.errors), "")
    return f"the host has no mediated device parents, so no {quoted(type_id)}{bare}{unread}"


def _no_free(request: Request, slots: Sequence[Slot], type_id: str, offering: list[ParentDevice]) -> str:
    own = Counter((slot.parent, slot.type) for slot in slots)
    parents = _listed(offering, lambda p: p.address + _living(p, own))
    return f"{_has_and_needs(request, slots, type_id)}; none left on {parents}"


def _not_ready(inventory: HostInventory, offering: Sequence[tuple[ParentDevice, MdevType]]) -> str:
    """Which of the cards are not full at all; empty where none is so."""
    cards = {parent.physfn or parent.address for parent, _ in offering}
    empty = [card for card in not_ready(inventory) if card in cards]
    return f"; not ready: card {_listed(empty, str)} offers nothing although nothing lives there" if empty else ""


def _held(request: Request, slots: Sequence[Slot], type_id: str, held: list[ParentDevice]) -> str:
    names = _listed(held, lambda p: _held_by(p, type_id))
    return f"{_has_and_needs(request, slots, type_id)}; held by another type: {names}"


def _held_by(parent: ParentDevice, type_id: str) -> str:
    """By which types, or where nobody sees them, by which it may be."""
    seen = holders(parent, type_id)
    if seen:
        return f"{parent.address} by {', '.join(seen)}"
    unseen = ", ".join(may_be_held_by(parent, type_id))
    return f"{parent.address} perhaps by {unseen}, of VMs there (the host does not show which card has which type)"


def _living(parent: ParentDevice, own: Mapping[tuple[str, str], int]) -> str:
    """What lives on a parent, the VM's own earlier instances too; empty where nothing does."""
    living = [
        f"{len(t.instances)} x {t.id}{_of_them(own.get((parent.address, t.id), 0), len(t.instances))}"
        for t in parent.types or ()
        if t.instances
    ]
    return f" ({', '.join(living)})" if living else ""


def _of_them(own: int, living: int) -> str:
    if not own:
        return ""
    return ", the VM's own" if own == living else f", {own} of them the VM's own"


def _has_and_needs(request: Request, slots: Sequence[Slot], type_id: str) -> str:
    has, needs = sum(slot.type == type_id for slot in slots), request.types.count(type_id)
    others = sorted({slot.type for slot in slots} - {type_id})
    beside = f" beside the VM's own {listed(others)}" if others else ""
    return f"has {has} of {quoted(type_id)}{beside}, needs {needs}"


def _listed(parents: Sequence[T], text: Callable[[T], str]) -> str:
    more = [f"and {len(parents) - _LISTED} more"] if len(parents) > _LISTED else []
    return ", ".join([*map(text, parents[:_LISTED]), *more])
