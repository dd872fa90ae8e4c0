"""The types in the capabilities' key and their figures, read strictly; `inventory_json.py` has the form.

A thousand hosts tell mostly the same: what was read once is kept, and equal types are one object.
"""

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from mdev_inventory.inventory_json import PACKED, uuid_of
from mdev_inventory.json_value import JsonValue
from mdev_inventory.model import InventoryError, MdevType

Types = dict[str, MdevType]

LISTS = 2
"""The first schema with types as lists and figures in their order."""
_PLAIN = 1024
"""Texts up to this length need no closer look; longer ones are looked at one by one."""
_NUMBER_OR_NULL = frozenset({int, type(None)})


def descriptions(types: JsonValue, schema: int) -> Types:
    """Per type id what describes it, without figures, in the order of the key."""
    if schema < LISTS:
        return {type_id: _named(type_id, value) for type_id, value in types.entries()}
    texts = _texts(types.value)
    known = _known_types(texts) if texts else None
    if known is None:
        found = [_listed(value) for value in types.items()]
        known = {mdev_type.id: mdev_type for mdev_type in found}
    return known


def _texts(types: Any) -> tuple[tuple[str, ...], ...]:
    """The descriptions where all of them are four short and plain texts; else nothing."""
    if not isinstance(types, list):
        return ()
    texts = tuple([tuple(value) for value in types if isinstance(value, list) and len(value) == 4])
    plain = len(texts) == len(types) and all(is_plain(text) for four in texts for text in four)
    return texts if plain else ()


def is_plain(text: Any) -> bool:
    """Whether it is text that `JsonValue.text` cannot have anything against."""
    return type(text) is str and len(text) <= _PLAIN


@lru_cache(maxsize=256)
def _known_types(texts: tuple[tuple[str, str, str, str], ...]) -> Types | None:
    """What is made of these; the same object for all hosts, so that nobody may change it.

    None where they cannot be encoded, for the caller to find out which.
    """
    try:
        "".join(["".join(four) for four in texts]).encode("utf-8")
    except UnicodeEncodeError:
        return None
    return {four[0]: _described(*four) for four in texts}


def _listed(value: JsonValue) -> MdevType:
    items = value.items()
    if len(items) != 4:
        raise InventoryError(value.where, value.value, "not a list of four")
    type_id = items[0].text()
    return _described(type_id, items[1].text(type_id), items[2].text(""), items[3].text(""))


def _named(type_id: str, value: JsonValue) -> MdevType:
    return _described(
        type_id,
        value.member("name").text(type_id),
        value.member("description").text(""),
        value.member("device_api").text(""),
    )


@lru_cache(maxsize=4096)
def _described(type_id: str, name: str, description: str, device_api: str) -> MdevType:
    return MdevType(id=type_id, name=name, description=description, device_api=device_api)


class Figured:
    """A host's types with the figures of one parent: most of a card's functions have the same."""

    def __init__(self, types: Types) -> None:
        self._types = tuple(types.values())
        self._known: dict[tuple[int | None, ...], tuple[MdevType, ...]] = {}

    def of(self, figures: Any) -> tuple[MdevType, ...] | None:
        """None where they are not just one number or null for each type."""
        if type(figures) is not list or not _NUMBER_OR_NULL.issuperset(map(type, figures)):
            return None
        key = tuple(figures)
        found = self._known.get(key)
        if found is None and len(key) == len(self._types) and not _is_odd(key):
            found = self._known[key] = _with_figures(self._types, key)
        return found


def types_of(figures: JsonValue, known: Types) -> tuple[MdevType, ...]:
    """The parent's types with their figures, which stand by id, or in the order of those known."""
    if not isinstance(figures.value, list):
        return tuple(_type(type_id, value, known) for type_id, value in figures.entries())
    if len(figures.value) != len(known):
        raise InventoryError(figures.where, figures.value, f"not one figure for each of {len(known)} types")
    if all(type(figure) is int or figure is None for figure in figures.value):
        for value in figures.items() if _is_odd(figures.value) else ():
            value.optional_number()
        return _with_figures(tuple(known.values()), tuple(figures.value))
    return tuple(
        [
            _with_figure(known[type_id], figure)
            if is_small(figure)
            else _type(type_id, JsonValue(f"{figures.where}[{index}]", figure), known)
            for index, (type_id, figure) in enumerate(zip(known, figures.value, strict=True))
        ]
    )


def _is_odd(figures: Sequence[int | None]) -> bool:
    """Whether any of them is of a size that has to be looked at."""
    return not all(map(is_small, figures))


def is_small(number: Any) -> bool:
    """Whether it is null, or a number that needs no closer look."""
    return number is None or (type(number) is int and -1 <= number <= 65535)


@lru_cache(maxsize=8192)
def _with_figures(types: tuple[MdevType, ...], figures: tuple[int | None, ...]) -> tuple[MdevType, ...]:
    return tuple(_with_figure(mdev_type, figure) for mdev_type, figure in zip(types, figures, strict=True))


@lru_cache(maxsize=65536)
def _with_figure(mdev_type: MdevType, figure: int | None) -> MdevType:
    return mdev_type._replace(available=figure)


def _type(type_id: str, figure: JsonValue, known: Types) -> MdevType:
    if type_id not in known:
        raise InventoryError(figure.where, figure.value, "figure of a type that `types` does not describe")
    if not isinstance(figure.value, list):
        return _with_figure(known[type_id], figure.optional_number())
    available, instances = figure.pair()
    return known[type_id]._replace(
        available=available.optional_number(),
        instances=tuple(sorted(_instances(instances))) if instances.given else None,
    )


def _instances(instances: JsonValue) -> list[str]:
    if not isinstance(instances.value, str):
        return [uuid.text() for uuid in instances.items()]
    text = instances.text()
    uuids = [_unpacked(text[begin : begin + PACKED]) for begin in range(0, len(text), PACKED)]
    if not all(uuids):
        raise InventoryError(instances.where, text, "not the base64 of UUIDs")
    return cast(list[str], uuids)


def _unpacked(text: str) -> str | None:
    try:
        raw = a2b_base64(text + "==")
    except (Error, ValueError):
        return None
    exact = len(raw) == 16 and b2a_base64(raw, newline=False) == text.encode() + b"=="
    return uuid_of(raw) if exact else None
