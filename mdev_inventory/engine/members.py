"""Members of the engine's JSON objects, read by the type that is wanted; errors name object, member, value.

The REST API writes numbers and booleans as strings ("54321", "true"), leaves null members out, and writes an
empty collection as `{}` or `{"host": []}` (contract section 4): all of that is read alike, in one place.
"""

import re
import reprlib
from collections.abc import Mapping
from typing import Any

# Longer ones are junk: no database column takes them, and Python itself refuses to read 4,301 digits.
NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
SURROGATE = re.compile("[\ud800-\udfff]")
SHOWN = 60


class AnswerError(ValueError):
    """A member of an answer that cannot be understood: which object, which member, which value."""

    def __init__(self, where: str, member: str, value: object, wanted: str) -> None:
        """`where` names the object, `wanted` says what would have been right."""
        super().__init__(f"{where}: member {member!r} is {shown(value)}, not {wanted}")
        self.where, self.member, self.value, self.wanted = where, member, value, wanted


def shown(value: object) -> str:
    """A value as an error's text shows it: short, on one line, ASCII only."""
    text = reprlib.repr(value).encode("ascii", "backslashreplace").decode("ascii")
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


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


class Element:
    """One JSON object of an answer. A member that is missing or null is the same thing: not there."""

    def __init__(self, value: object, kind: str, key: str = "id", within: "Element | None" = None) -> None:
        """`kind` ("host") and the member `key` name it in errors, and the object that it stands in.

        AnswerError where `value` is no object.
        """
        self._kind, self._key, self._within = kind, key, within
        if not isinstance(value, Mapping):
            raise AnswerError(f"a {self._called}", "(itself)", value, "an object")
        self._members: Mapping[str, Any] = value

    @property
    def _called(self) -> str:
        return f"{self._within.where}: {self._kind}" if self._within else self._kind

    @property
    def where(self) -> str:
        """Which object it is, for errors."""
        name = self._members.get(self._key)
        return f"{self._called} {'without ' + self._key if name is None else shown(name)}"

    def text(self, member: str) -> str:
        """A string that must be there and hold something."""
        found = self.optional(member)
        if not found:
            raise AnswerError(self.where, member, self._members.get(member), "a non-empty string")
        return found

    def optional(self, member: str) -> str | None:
        """A string; None where it is not there."""
        value = self._members.get(member)
        text = as_text(value)
        if value is not None and text is None:
            raise AnswerError(self.where, member, value, "a string")
        return text

    def number(self, member: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`; None where it is not there."""
        value = self._members.get(member)
        if value is None:
            return None
        number = as_number(value)
        if number is None or not low <= number <= high:
            raise AnswerError(self.where, member, value, f"a whole number from {low} to {high}")
        return number

    def lenient(self, member: str, inner: str | None = None) -> str | None:
        """`optional`, or `within` where there is an `inner`; None for junk, too."""
        try:
            return self.optional(member) if inner is None else self.within(member, inner)
        except AnswerError:
            return None

    def figure(self, member: str) -> int | None:
        """A whole number; None, which is unknown and not 0, where it is not there or no number."""
        return as_number(self._members.get(member))

    def within(self, member: str, inner: str) -> str | None:
        """The string at `member.inner`, e.g. `cluster.id`; None where either is not there."""
        value = self._members.get(member)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise AnswerError(self.where, member, value, "an object")
        text = as_text(value.get(inner))
        if value.get(inner) is not None and text is None:
            raise AnswerError(self.where, f"{member}.{inner}", value[inner], "a string")
        return text or None

    def elements(self, member: str, wrapper: str) -> list[Any] | None:
        """The list at `member.wrapper`, or `member` itself where it is a bare list; None where not there."""
        value = self._members.get(member)
        if isinstance(value, Mapping):
            value = [] if value.get(wrapper) is None else value[wrapper]
        if value is not None and not isinstance(value, list):
            raise AnswerError(self.where, member, value, f"a list of {wrapper}")
        return value
