"""Starts in flight as rows of the state file, and back: one row for each VM.

So a decision is mostly one statement: the row of the VM that was decided on, and that of the one before,
whose host is known by then. The hosts that a decision answered are mostly those of the last one, and a
thousand of them 37 KB: each list of them has a row of its own, and a VM's row has its name.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from scheduler_plugins.claims.ledger import Ledger
from scheduler_plugins.claims.model import Firm, Start, Unresolved

log = logging.getLogger("claims")

LIST = "hosts/"
"""Begins the key of a list of hosts."""
NAMES_KEPT = 16
Lists = Mapping[str, tuple[str, ...]]
"""Lists of hosts by name."""
ENCODER = json.JSONEncoder(separators=(",", ":"))


class Row(NamedTuple):
    """What is in flight of one VM: mostly one of the two, and both of one that migrates."""

    firm: Firm | None = None
    unresolved: Unresolved | None = None

    def is_left_of(self, other: "Row") -> bool:
        """Whether it holds nothing that the other does not hold."""
        return self.firm in (None, other.firm) and self.unresolved in (None, other.unresolved)


def rows_of(ledger: Ledger) -> dict[str, Row]:
    """Every VM's row, by VM id."""
    rows = {vm_id: Row(claim, ledger.unresolved.get(vm_id)) for vm_id, claim in ledger.firm.items()}
    for vm_id, entry in ledger.unresolved.items():
        if vm_id not in rows:
            rows[vm_id] = Row(None, entry)
    return rows


def ledger_of(rows: Mapping[str, Row]) -> Ledger:
    """The ledger of these rows, oldest first."""
    firm = [(vm_id, row.firm) for vm_id, row in rows.items() if row.firm]
    unresolved = [(vm_id, row.unresolved) for vm_id, row in rows.items() if row.unresolved]
    return Ledger(
        dict(sorted(unresolved, key=lambda item: item[1].at)),
        dict(sorted(firm, key=lambda item: item[1].since)),
    )


def hosts_of(rows: Iterable[Row]) -> set[tuple[str, ...]]:
    """The lists of hosts in these rows."""
    return {row.unresolved.hosts for row in rows if row.unresolved}


@lru_cache(maxsize=NAMES_KEPT)
def name_of(hosts: tuple[str, ...]) -> str:
    """The key of the list's row."""
    return LIST + hashlib.sha256(listed(hosts).encode()).hexdigest()


def listed(hosts: tuple[str, ...]) -> str:
    """The list as text: ids hold no blanks."""
    return " ".join(hosts)


def written(row: Row) -> str:
    """The row as text."""
    told = {
        "firm": None if row.firm is None else _firm_told(row.firm),
        "unresolved": None if row.unresolved is None else _unresolved_told(row.unresolved),
    }
    return ENCODER.encode({part: value for part, value in told.items() if value})


def read(texts: Mapping[str, str]) -> dict[str, Row]:
    """The rows of these texts, by VM id; one that makes no sense is empty, and logged."""
    told = {name: tuple(text.split(" ")) for name, text in texts.items() if name.startswith(LIST)}
    lists = {name: hosts for name, hosts in told.items() if name == name_of(hosts)}
    return {vm_id: _read(vm_id, text, lists) for vm_id, text in texts.items() if vm_id not in lists}


def _read(vm_id: str, text: str, lists: Lists) -> Row:
    try:
        told = _parts(json.loads(text))
        return Row(
            _firm(vm_id, told["firm"]) if "firm" in told else None,
            _unresolved(vm_id, told["unresolved"], lists) if "unresolved" in told else None,
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        log.warning("DAMAGED row left out: table=claims key=%r: %r", vm_id, error)
        return Row()


def _firm_told(claim: Firm) -> dict[str, Any]:
    times = {"since": claim.since, "shown_at": claim.shown_at, "launched_at": claim.launched_at}
    return {**_start_told(claim.start), "host": claim.host_id, "home": claim.home, **times}


def _unresolved_told(entry: Unresolved) -> dict[str, Any]:
    return {
        **_start_told(entry.start),
        "hosts": name_of(entry.hosts),
        "at": entry.at,
        "home": entry.home,
    }


def _start_told(start: Start) -> dict[str, Any]:
    return {"name": start.vm_name, "types": start.types, "uuids": start.uuids}


def _firm(vm_id: str, told: dict[str, Any]) -> Firm:
    shown_at, launched_at = (None if told[k] is None else float(told[k]) for k in ("shown_at", "launched_at"))
    host_id, since = _text(told["host"]), float(told["since"])
    return Firm(_start(vm_id, told), host_id, since, shown_at, launched_at, _home(told))


def _unresolved(vm_id: str, told: dict[str, Any], lists: Lists) -> Unresolved:
    return Unresolved(_start(vm_id, told), lists[_text(told["hosts"])], float(told["at"]), _home(told))


def _home(told: dict[str, Any]) -> str | None:
    return None if told["home"] is None else _text(told["home"])


def _start(vm_id: str, told: dict[str, Any]) -> Start:
    return Start(vm_id, _text(told["name"]), _texts(told["types"]), _texts(told["uuids"]))


def _parts(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() & {"firm", "unresolved"}:
        raise TypeError(f"{value!r:.80} must be an object with firm, unresolved or both")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} must be a list")
    return tuple(_text(item) for item in value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} must be text")
    return value
