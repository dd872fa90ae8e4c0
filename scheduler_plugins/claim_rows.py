"""Starts in flight as rows of the state file, and back."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from scheduler_plugins.claims import Firm, Start, Unresolved
from scheduler_plugins.ledger import Ledger

log = logging.getLogger("claims")

FIRM, UNRESOLVED = "firm", "unresolved"


class Rows:
    """Writes a ledger's entries as rows; each entry once, for most are the same from decision to decision."""

    def __init__(self) -> None:
        """Nothing was written yet."""
        self._written: dict[str, tuple[Firm | Unresolved, str]] = {}

    def of(self, ledger: Ledger) -> dict[str, str]:
        """Every entry by its key, as JSON."""
        entries: dict[str, Firm | Unresolved] = {f"{FIRM}/{k}": claim for k, claim in ledger.firm.items()}
        entries |= {f"{UNRESOLVED}/{k}": entry for k, entry in ledger.unresolved.items()}
        before, self._written = self._written, {}
        for key, entry in entries.items():
            known = before.get(key)
            self._written[key] = known if known and known[0] is entry else (entry, _row(entry))
        return {key: text for key, (_, text) in self._written.items()}


def to_rows(ledger: Ledger) -> dict[str, str]:
    """Every entry by its key, as JSON."""
    return Rows().of(ledger)


def from_rows(rows: Mapping[str, str]) -> Ledger:
    """The ledger of these rows; a row that makes no sense is left out and logged."""
    firm: dict[str, Firm] = {}
    unresolved: dict[str, Unresolved] = {}
    for key, text in rows.items():
        kind, _, vm_id = key.partition("/")
        try:
            row = json.loads(text)
            if kind == FIRM:
                firm[vm_id] = _firm(vm_id, row)
            else:
                unresolved[vm_id] = _unresolved(vm_id, row)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            log.warning("DAMAGED row left out: table=claims key=%r: %r", key, error)
    in_order = sorted(unresolved.items(), key=lambda item: item[1].at)
    return Ledger(dict(in_order), dict(sorted(firm.items(), key=lambda item: item[1].since)))


def _row(entry: Firm | Unresolved) -> str:
    return _firm_row(entry) if isinstance(entry, Firm) else _unresolved_row(entry)


def _firm_row(claim: Firm) -> str:
    times = {"since": claim.since, "shown_at": claim.shown_at, "launched_at": claim.launched_at}
    return _json({**_start_row(claim.start), "host": claim.host_id, "home": claim.home, **times})


def _unresolved_row(entry: Unresolved) -> str:
    return _json({**_start_row(entry.start), "hosts": entry.hosts, "at": entry.at, "home": entry.home})


def _start_row(start: Start) -> dict[str, Any]:
    return {"name": start.vm_name, "types": start.types, "uuids": start.uuids}


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"))


def _firm(vm_id: str, row: dict[str, Any]) -> Firm:
    shown_at, launched_at = (None if row[k] is None else float(row[k]) for k in ("shown_at", "launched_at"))
    host_id, since = _text(row["host"]), float(row["since"])
    return Firm(_start(vm_id, row), host_id, since, shown_at, launched_at, _home(row))


def _unresolved(vm_id: str, row: dict[str, Any]) -> Unresolved:
    return Unresolved(_start(vm_id, row), _texts(row["hosts"]), float(row["at"]), _home(row))


def _home(row: dict[str, Any]) -> str | None:
    return None if row["home"] is None else _text(row["home"])


def _start(vm_id: str, row: dict[str, Any]) -> Start:
    return Start(vm_id, _text(row["name"]), _texts(row["types"]), _texts(row["uuids"]))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} must be a list")
    return tuple(_text(item) for item in value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} must be text")
    return value
