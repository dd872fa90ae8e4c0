"""The inventory out of the capabilities' key (`inventory_json.py`), read strictly: no host is trusted."""

from functools import lru_cache
from typing import Any

from mdev_inventory.json_value import JsonValue
from mdev_inventory.model import KEY, SCHEMA, HostInventory, InventoryError, ParentDevice, ReadError
from mdev_inventory.vdsm.key_types import LISTS, Figured, Types, descriptions, is_plain, is_small, types_of

_OLDEST_SCHEMA = max(1, SCHEMA - 1)
"""Schemas start at 1, and the service reads its own and the one before."""


def from_key(obj: Any) -> HostInventory:
    """The inventory that a host published; `obj` is the decoded JSON and may be anything.

    Raises InventoryError, naming the member and its value. Equal types are one object: a host of 64 functions
    has 1,408 of them, and a thousand such hosts have hardly more.
    """
    key = JsonValue(KEY, obj)
    _check_schema(key.member("schema"))
    types = descriptions(key.member("types"), key.member("schema").number())
    figured = Figured(types)
    parents = tuple(_parents(key.member("parents"), types, figured))
    _check_distinct(parents)
    return HostInventory(
        parents=tuple(sorted(parents, key=lambda parent: parent.address)),
        errors=tuple(_error(value) for value in key.member("errors").items()),
        collected_at=key.member("collected_at").text(""),
        boot_id=key.member("boot_id").text(""),
        hook_version=key.member("hook_version").text(""),
    )


def _check_schema(schema: JsonValue) -> None:
    number = schema.number()
    if number > SCHEMA:
        raise InventoryError(
            schema.where,
            number,
            f"newer than {SCHEMA}, the newest known here",
            "update mdev-scheduler beside the engine",
        )
    if number < _OLDEST_SCHEMA:
        raise InventoryError(schema.where, number, f"older than {_OLDEST_SCHEMA}, the oldest known here")


def _check_distinct(parents: tuple[ParentDevice, ...]) -> None:
    seen = set()
    for parent in parents:
        if parent.address in seen:
            raise InventoryError(KEY + ".parents", parent.address, "address of two parents")
        seen.add(parent.address)


def _parents(parents: JsonValue, types: Types, figured: Figured) -> list[ParentDevice]:
    if not isinstance(parents.value, list):
        return [_parent(value, types) for value in parents.items()]
    return [
        _plain_parent(value, figured) or _parent(JsonValue(f"{parents.where}[{index}]", value), types)
        for index, value in enumerate(parents.value)
    ]


def _parent(value: JsonValue, types: Types) -> ParentDevice:
    own, figures = value.member("types"), value.member("figures")
    if own.given:
        types = dict(types, **descriptions(own, LISTS if isinstance(own.value, list) else 1))
    return ParentDevice(
        address=value.member("address").text(),
        vendor=value.member("vendor").optional_text(),
        device=value.member("device").optional_text(),
        driver=value.member("driver").optional_text(),
        numa_node=value.member("numa_node").optional_number(),
        physfn=value.member("physfn").optional_text(),
        types=types_of(figures, types) if figures.given else None,
    )


def _plain_parent(value: Any, figured: Figured) -> ParentDevice | None:
    """The parent where there is nothing against it at first sight, as with nearly all; else None."""
    if type(value) is not dict or value.get("types") is not None:
        return None
    get = value.get
    numa_node, types = get("numa_node"), figured.of(get("figures"))
    address, told = get("address"), (get("vendor"), get("device"), get("driver"), get("physfn"))
    try:
        if types is None or not address or not is_small(numa_node):
            return None
        if not (_are_sound(address) and _are_sound(*told)):
            return None
    except TypeError:  # a list or an object
        return None
    return ParentDevice(address, told[0], told[1], told[2], numa_node, told[3], types)


@lru_cache(maxsize=8192)
def _are_sound(*texts: Any) -> bool:
    """Whether `JsonValue.optional_text` has nothing against any; a thousand hosts tell mostly the same."""
    try:
        for text in texts:
            if text is not None:
                if not is_plain(text):
                    return False
                text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _error(value: JsonValue) -> ReadError:
    return ReadError(value.member("path").text(), value.member("error").text())
