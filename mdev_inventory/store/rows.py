"""Rows of the state file as our objects, and back.

Reading trusts nothing: a disk may have changed any byte. Every reader takes one row's columns and raises
ValueError, TypeError or RecursionError where they make no sense.
"""

import json
import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

from mdev_inventory import inventory_json
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation, Source
from mdev_inventory.store.gone import MOST_GONE, Gone, Kind
from mdev_inventory.vdsm import key_reader

Row = tuple[object, ...]
BAD_ROW = (ValueError, TypeError, RecursionError)


def host_row(host: Host) -> Row:
    """A host's columns."""
    return host.id, host.name, host.address, host.port, host.status, host.cluster_id, int(host.separate)


def host(host_id: Any, name: Any, address: Any, port: Any, status: Any, cluster: Any, separate: Any) -> Host:
    """The host of these columns."""
    if type(port) is not int or separate not in (0, 1):
        raise ValueError(f"port {port!r} must be a number, separate {separate!r} 0 or 1")
    return Host(_text(host_id), _text(name), _text(address), port, _text(status), _text(cluster), bool(separate))


def observation_row(seen: Observation) -> Row:
    """An observation's columns; the inventory in the form of the capabilities' key."""
    inventory = inventory_json.dump_key(seen.inventory)
    owners = None if seen.owners is None else json.dumps(dict(seen.owners))
    carried = json.dumps(dict(seen.carried))
    return seen.host_id, seen.source.value, seen.requested_at, seen.received_at, inventory, owners, carried


def observation(
    host_id: Any, source: Any, requested_at: Any, received_at: Any, key: Any, owners: Any, carried: Any
) -> Observation:
    """The observation of these columns; its failure is a row of its own, and who arrives is soon over."""
    return Observation(
        host_id=_text(host_id),
        inventory=key_reader.from_key(from_json(_text(key))),
        source=Source(source),
        requested_at=_time(requested_at),
        received_at=_time(received_at),
        owners=None if owners is None else _owners(json.loads(_text(owners))),
        carried=_carried(json.loads(_text(carried))),
    )


def _owners(owners: Any) -> dict[str, str]:
    if not isinstance(owners, dict):
        raise TypeError(f"owners {owners!r} must be an object")
    return {_text(uuid): _text(vm_id) for uuid, vm_id in owners.items()}


def _carried(carried: Any) -> dict[str, float]:
    if not isinstance(carried, dict):
        raise TypeError(f"carried {carried!r} must be an object")
    return {_text(address): _time(at) for address, at in carried.items()}


def gone_row(host_id: str, gone: Iterable[Gone]) -> Row:
    """The columns of what a host had."""
    return host_id, json.dumps(list(gone))


def gone(host_id: Any, entries: Any) -> tuple[Gone, ...]:
    """What the host of these columns had."""
    _text(host_id)
    listed = json.loads(_text(entries))
    if not isinstance(listed, list):
        raise TypeError(f"{entries!r} must be a list")
    return tuple(_gone(*entry) for entry in listed[:MOST_GONE])


def _gone(kind: Any, thing: Any, name: Any, last_seen: Any, since: Any) -> Gone:
    return Gone(Kind(kind), _text(thing), _text(name), _time(last_seen), _time(since))


def failure_row(failed: HostFailure) -> Row:
    """A failure's columns."""
    return failed.host_id, failed.code, failed.text, failed.at


def failure(host_id: Any, code: Any, text: Any, at: Any) -> HostFailure:
    """The failure of these columns."""
    return HostFailure(_text(host_id), _text(code), _text(text), _time(at))


def vm_row(known: KnownVm) -> Row:
    """A known VM's columns."""
    types, devices = json.dumps(known.types), json.dumps(known.devices)
    return known.id, known.name, types, known.seen_at, devices, known.cluster_id


def vm(vm_id: Any, name: Any, types: Any, seen_at: Any, devices: Any, cluster: Any) -> KnownVm:
    """The known VM of these columns."""
    return KnownVm(_text(vm_id), _text(name), _texts(types), _time(seen_at), _texts(devices), _text(cluster))


@lru_cache(maxsize=4096)
def _texts(column: Any) -> tuple[str, ...]:
    """The texts of a list: ten thousand VMs ask for a few dozen things."""
    listed = json.loads(_text(column))
    if not isinstance(listed, list):
        raise TypeError(f"{column!r} must be a list")
    return tuple(_text(item) for item in listed)


def entry(key: Any, entry: Any) -> str:
    """The entry of these columns; what it means is the scheduler's matter."""
    _text(key)
    return _text(entry)


def booted_at(boot_id: Any, booted_at: Any) -> float:
    """When the machine was booted, of these columns."""
    _text(boot_id)
    return _time(booted_at)


def writable(value: object) -> object:
    """The value as SQLite takes it: text that UTF-8 cannot hold gets a question mark there."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value


def readable(raw: bytes) -> str:
    """SQLite's text; bytes that are no UTF-8 are smuggled through, for `_text` to refuse that row alone."""
    return raw.decode("utf-8", "surrogateescape")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} must be text")
    if not value.isascii():
        value.encode()
    return value


def _time(value: object) -> float:
    if not isinstance(value, float) or not math.isfinite(value):
        raise ValueError(f"{value!r} must be a time in seconds")
    return value
