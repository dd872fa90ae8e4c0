"""How members of the engine's JSON objects are read into fields of ours: where they are, what they must be.

The REST API writes numbers and booleans as strings ("54321", "true"), leaves null members out, and writes an
empty collection as `{}` or `{"host": []}`: all of that is read alike. A member that is
missing or null is the same thing: not there. `elements.py` names the object that an error is about.
"""

import re
from typing import Annotated, Any

from pydantic import AliasChoices, Field, PlainValidator, ValidationInfo

from mdev_inventory.engine.levels import Level

# Longer ones are junk: no database column takes them, and Python itself refuses to read 4,301 digits.
NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
SURROGATE = re.compile("[\ud800-\udfff]")


class MemberError(ValueError):
    """A value that cannot be understood."""

    def __init__(self, value: object, wanted: str, inner: str = "") -> None:
        """`wanted` says what would have been right, `inner` (`[0].name`) leads there from the member read."""
        super().__init__(wanted)
        self.value, self.wanted, self.inner = value, wanted, inner


def as_text(value: object) -> str | None:
    """A string, or a number or boolean in the words the REST API has for it; None for everything else.

    A lone surrogate is legal JSON but no text that could be stored or printed: None as well.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -(10**18) < value < 10**18 else None
    if not isinstance(value, str) or (not value.isascii() and SURROGATE.search(value)):
        return None
    return value


def as_number(value: object) -> int | None:
    """A whole number written as itself or as a string; None for everything else, booleans included."""
    text = None if isinstance(value, bool) else as_text(value)
    return int(text) if text is not None and NUMBER.fullmatch(text.strip()) else None


def needed(value: object, inner: str = "") -> str:
    """A string that must be there and hold something."""
    if not (text := as_text(value)):
        raise MemberError(value, "a non-empty string", inner)
    return text


def optional(value: object, inner: str = "") -> str | None:
    """A string; None where it is not there."""
    text = as_text(value)
    if value is not None and text is None:
        raise MemberError(value, "a string", inner)
    return text


def members_of(value: object, inner: str = "") -> dict[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise MemberError(value, "an object", inner)
    return value


EMPTY_HAS = frozenset({"actions", "active", "size", "total"})
"""Members that a collection may have beside its elements: with these alone it is known to be empty."""


def items_of(value: object, wrapper: str) -> list[Any] | None:
    """The list at the member `wrapper`, or a bare one; None where it is not there.

    An object that has other members in its place, as a link has, tells nothing of what is in the list.
    """
    if isinstance(value, dict):
        found = value.get(wrapper)
        value = [] if found is None and value.keys() - {wrapper} <= EMPTY_HAS else found
    if value is not None and not isinstance(value, list):
        raise MemberError(value, f"a list of {wrapper}")
    return value


def number(value: object, low: int, high: int, missing: int | None = None, inner: str = "") -> int:
    """A whole number from `low` to `high`; `missing`, if given, where it is not there."""
    found = missing if value is None else as_number(value)
    if found is None or not low <= found <= high:
        raise MemberError(value, f"a whole number from {low} to {high}", inner)
    return found


def within(value: object, *path: str) -> str | None:
    """The string at the end of a path through objects, e.g. the `id` of a `cluster`; None if not there."""
    place = ""
    for name in path:
        if value is None:
            return None
        value, place = members_of(value, place).get(name), f"{place}.{name}"
    return optional(value, place) or None


def pairs(value: object, wrapper: str) -> dict[str, str]:
    """Name and value of each in a list of properties; one without a value is not set."""
    found = {}
    for place, item in enumerate(items_of(value, wrapper) or ()):
        members = members_of(item, f"[{place}]")
        name = needed(members.get("name"), f"[{place}].name")
        text = optional(members.get("value"), f"[{place}].value")
        if text is not None:
            found[name] = text
    return found


def level(value: object) -> Level | None:
    """A compatibility version, `(4, 3)`; None where it is not there, or not two numbers."""
    if not isinstance(value, dict):
        return None
    major, minor = as_number(value.get("major")), as_number(value.get("minor"))
    return None if major is None or minor is None else (major, minor)


def _or_id(value: object, others: ValidationInfo) -> str:
    return optional(value) or others.data.get("id", "")


def at(*names: str) -> Any:
    """A member that may be missing; it has the first of these names that is there, or the field's own."""
    alias = AliasChoices(*names) if names else None
    return Field(default=None, validate_default=True, validation_alias=alias)


Needed = Annotated[str, at(), PlainValidator(needed)]
OwnId = Annotated[str, at(), PlainValidator(lambda value: needed(value).lower())]
"""An object's own id, in lower case like all ids: in capitals it is the same one."""
Text = Annotated[str, at(), PlainValidator(lambda value: optional(value) or "")]
OptionalText = Annotated[str | None, at(), PlainValidator(lambda value: optional(value) or None)]
NameOrId = Annotated[str, at(), PlainValidator(_or_id)]
Id = Annotated[str, at(), PlainValidator(lambda value: (within(value, "id") or "").lower())]
OptionalId = Annotated[str | None, at(), PlainValidator(lambda value: (within(value, "id") or "").lower() or None)]
