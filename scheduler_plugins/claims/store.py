"""The claims as the service keeps them: one at a time changes them, and the state file follows.

The lock is held while hosts are judged and the answer is entered, never while anybody is asked or anything is
written to the disk. Every decision is in the state file before its answer goes out, unless the disk takes too long
for that (`saving.py`).
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Protocol

from mdev_inventory.store.file import StoreError
from scheduler_plugins.claims import rows as claim_rows
from scheduler_plugins.claims.life import Claims, Observations
from scheduler_plugins.claims.model import Claim, Timeouts, VmLocations
from scheduler_plugins.claims.rows import Row
from scheduler_plugins.claims.saving import LIMIT_S, Saving

log = logging.getLogger("claims")

ROW_KEPT_S = 30.0
"""For so long a row stays that an inventory has ended: the inventory itself is written a little later, and
without either a service that is killed in between would take the instance for free."""

LISTS_KEPT = 16
"""So many lists of hosts are in the state file before those that no row names are removed."""


class ClaimTable(Protocol):
    """What survives the service; may raise StoreError."""

    def claims(self) -> Mapping[str, str]:
        """Every VM's row, by VM id."""

    def save_claims(self, put: Mapping[str, str], gone: Collection[str]) -> None:
        """Write some rows, remove others, in one transaction."""


class ClaimStore:
    """Keeps the claims; safe for threads."""

    def __init__(
        self,
        observations: Callable[[], Observations],
        clock: Callable[[], float],
        timeouts: Timeouts,
        table: ClaimTable | None = None,
    ) -> None:
        """Starts with what the table remembers; raises StoreError.

        `observations` gives those of now: the same mapping until one of them is another.
        """
        self._observations, self._clock, self._timeouts = observations, clock, timeouts
        self._table = table
        texts = table.claims() if table else {}
        self._rows = claim_rows.read(texts)
        self._lists: Set[str] = texts.keys() - self._rows.keys()
        self._ended: dict[str, float] = {}
        self._claims = claim_rows.claims_of(self._rows)
        self._applied: Claims | None = None
        """As they were when the inventories that were `_seen` were last applied to them."""
        self._seen: Observations = {}
        self._kept: Claims | None = None
        """As they were when all of them was last written, and nothing is left to remove."""
        self._lock, self._saving = threading.RLock(), Saving(self._write)
        self._failed = ""

    @property
    def trouble(self) -> str:
        """Why the state file does not follow; empty where it does."""
        late = self._saving.late_s
        return f"the state file has not taken them for {late:.1f} s" if late else self._saving.fault or self._failed

    @property
    def claims(self) -> Claims:
        """What is in flight at this moment."""
        with self._lock:
            claims, seen = self._claims.expire(self._clock(), self._timeouts), self._observations()
            if claims is not self._applied or seen is not self._seen:  # a decision asks ten times, mostly in vain
                claims = claims.apply_inventories(seen)
            self._claims, self._applied, self._seen = claims, claims, seen
            return claims

    @contextmanager
    def alone(self) -> Iterator[Claims]:
        """What is in flight, and nobody changes it inside but through `replace`."""
        with self._lock:
            yield self.claims

    def replace(self, change: Callable[[Claims], Claims]) -> None:
        """Change the claims: what any change adds, no inventory of before can end."""
        with self._lock:
            self._claims = change(self.claims)

    def apply_locations(self, locations: VmLocations, unplanned: Iterable[Claim] = ()) -> None:
        """The engine said where VMs are, and that some start of which we know no decision."""
        self.replace(lambda claims: self.supposing(claims, locations, unplanned))

    def supposing(self, claims: Claims, locations: VmLocations, unplanned: Iterable[Claim]) -> Claims:
        """What the claims would be by these locations; nothing changes."""
        applied = claims.apply_locations(locations, self._timeouts).add_unplanned(unplanned)
        return applied.apply_inventories(self._observations())

    def save(self, limit_s: float = LIMIT_S) -> None:
        """Have written what has changed; decisions made meanwhile are written along.

        A state file that fails, or is not done within so many seconds, costs what a restart would remember, not
        the decision. It is tried again.
        """
        if self._table is not None and self.claims is not self._kept:
            self._saving.save(limit_s)

    def _write(self) -> None:
        """Write what has changed, in one small transaction."""
        assert self._table is not None
        claims = self.claims
        put, gone = self._changes(claims)
        if not put and not gone:
            self._failed, self._kept = "", None if self._ended else claims
            return
        lists = {claim_rows.name_of(hosts): hosts for hosts in claim_rows.hosts_of(put.values())}
        texts = {name: claim_rows.listed(lists[name]) for name in lists.keys() - self._lists}
        texts |= {key: claim_rows.written(row) for key, row in put.items()}
        unused = self._unused_lists(lists.keys())
        try:
            self._table.save_claims(texts, [*gone, *unused])
        except StoreError as error:
            self._report(error)
            return
        self._lists = (self._lists | lists.keys()) - unused
        self._rows.update(put)
        for key in gone:
            del self._rows[key]
        self._failed, self._kept = "", None if self._ended else claims

    def _unused_lists(self, wanted: Set[str]) -> Set[str]:
        """The lists of hosts to remove: now and then, for the next decision often answers the same hosts."""
        if len(self._lists) < LISTS_KEPT:
            return set()
        return self._lists - wanted - set(map(claim_rows.name_of, claim_rows.hosts_of(self._rows.values())))

    def _changes(self, claims: Claims) -> tuple[dict[str, Row], list[str]]:
        """The rows to write, and the keys of those to remove: what only ended is still kept for a while."""
        now, ended, self._ended = self._clock(), self._ended, {}
        put = claim_rows.rows_of(claims, self._rows)
        over = [key for key in self._rows if key not in claims.by_vm and key not in claims.pending]
        lessened = [key for key, row in put.items() if key in self._rows and row.is_left_of(self._rows[key])]
        for key in (*over, *lessened):
            since = ended.get(key, now)
            if abs(now - since) < ROW_KEPT_S:
                self._ended[key] = since
                put.pop(key, None)
        return put, [key for key in over if key not in self._ended]

    def _report(self, error: StoreError) -> None:
        if not self._failed:
            log.error("Claims not written, a restart would forget them: %s", error)
        self._failed = str(error)
