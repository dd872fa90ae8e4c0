"""The inventory's two JSON forms.

The *key* is what a host's capabilities carry under `mdev_inventory`. VDSM logs every capabilities answer
in full, so each byte counts: what describes a type stands once per host in `types`, the figures stand per
parent, in the order of `types`. Where a parent describes a type otherwise than the first parent that has it
(cards under two drivers), that parent carries a `types` of its own with the whole description of just these.

    {"schema": 2, "collected_at": ..., "boot_id": ..., "hook_version": ...,
     "types": [[ID, name, description, device_api], ...],
     "parents": [{"address": ..., "vendor": ..., "device": ..., "driver": ..., "numa_node": ...,
                  "physfn": ..., "figures": [FIGURE, ...], "types": [[ID, ...], ...]}],
     "errors": [{"path": ..., "error": ...}]}

FIGURE is available_instances (null where unknown), or [available_instances, INSTANCES] where there are
instances, or [available_instances, null] where they are unknown. INSTANCES is one text of 22 characters for
each, its UUID in base64 (RFC 4648) without padding, or a list of texts where some are no UUIDs. `figures` is
an object by type id where the parent has not just the host's types, and null where they could not be listed.

Schema 1, which is read as well, has `types` as objects by id with named members, `figures` always by type id,
and instances always as a list.

The *document* is the long form for people and programs (`mdev-scheduler scan --json`), in which null
stands for whatever is not known.

Runs on Python 3.6: the VDSM hook imports it.
"""

import json
from binascii import Error, a2b_base64, b2a_base64
from functools import lru_cache
from typing import Any, Dict, List, Optional, Sequence, Tuple, cast

from mdev_inventory.json_value import JsonValue
from mdev_inventory.model import (
    KEY,
    SCHEMA,
    HostInventory,
    InventoryError,
    MdevType,
    ParentDevice,
    ReadError,
)

_Json = Dict[str, Any]
_Types = Dict[str, MdevType]

# Schemas start at 1, and the service reads its own and the one before.
_OLDEST_SCHEMA = max(1, SCHEMA - 1)
# The first with types as lists and figures in their order.
_LISTS = 2
_PACKED = 22
# Texts up to this length need no closer look; longer ones are looked at one by one.
_PLAIN = 1024
_NUMBER_OR_NULL = frozenset({int, type(None)})


def dump_key(inventory: HostInventory) -> str:
    """The key as JSON text, ASCII, without blanks."""
    return json.dumps(to_key(inventory), separators=(",", ":"))


def to_key(inventory: HostInventory) -> _Json:
    """The compact form for the capabilities; `from_key` restores the very same inventory."""
    types = {}  # type: Dict[str, List[str]]
    for parent in inventory.parents:
        for mdev_type in parent.types or ():
            types.setdefault(mdev_type.id, _describe(mdev_type))
    return {
        "schema": SCHEMA,
        "collected_at": inventory.collected_at,
        "boot_id": inventory.boot_id,
        "hook_version": inventory.hook_version,
        "types": list(types.values()),
        "parents": [_parent_to_key(parent, types) for parent in inventory.parents],
        "errors": _errors(inventory),
    }


def _parent_to_key(parent: ParentDevice, types: Dict[str, List[str]]) -> _Json:
    """One parent, with its own description of what the host's `types` describe otherwise."""
    described = [_describe(t) for t in parent.types or ()]
    own = [text for text in described if types[text[0]] != text]
    key = {
        "address": parent.address,
        "vendor": parent.vendor,
        "device": parent.device,
        "driver": parent.driver,
        "numa_node": parent.numa_node,
        "physfn": parent.physfn,
        "figures": None if parent.types is None else _figures(parent.types, types),
    }
    return dict(key, types=own) if own else key


def _describe(mdev_type: MdevType) -> List[str]:
    return [mdev_type.id, mdev_type.name, mdev_type.description, mdev_type.device_api]


def _figures(types: Sequence[MdevType], described: Dict[str, List[str]]) -> Any:
    if [t.id for t in types] == list(described):
        return [_figure(t) for t in types]
    return {t.id: _figure(t) for t in types}


def _figure(mdev_type: MdevType) -> Any:
    if mdev_type.instances == ():
        return mdev_type.available
    return [mdev_type.available, mdev_type.instances and _packed(mdev_type.instances)]


def _packed(uuids: Sequence[str]) -> Any:
    """UUIDs in less than two thirds of their length; as they are where they are none."""
    texts = [_pack(uuid) for uuid in uuids]
    known = [text for text in texts if text is not None]
    return "".join(known) if len(known) == len(texts) else list(uuids)


def _pack(uuid: str) -> Optional[str]:
    """The UUID's 16 bytes in base64; None for what does not come back as it was."""
    try:
        raw = bytes.fromhex(uuid.replace("-", ""))
    except ValueError:
        return None
    if not uuid or _uuid(raw) != uuid:
        return None
    return b2a_base64(raw, newline=False)[:_PACKED].decode("ascii")


def _uuid(raw: bytes) -> str:
    """The text of a UUID; empty where there are not 16 bytes."""
    text = raw.hex()
    if len(text) != 32:
        return ""
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _errors(inventory: HostInventory) -> Any:
    return [{"path": e.path, "error": e.error} for e in inventory.errors]


def from_key(obj: Any) -> HostInventory:
    """The inventory that a host published; `obj` is the decoded JSON and may be anything.

    Raises InventoryError, naming the member and its value. Equal types are one object: a host of 64 functions
    has 1,408 of them, and a thousand such hosts have hardly more.
    """
    key = JsonValue(KEY, obj)
    _check_schema(key.member("schema"))
    types = _descriptions(key.member("types"), key.member("schema").number())
    figured = _Figured(types)
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


def _check_distinct(parents: Tuple[ParentDevice, ...]) -> None:
    seen = set()
    for parent in parents:
        if parent.address in seen:
            raise InventoryError(KEY + ".parents", parent.address, "address of two parents")
        seen.add(parent.address)


def _descriptions(types: JsonValue, schema: int) -> _Types:
    """Per type id what describes it, without figures, in the order of the key."""
    if schema < _LISTS:
        return {type_id: _named(type_id, value) for type_id, value in types.entries()}
    texts = _texts(types.value)
    known = _known_types(texts) if texts else None
    if known is None:
        found = [_listed(value) for value in types.items()]
        known = {mdev_type.id: mdev_type for mdev_type in found}
    return known


def _texts(types: Any) -> Tuple[Tuple[str, ...], ...]:
    """The descriptions where all of them are four short and plain texts; else nothing."""
    if not isinstance(types, list):
        return ()
    texts = tuple([tuple(value) for value in types if isinstance(value, list) and len(value) == 4])
    plain = len(texts) == len(types) and all(_is_plain(text) for four in texts for text in four)
    return texts if plain else ()


def _is_plain(text: Any) -> bool:
    """Whether it is text that `JsonValue.text` cannot have anything against."""
    return type(text) is str and len(text) <= _PLAIN


@lru_cache(maxsize=256)
def _known_types(texts: Tuple[Tuple[str, str, str, str], ...]) -> Optional[_Types]:
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


class _Figured:
    """A host's types with the figures of one parent: most of a card's functions have the same."""

    def __init__(self, types: _Types) -> None:
        self._types = tuple(types.values())
        self._known = {}  # type: Dict[Tuple[Optional[int], ...], Tuple[MdevType, ...]]

    def of(self, figures: Any) -> Optional[Tuple[MdevType, ...]]:
        """None where they are not just one number or null for each type."""
        if type(figures) is not list or not _NUMBER_OR_NULL.issuperset(map(type, figures)):
            return None
        key = tuple(figures)
        found = self._known.get(key)
        if found is None and len(key) == len(self._types) and not _is_odd(key):
            found = self._known[key] = _with_figures(self._types, key)
        return found


def _parents(parents: JsonValue, types: _Types, figured: _Figured) -> List[ParentDevice]:
    if not isinstance(parents.value, list):
        return [_parent(value, types) for value in parents.items()]
    return [
        _plain_parent(value, figured) or _parent(JsonValue(f"{parents.where}[{index}]", value), types)
        for index, value in enumerate(parents.value)
    ]


def _parent(value: JsonValue, types: _Types) -> ParentDevice:
    own, figures = value.member("types"), value.member("figures")
    if own.given:
        types = dict(types, **_descriptions(own, _LISTS if isinstance(own.value, list) else 1))
    return ParentDevice(
        address=value.member("address").text(),
        vendor=value.member("vendor").optional_text(),
        device=value.member("device").optional_text(),
        driver=value.member("driver").optional_text(),
        numa_node=value.member("numa_node").optional_number(),
        physfn=value.member("physfn").optional_text(),
        types=_types(figures, types) if figures.given else None,
    )


def _plain_parent(value: Any, figured: _Figured) -> Optional[ParentDevice]:
    """The parent where there is nothing against it at first sight, as with nearly all; else None."""
    if type(value) is not dict or value.get("types") is not None:
        return None
    get = value.get
    numa_node, types = get("numa_node"), figured.of(get("figures"))
    address, told = get("address"), (get("vendor"), get("device"), get("driver"), get("physfn"))
    try:
        if types is None or not address or not _is_small(numa_node):
            return None
        if not (_are_sound(address) and _are_sound(*told)):
            return None
    except TypeError:  # a list or an object
        return None
    return ParentDevice(address, told[0], told[1], told[2], numa_node, told[3], types)


def _is_small(number: Any) -> bool:
    """Whether it is null, or a number that needs no closer look."""
    return number is None or (type(number) is int and -1 <= number <= 65535)


@lru_cache(maxsize=8192)
def _are_sound(*texts: Any) -> bool:
    """Whether `JsonValue.optional_text` has nothing against any; a thousand hosts tell mostly the same."""
    try:
        for text in texts:
            if text is not None:
                if not _is_plain(text):
                    return False
                text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _types(figures: JsonValue, known: _Types) -> Tuple[MdevType, ...]:
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
            if _is_small(figure)
            else _type(type_id, JsonValue(f"{figures.where}[{index}]", figure), known)
            for index, (type_id, figure) in enumerate(zip(known, figures.value))
        ]
    )


def _is_odd(figures: Sequence[Optional[int]]) -> bool:
    """Whether any of them is of a size that has to be looked at."""
    return not all(map(_is_small, figures))


@lru_cache(maxsize=8192)
def _with_figures(types: Tuple[MdevType, ...], figures: Tuple[Optional[int], ...]) -> Tuple[MdevType, ...]:
    return tuple(_with_figure(mdev_type, figure) for mdev_type, figure in zip(types, figures))


@lru_cache(maxsize=65536)
def _with_figure(mdev_type: MdevType, figure: Optional[int]) -> MdevType:
    return mdev_type._replace(available=figure)


def _type(type_id: str, figure: JsonValue, known: _Types) -> MdevType:
    if type_id not in known:
        raise InventoryError(figure.where, figure.value, "figure of a type that `types` does not describe")
    if not isinstance(figure.value, list):
        return _with_figure(known[type_id], figure.optional_number())
    available, instances = figure.pair()
    return known[type_id]._replace(
        available=available.optional_number(),
        instances=tuple(sorted(_instances(instances))) if instances.given else None,
    )


def _instances(instances: JsonValue) -> List[str]:
    if not isinstance(instances.value, str):
        return [uuid.text() for uuid in instances.items()]
    text = instances.text()
    uuids = [_unpacked(text[begin : begin + _PACKED]) for begin in range(0, len(text), _PACKED)]
    if not all(uuids):
        raise InventoryError(instances.where, text, "not the base64 of UUIDs")
    return cast(List[str], uuids)


def _unpacked(text: str) -> Optional[str]:
    try:
        raw = a2b_base64(text + "==")
    except (Error, ValueError):
        return None
    return _uuid(raw) if len(raw) == 16 and b2a_base64(raw, newline=False) == text.encode() + b"==" else None


def _error(value: JsonValue) -> ReadError:
    return ReadError(value.member("path").text(), value.member("error").text())


def to_document(inventory: HostInventory) -> _Json:
    """The long form: every parent with every type, null for what is not known."""
    return {
        "parents": [_parent_to_document(parent) for parent in inventory.parents],
        "errors": _errors(inventory),
    }


def _parent_to_document(parent: ParentDevice) -> _Json:
    return {
        "address": parent.address,
        "vendor": parent.vendor,
        "driver": parent.driver,
        "physfn": parent.physfn,
        "types": None if parent.types is None else [_type_to_document(t) for t in parent.types],
    }


def _type_to_document(mdev_type: MdevType) -> _Json:
    return {
        "id": mdev_type.id,
        "name": mdev_type.name,
        "description": mdev_type.description or None,
        "device_api": mdev_type.device_api or None,
        "available_instances": mdev_type.available,
        "instances": None if mdev_type.instances is None else list(mdev_type.instances),
    }
