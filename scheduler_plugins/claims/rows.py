"""Starts in flight as rows of the state file, and back: one row for each VM.

So a decision is mostly one statement: the row of the VM that was decided on, and that of the one before,
whose host is known by then. The hosts that a decision answered are mostly those of the last one, and a
thousand of them 37 KB: each list of them has a row of its own, and a VM's row has its name.
"""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, Self

from pydantic import BaseModel, ValidationError, model_validator

from scheduler_plugins.claims.life import Claims
from scheduler_plugins.claims.model import Claim, PendingDecision, Start

log = logging.getLogger("claims")

LIST = "hosts/"
"""Begins the key of a list of hosts."""
NAMES_KEPT = 16
Lists = Mapping[str, tuple[str, ...]]
"""Lists of hosts by name."""


class Row(NamedTuple):
    """What is in flight of one VM: mostly one of the two, and both of one that migrates."""

    claim: Claim | None = None
    pending: PendingDecision | None = None

    def is_left_of(self, other: "Row") -> bool:
        """Whether it holds nothing that the other does not hold."""
        return self.claim in (None, other.claim) and self.pending in (None, other.pending)


NOTHING = Row()


class _StartText(BaseModel, strict=True, allow_inf_nan=False):
    name: str
    types: tuple[str, ...]
    uuids: tuple[str, ...]
    home: str | None
    compact: bool = False


class _ClaimText(_StartText, strict=True, allow_inf_nan=False):
    host: str
    since: float
    shown_at: float | None
    launched_at: float | None


class _PendingText(_StartText, strict=True, allow_inf_nan=False):
    hosts: str
    """The name of the list."""
    at: float


class _RowText(BaseModel, strict=True):
    """A row as text: the names of its two parts are those of the first state files."""

    firm: _ClaimText | None = None
    unresolved: _PendingText | None = None

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if self.firm is None and self.unresolved is None:
            raise ValueError("neither firm nor unresolved")
        return self


def rows_of(claims: Claims, known: Mapping[str, Row]) -> dict[str, Row]:
    """The rows by VM id, but for those that are known: of hundreds a decision changes two or three."""
    claim_of, pending_of = claims.by_vm.get, claims.pending.get
    vm_ids = [vm_id for vm_id, claim in claims.by_vm.items() if known.get(vm_id, NOTHING).claim is not claim]
    vm_ids += [vm_id for vm_id, entry in claims.pending.items() if known.get(vm_id, NOTHING).pending is not entry]
    vm_ids += [k for k, row in known.items() if row.pending and k in claims.by_vm and k not in claims.pending]
    vm_ids += [k for k, row in known.items() if row.claim and k in claims.pending and k not in claims.by_vm]
    rows = {vm_id: Row(claim_of(vm_id), pending_of(vm_id)) for vm_id in vm_ids}
    return {vm_id: row for vm_id, row in rows.items() if row != known.get(vm_id)}


def claims_of(rows: Mapping[str, Row]) -> Claims:
    """The claims of these rows, oldest first."""
    claims = [(vm_id, row.claim) for vm_id, row in rows.items() if row.claim]
    pending = [(vm_id, row.pending) for vm_id, row in rows.items() if row.pending]
    return Claims(
        dict(sorted(pending, key=lambda item: item[1].at)), dict(sorted(claims, key=lambda item: item[1].since))
    )


def hosts_of(rows: Iterable[Row]) -> set[tuple[str, ...]]:
    """The lists of hosts in these rows."""
    return {row.pending.hosts for row in rows if row.pending}


@lru_cache(maxsize=NAMES_KEPT)
def name_of(hosts: tuple[str, ...]) -> str:
    """The key of the list's row."""
    return LIST + hashlib.sha256(listed(hosts).encode()).hexdigest()


def listed(hosts: tuple[str, ...]) -> str:
    """The list as text: ids hold no blanks."""
    return " ".join(hosts)


def written(row: Row) -> str:
    """The row as text."""
    parts = {
        **({"firm": _claim_text(row.claim)} if row.claim else {}),
        **({"unresolved": _pending_text(row.pending)} if row.pending else {}),
    }
    return _RowText.model_validate(parts).model_dump_json(exclude_unset=True)


def read(texts: Mapping[str, str]) -> dict[str, Row]:
    """The rows of these texts, by VM id; one that makes no sense is empty, and logged."""
    named = {name: tuple(text.split(" ")) for name, text in texts.items() if name.startswith(LIST)}
    lists = {name: hosts for name, hosts in named.items() if name == name_of(hosts)}
    return {vm_id: _read(vm_id, text, lists) for vm_id, text in texts.items() if vm_id not in lists}


def _read(vm_id: str, text: str, lists: Lists) -> Row:
    try:
        row = _RowText.model_validate_json(text)
        return Row(
            _claim(vm_id, row.firm) if row.firm else None,
            _pending(vm_id, row.unresolved, lists) if row.unresolved else None,
        )
    except (ValidationError, KeyError) as error:
        log.warning("DAMAGED row left out: table=claims key=%r: %r", vm_id, error)
        return Row()


def _claim_text(claim: Claim) -> _ClaimText:
    return _ClaimText(
        name=claim.start.vm_name,
        types=claim.start.types,
        uuids=claim.start.uuids,
        compact=claim.start.compact,
        home=claim.home,
        host=claim.host_id,
        since=claim.since,
        shown_at=claim.shown_at,
        launched_at=claim.launched_at,
    )


def _pending_text(decision: PendingDecision) -> _PendingText:
    return _PendingText(
        name=decision.start.vm_name,
        types=decision.start.types,
        uuids=decision.start.uuids,
        compact=decision.start.compact,
        home=decision.home,
        hosts=name_of(decision.hosts),
        at=decision.at,
    )


def _claim(vm_id: str, text: _ClaimText) -> Claim:
    start = Start(vm_id, text.name, text.types, text.uuids, text.compact)
    return Claim(start, text.host, text.since, text.shown_at, text.launched_at, text.home)


def _pending(vm_id: str, text: _PendingText, lists: Lists) -> PendingDecision:
    start = Start(vm_id, text.name, text.types, text.uuids, text.compact)
    return PendingDecision(start, lists[text.hosts], text.at, text.home)
