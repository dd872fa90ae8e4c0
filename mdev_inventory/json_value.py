"""Strict reading of JSON that somebody else wrote: each value knows where it stands, to say so."""

from typing import Any

from mdev_inventory.model import InventoryError

# A sysfs attribute is one page, a path no longer either: a longer text is not from our hook.
_LONGEST_TEXT = 4096
# What a database column and other languages' integers hold.
_NUMBERS = range(-(2**63), 2**63)


class JsonValue:
    """A value of decoded JSON and its place, e.g. `mdev_inventory.parents[3].driver`.

    A missing member is the same as null. Every reading raises InventoryError where the value is not of
    that kind.
    """

    def __init__(self, where: str, value: Any) -> None:
        self.where = where
        self.value = value

    @property
    def given(self) -> bool:
        """Whether there is a value, rather than null or nothing."""
        return self.value is not None

    def member(self, name: str) -> "JsonValue":
        """The object's member of that name."""
        return JsonValue(f"{self.where}.{name}", self._of(dict, "an object").get(name))

    def entries(self) -> list[tuple[str, "JsonValue"]]:
        """The object's members with their names, in order; a name must be text as `text` has it."""
        members = self._of(dict, "an object").items()
        return [
            (JsonValue(self.where, name).text(), JsonValue(f"{self.where}[{name!r:.80}]", value))
            for name, value in members
        ]

    def items(self) -> list["JsonValue"]:
        """The list's items."""
        items = self._of(list, "a list")
        return [JsonValue(f"{self.where}[{index}]", item) for index, item in enumerate(items)]

    def pair(self) -> tuple["JsonValue", "JsonValue"]:
        """The list's items where there are two."""
        items = self.items()
        if len(items) != 2:
            raise self._wrong("not a list of two")
        return items[0], items[1]

    def text(self, default: str | None = None) -> str:
        """Text of an acceptable length that can be encoded; `default`, if given, where there is none."""
        if default is not None and not self.given:
            return default
        text = self._of(str, "text")
        if len(text) > _LONGEST_TEXT:
            raise self._wrong(f"text of {len(text)} characters, more than {_LONGEST_TEXT}")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise self._wrong("text with half a surrogate pair") from None
        return str(text)

    def optional_text(self) -> str | None:
        """`text`, or None where there is none."""
        return self.text() if self.given else None

    def number(self) -> int:
        """A whole number of at most 64 bits; true and false are none."""
        number = self._of(int, "a whole number")
        if isinstance(number, bool):
            raise self._wrong("not a whole number")
        if number not in _NUMBERS:
            raise self._wrong("a number of more than 64 bits")
        return int(number)

    def optional_number(self) -> int | None:
        """`number`, or None where there is none."""
        return self.number() if self.given else None

    def _of(self, kind: type, called: str) -> Any:
        if not isinstance(self.value, kind):
            raise self._wrong("missing, must be " + called if self.value is None else "not " + called)
        return self.value

    def _wrong(self, wrong: str) -> InventoryError:
        return InventoryError(self.where, self.value, wrong)
