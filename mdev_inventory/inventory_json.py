"""The inventory's two JSON forms, as they are written; `key_reader` reads the first.

The *key* is what a host's capabilities carry under `mdev_inventory`. VDSM logs every capabilities answer
in full, so each byte counts: what describes a type stands once per host in `types`, the figures stand per
parent, in the order of `types`. Where a parent describes a type otherwise than the first parent that has it
(cards under two drivers), that parent carries a `types` of its own with the whole description of just these.

    {"schema": 2, "collected_at": ..., "boot_id": ..., "hook_version": ...,
     "types": [[ID, name, description, device_api], ...],
     "parents": [{"address": ..., "vendor": ..., "device": ..., "driver": ..., "numa_node": ...,
                  "physfn": ..., "figures": [FIGURE, ...], "types": [[ID, ...], ...]}],
     "errors": [{"path": ..., "error": ...}],
     "cut": {"bus": true, "parents": [ADDRESS, ...], "texts": [ADDRESS, ...], "cards": true,
             "stuck": [path, ...]},
     "bare_cards": [{"address": ..., MEMBER: ..., ...}], "kernel": ..., "modules": [name, ...]}

FIGURE is available_instances (null where unknown), or [available_instances, INSTANCES] where there are
instances, or [available_instances, null] where they are unknown. INSTANCES is one text of 22 characters for
each, its UUID in base64 (RFC 4648) without padding, or a list of texts where some are no UUIDs. `figures` is
an object by type id where the parent has not just the host's types, and null where they could not be listed.

`cut` stands only where time did not suffice, with the members that there are (`model.Cut`); a reader that does
not know it takes what is missing for unknown. `bare_cards`, and with them `kernel` and `modules`, stand only where
there are some, with the members of `model.BareCard` that are not as its defaults. Members may be added so without
a new schema: readers skip those that they do not know.

Schema 1, which is read as well, has `types` as objects by id with named members, `figures` always by type id,
and instances always as a list.

The *document* is the long form for people and programs (`mdev-scheduler scan --json`), in which null
stands for whatever is not known.

Runs on Python 3.6: the VDSM hook imports it, and for its sake nothing here reads.
"""

import json
from binascii import b2a_base64
from typing import Any, Dict, List, Optional, Sequence

from mdev_inventory.model import SCHEMA, BareCard, Cut, HostInventory, MdevType, ParentDevice

_Json = Dict[str, Any]

# Characters of a UUID in base64 without padding.
PACKED = 22


def dump_key(inventory: HostInventory) -> str:
    """The key as JSON text, ASCII, without blanks."""
    return json.dumps(to_key(inventory), separators=(",", ":"))


def to_key(inventory: HostInventory) -> _Json:
    """The compact form for the capabilities; `from_key` restores the very same inventory."""
    types = {}  # type: Dict[str, List[str]]
    for parent in inventory.parents:
        for mdev_type in parent.types or ():
            types.setdefault(mdev_type.id, _describe(mdev_type))
    key = {
        "schema": SCHEMA,
        "collected_at": inventory.collected_at,
        "boot_id": inventory.boot_id,
        "hook_version": inventory.hook_version,
        "types": list(types.values()),
        "parents": [_parent_to_key(parent, types) for parent in inventory.parents],
        "errors": _errors(inventory),
    }
    return dict(key, **_seldom(inventory))


def _seldom(inventory: HostInventory) -> _Json:
    """The members that stand only where there is something to tell."""
    told = {"kernel": inventory.kernel, "modules": list(inventory.modules)}  # type: _Json
    told["bare_cards"] = [_of_interest(card) for card in inventory.bare_cards]
    told["cut"] = inventory.cut and _cut(inventory.cut)
    return {member: value for member, value in told.items() if value or value == {}}


def _of_interest(card: BareCard) -> _Json:
    """The members that say something else than a card of which nothing is known."""
    usual = BareCard(card.address)._asdict()
    told = {member: value for member, value in card._asdict().items() if value != usual[member]}
    return dict(told, address=card.address)


def _cut(cut: Cut) -> _Json:
    """Only what there is of it."""
    return {member: value for member, value in cut._asdict().items() if value}


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
    if not uuid or uuid_of(raw) != uuid:
        return None
    return b2a_base64(raw, newline=False)[:PACKED].decode("ascii")


def uuid_of(raw: bytes) -> str:
    """The text of a UUID; empty where there are not 16 bytes."""
    text = raw.hex()
    if len(text) != 32:
        return ""
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _errors(inventory: HostInventory) -> Any:
    return [{"path": e.path, "error": e.error} for e in inventory.errors]


def to_document(inventory: HostInventory) -> _Json:
    """The long form: every parent with every type, null for what is not known."""
    document = {"parents": [_parent_to_document(parent) for parent in inventory.parents], "errors": _errors(inventory)}
    return dict(document, **_seldom(inventory))


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
