"""The inventory's two JSON forms.

The *key* is what a host's capabilities carry under `mdev_inventory`. VDSM logs every capabilities answer
in full, so each byte counts: what describes a type stands once per host in `types`, the figures stand per
parent. Where a parent describes a type otherwise than the first parent that has it (cards under two
drivers), that parent carries a `types` of its own with the whole description of just these.

    {"schema": 1, "collected_at": ..., "boot_id": ..., "hook_version": ...,
     "types": {ID: {"name": ..., "description": ..., "device_api": ...}},
     "parents": [{"address": ..., "vendor": ..., "device": ..., "driver": ..., "numa_node": ...,
                  "physfn": ..., "figures": {ID: FIGURE}, "types": {ID: {...}}}],
     "errors": [{"path": ..., "error": ...}]}

FIGURE is available_instances (null where unknown), or [available_instances, [UUID, ...]] where there are
instances, or [available_instances, null] where they are unknown. `figures` is null where the types could
not be listed.

The *document* is the long form for people and programs (`mdev-scheduler scan --json`), in which null
stands for whatever is not known.

Runs on Python 3.6: the VDSM hook imports it.
"""

import json
from typing import Any, Dict, Tuple

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

# Schemas start at 1, and the service reads its own and the one before.
_OLDEST_SCHEMA = max(1, SCHEMA - 1)


def dump_key(inventory: HostInventory) -> str:
    """The key as JSON text, ASCII, without blanks."""
    return json.dumps(to_key(inventory), separators=(",", ":"))


def to_key(inventory: HostInventory) -> _Json:
    """The compact form for the capabilities; `from_key` restores the very same inventory."""
    types: _Json = {}
    parents = [_parent_to_key(parent, types) for parent in inventory.parents]
    return {
        "schema": SCHEMA,
        "collected_at": inventory.collected_at,
        "boot_id": inventory.boot_id,
        "hook_version": inventory.hook_version,
        "types": types,
        "parents": parents,
        "errors": _errors(inventory),
    }


def _parent_to_key(parent: ParentDevice, types: _Json) -> _Json:
    """One parent; what it is the first to describe goes into the host's `types`."""
    described = {t.id: _describe(t) for t in parent.types or ()}
    own = {i: text for i, text in described.items() if types.setdefault(i, text) != text}
    key = {
        "address": parent.address,
        "vendor": parent.vendor,
        "device": parent.device,
        "driver": parent.driver,
        "numa_node": parent.numa_node,
        "physfn": parent.physfn,
        "figures": None if parent.types is None else {t.id: _figure(t) for t in parent.types},
    }
    return dict(key, types=own) if own else key


def _describe(mdev_type: MdevType) -> _Json:
    return {
        "name": mdev_type.name,
        "description": mdev_type.description,
        "device_api": mdev_type.device_api,
    }


def _figure(mdev_type: MdevType) -> Any:
    if mdev_type.instances == ():
        return mdev_type.available
    return [mdev_type.available, mdev_type.instances and list(mdev_type.instances)]


def _errors(inventory: HostInventory) -> Any:
    return [{"path": e.path, "error": e.error} for e in inventory.errors]


def from_key(obj: Any) -> HostInventory:
    """The inventory that a host published; `obj` is the decoded JSON and may be anything.

    Raises InventoryError, naming the member and its value.
    """
    key = JsonValue(KEY, obj)
    _check_schema(key.member("schema"))
    types = _descriptions(key.member("types"))
    parents = tuple(_parent(value, types) for value in key.member("parents").items())
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


def _descriptions(types: JsonValue) -> Dict[str, MdevType]:
    """Per type id what describes it, without figures."""
    return {type_id: _description(type_id, value) for type_id, value in types.entries()}


def _description(type_id: str, value: JsonValue) -> MdevType:
    return MdevType(
        id=type_id,
        name=value.member("name").text(type_id),
        description=value.member("description").text(""),
        device_api=value.member("device_api").text(""),
    )


def _parent(value: JsonValue, types: Dict[str, MdevType]) -> ParentDevice:
    own = value.member("types")
    known = dict(types, **_descriptions(own)) if own.given else types
    figures = value.member("figures")
    return ParentDevice(
        address=value.member("address").text(),
        vendor=value.member("vendor").optional_text(),
        device=value.member("device").optional_text(),
        driver=value.member("driver").optional_text(),
        numa_node=value.member("numa_node").optional_number(),
        physfn=value.member("physfn").optional_text(),
        types=tuple(_type(i, v, known) for i, v in figures.entries()) if figures.given else None,
    )


def _type(type_id: str, figure: JsonValue, known: Dict[str, MdevType]) -> MdevType:
    if type_id not in known:
        raise InventoryError(figure.where, figure.value, "figure of a type that `types` does not describe")
    if not isinstance(figure.value, list):
        return known[type_id]._replace(available=figure.optional_number())
    available, instances = figure.pair()
    return known[type_id]._replace(
        available=available.optional_number(),
        instances=tuple(sorted(uuid.text() for uuid in instances.items())) if instances.given else None,
    )


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
