"""The ledger of starts in flight as the service keeps it: one at a time changes it, and the store follows.

The lock is held while hosts are judged and the answer is written into the ledger, never while anybody is
asked or anything is written to the disk. Every decision is in the store before its answer goes out.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from mdev_inventory.observation import Observation
from mdev_inventory.store import StoreError
from scheduler_plugins import claim_rows
from scheduler_plugins.claims import Firm, News, Timeouts
from scheduler_plugins.ledger import Ledger

log = logging.getLogger("claims")

ROW_KEPT_S = 30.0
"""For so long a row stays that an inventory has ended: the inventory itself is written a little later, and
without either a service that is killed in between would take the instance for free."""

LOOKED_S = 0.1
"""So long an entry may outlast its time-out: to look at all of them several times in a decision takes longer
than all the rest."""


class ClaimStore(Protocol):
    """What survives the service; may raise StoreError."""

    def claims(self) -> Mapping[str, str]:
        """Every entry by its key."""

    def save_claims(self, put: Mapping[str, str], gone: Iterable[str]) -> None:
        """Write some entries, remove others, in one transaction."""


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
        self._up_to_date: tuple[Ledger, int | None, float] | None = None
        self._observation, self._clock, self._timeouts = observation, clock, timeouts
        self._store = store
        self._rows: dict[str, str] = dict(store.claims()) if store else {}
        self._entries = claim_rows.Rows()
        self._ended: dict[str, float] = {}
        self._ledger = claim_rows.from_rows(self._rows)
        self._lock, self._saving = threading.RLock(), threading.Lock()
        self.trouble = ""
        """Why the store does not follow; empty where it does."""

    @property
    def ledger(self) -> Ledger:
        """What is in flight at this moment."""
        with self._lock:
            now, number = self._clock(), self._number()
            if not self._is_up_to_date(now, number):
                self._ledger = self._ledger.at(now, self._timeouts).seen(self._observation)
                self._up_to_date = self._ledger, number, now
            return self._ledger

    def _is_up_to_date(self, now: float, number: int | None) -> bool:
        """Whether neither an inventory nor time can have ended anything since it was looked."""
        if self._up_to_date is None or number is None:
            return False
        ledger, before, at = self._up_to_date
        return ledger is self._ledger and number == before and 0 <= now - at < LOOKED_S

    @contextmanager
    def alone(self) -> Iterator[Ledger]:
        """What is in flight, and nobody changes it inside but through `replace`."""
        with self._lock:
            yield self.ledger

    def replace(self, change: Callable[[Ledger], Ledger]) -> None:
        """Change the ledger."""
        with self._lock:
            self._ledger = change(self.ledger)

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
            rows = self._entries.of(self.ledger)
            put = {key: text for key, text in rows.items() if self._rows.get(key) != text}
            gone = self._gone(rows, put)
            if not put and not gone:
                return
            try:
                self._store.save_claims(put, gone)
            except StoreError as error:
                self._report(error)
                return
            self._rows = {key: text for key, text in (self._rows | put).items() if key not in gone}
            self.trouble = ""

    def _gone(self, rows: Mapping[str, str], put: Mapping[str, str]) -> set[str]:
        """The keys to remove: at once where the VM has another entry now, else after a while."""
        now = self._clock()
        self._ended = {key: self._ended.get(key, now) for key in self._rows if key not in rows}
        replaced = {key.partition("/")[2] for key in put}
        return {
            key
            for key, since in self._ended.items()
            if key.partition("/")[2] in replaced or abs(now - since) >= ROW_KEPT_S
        }

    def _report(self, error: StoreError) -> None:
        if not self.trouble:
            log.error("Claims not written, a restart would forget them: %s", error)
        self.trouble = str(error)
