"""The ledger of starts in flight as the service keeps it: one at a time changes it, and the store follows.

The lock is held while hosts are judged and the answer is written into the ledger, never while anybody is
asked or anything is written to the disk. Every decision is in the store before its answer goes out.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from mdev_inventory.observation import Observation
from mdev_inventory.store.file import StoreError
from scheduler_plugins.claims import rows as claim_rows
from scheduler_plugins.claims.ledger import Ledger
from scheduler_plugins.claims.model import Firm, News, Timeouts
from scheduler_plugins.claims.rows import Row

log = logging.getLogger("claims")

ROW_KEPT_S = 30.0
"""For so long a row stays that an inventory has ended: the inventory itself is written a little later, and
without either a service that is killed in between would take the instance for free."""

LISTS_KEPT = 16
"""So many lists of hosts are in the store before those that no row names are removed."""


class ClaimStore(Protocol):
    """What survives the service; may raise StoreError."""

    def claims(self) -> Mapping[str, str]:
        """Every VM's row, by VM id."""

    def save_claims(self, put: Mapping[str, str], gone: Collection[str]) -> None:
        """Write some rows, remove others, in one transaction."""


class Looked(NamedTuple):
    """The ledger, and when it was looked whether an inventory or time has ended anything of it."""

    ledger: Ledger
    number: int | None
    """Of the last change of inventories by then."""
    at: float
    until: float
    """Then an entry will have lasted too long."""


class Book:
    """Keeps the ledger; safe for threads."""

    def __init__(
        self,
        observation: Callable[[str], Observation | None],
        clock: Callable[[], float],
        timeouts: Timeouts,
        store: ClaimStore | None = None,
        number: Callable[[], int | None] = lambda: None,
    ) -> None:
        """Starts with what the store remembers; raises StoreError.

        `number` counts the changes of observations; None where nobody does.
        """
        self._number = number
        self._observation, self._clock, self._timeouts = observation, clock, timeouts
        self._store = store
        texts = store.claims() if store else {}
        self._rows = claim_rows.read(texts)
        self._lists: Set[str] = texts.keys() - self._rows.keys()
        self._ended: dict[str, float] = {}
        self._looked = Looked(claim_rows.ledger_of(self._rows), None, 0.0, 0.0)
        self._lock, self._saving = threading.RLock(), threading.Lock()
        self.trouble = ""
        """Why the store does not follow; empty where it does."""

    @property
    def ledger(self) -> Ledger:
        """What is in flight at this moment."""
        looked, now, number = self._looked, self._clock(), self._number()
        if looked.number == number is not None and looked.at <= now < looked.until:
            return looked.ledger
        with self._lock:
            ledger = self._looked.ledger.at(now, self._timeouts).seen(self._observation)
            self._looked = Looked(ledger, number, now, ledger.holds_until(self._timeouts))
            return ledger

    @contextmanager
    def alone(self) -> Iterator[Ledger]:
        """What is in flight, and nobody changes it inside but through `replace`."""
        with self._lock:
            yield self.ledger

    def replace(self, change: Callable[[Ledger], Ledger]) -> None:
        """Change the ledger: what any change adds, no inventory of before can end."""
        with self._lock:
            changed = change(self.ledger)
            self._looked = self._looked._replace(ledger=changed, until=changed.holds_until(self._timeouts))

    def hear(self, news: News, met: Iterable[Firm] = ()) -> None:
        """The engine said where VMs are, and that some of which we know no decision start: `met`."""
        self.replace(lambda ledger: self.supposing(ledger, news, met))

    def supposing(self, ledger: Ledger, news: News, met: Iterable[Firm]) -> Ledger:
        """What the ledger would be after these news; nothing changes."""
        return ledger.told(news, self._timeouts).met(met).seen(self._observation)

    def save(self) -> None:
        """Write what has changed, in one small transaction; decisions made meanwhile are written along.

        A store that fails costs what a restart would remember, not the decision; it is tried again next time.
        """
        if self._store is None:
            return
        with self._saving:
            put, gone = self._changes(claim_rows.rows_of(self.ledger))
            if not put and not gone:
                return
            lists = {claim_rows.name_of(hosts): hosts for hosts in claim_rows.hosts_of(put.values())}
            texts = {name: claim_rows.listed(lists[name]) for name in lists.keys() - self._lists}
            texts |= {key: claim_rows.written(row) for key, row in put.items()}
            unused = self._unused_lists(lists.keys())
            try:
                self._store.save_claims(texts, [*gone, *unused])
            except StoreError as error:
                self._report(error)
                return
            self._lists = (self._lists | lists.keys()) - unused
            self._rows.update(put)
            for key in gone:
                del self._rows[key]
            self.trouble = ""

    def _unused_lists(self, wanted: Set[str]) -> Set[str]:
        """The lists of hosts to remove: now and then, for the next decision often answers the same hosts."""
        if len(self._lists) < LISTS_KEPT:
            return set()
        return self._lists - wanted - set(map(claim_rows.name_of, claim_rows.hosts_of(self._rows.values())))

    def _changes(self, rows: Mapping[str, Row]) -> tuple[dict[str, Row], list[str]]:
        """The rows to write, and the keys of those to remove: what only ended is still kept for a while."""
        now, ended, self._ended = self._clock(), self._ended, {}
        put = {key: row for key, row in rows.items() if self._rows.get(key) != row}
        over = [key for key in self._rows if key not in rows]
        lessened = [key for key, row in put.items() if key in self._rows and row.is_left_of(self._rows[key])]
        for key in (*over, *lessened):
            since = ended.get(key, now)
            if abs(now - since) < ROW_KEPT_S:
                self._ended[key] = since
                put.pop(key, None)
        return put, [key for key in over if key not in self._ended]

    def _report(self, error: StoreError) -> None:
        if not self.trouble:
            log.error("Claims not written, a restart would forget them: %s", error)
        self.trouble = str(error)
