"""Types as people typed them: shown as they are, and which type of a host may have been meant.

Nothing is decided by it: what is not a type's id, letter by letter, is no type of the host.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from mdev_inventory.engine.forms import TYPE_ID
from mdev_inventory.model import HostInventory, ParentDevice
from scheduler_plugins.allocator.request import NO_DISPLAY

DID_YOU_MEAN = "did you mean"
_ID = re.compile(TYPE_ID, re.ASCII)
_PREFIX = re.compile(r"\s*mdev_?type\s*[=:]\s*", re.ASCII | re.IGNORECASE)
_VENDOR = re.compile(r"(grid|nvidia)\s+", re.ASCII)
_LIST = re.compile(r"[,;]")
_AS_A_LIST = "a comma between entries; from 4.5 on one mediated device for each"

Offered = Mapping[str, str]
"""The host's types: name by id."""
Reading = Callable[[str, Offered], Iterable[str]]
"""The ids that a text may mean, read in one way."""


def quoted(type_id: str) -> str:
    """The type as it stands; in quotes, with escapes, where blanks or signs would be lost on the reader."""
    return type_id if _ID.fullmatch(type_id) else repr(type_id)


def listed(types: Iterable[str]) -> str:
    """Several of them."""
    return ", ".join(map(quoted, types))


def near_miss(typed: str, inventory: HostInventory) -> str:
    """`; did you mean nvidia-231 (...)?` where that is near, an explanation where no type was meant, else empty."""
    if not typed.strip():
        return "; this entry is empty: take out the comma too many, or the mediated device without a type"
    if typed.strip() == NO_DISPLAY:
        return "; nodisplay is the first entry of the property, and from 4.5 on a setting of each mediated device"
    offered = _offered(inventory.parents)
    for reading, why in _READINGS:
        if found := sorted(set(reading(typed, offered))):
            return f"; {DID_YOU_MEAN} {' or '.join(found)} ({why})?"
    parts = [_meant(part, offered) for part in _LIST.split(_PREFIX.sub("", typed)) if part.strip()]
    if len(parts) > 1 and all(parts):
        return (
            f"; {DID_YOU_MEAN} {', '.join(parts)} (a comma between entries; from 4.5 on one mediated device for each)?"
        )
    return ""


def _offered(parents: tuple[ParentDevice, ...]) -> Offered:
    distinct = {id(parent.types): parent.types or () for parent in parents}  # functions of a card share theirs
    return {t.id: t.name for types in distinct.values() for t in types}


def _meant(part: str, offered: Offered) -> str:
    """The one id that a part of a list may mean; empty where there is none, or no one."""
    if part.strip() in offered:
        return part.strip()
    found = {type_id for reading, _ in _READINGS for type_id in reading(part, offered)}
    return found.pop() if len(found) == 1 else ""


def _stripped(typed: str, offered: Offered) -> Iterator[str]:
    yield from [typed.strip()] if typed.strip() in offered else []


def _without_prefix(typed: str, offered: Offered) -> Iterator[str]:
    rest = _PREFIX.sub("", typed, count=1).strip()
    yield from [rest] if rest != typed.strip() and rest in offered else []


def _in_other_case(typed: str, offered: Offered) -> Iterator[str]:
    yield from (one for one in offered if one.casefold() == typed.strip().casefold())


def _by_name(typed: str, offered: Offered) -> Iterator[str]:
    yield from (one for one, name in offered.items() if _bare(name) == _bare(typed))


def _by_number(typed: str, offered: Offered) -> Iterator[str]:
    yield from (one for one in offered if one.rpartition("-")[2] == typed.strip())


def _with_other_signs(typed: str, offered: Offered) -> Iterator[str]:
    yield from (one for one in offered if _letters(one) == _letters(typed))


def _bare(name: str) -> str:
    """A type's name without the brand before the card's."""
    return _VENDOR.sub("", " ".join(name.casefold().split()))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


_READINGS: tuple[tuple[Reading, str], ...] = (
    (_stripped, "without the blank at its start or end"),
    (_without_prefix, "the value alone"),
    (_in_other_case, "in this case"),
    (_by_name, "the id, not the name"),
    (_by_number, "the whole id"),
    (_with_other_signs, "with these signs"),
)
"""The ways to read a text, the surest first, each with what is to be typed instead."""
