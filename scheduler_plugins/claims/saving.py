"""Writing behind a decision's back: whoever decides waits for the disk, but never for long.

A file that another process has locked costs seconds, and a disk that hangs has no end. So one thread writes,
and who asks for it waits until what it changed is written, for `LIMIT_S` at most; while a write takes longer than
that, nobody waits at all. What was not written in time is written when the disk is back.
"""

import logging
import threading
import time
from collections.abc import Callable

LIMIT_S = 0.25
"""So long a decision waits for the disk: a twentieth of the 5 s in which the proxy's plugin must have its answer."""
IDLE_S = 1.0
"""A thread that has had nothing to write for so long ends; the next write starts another."""

log = logging.getLogger("claims")


class Saving:
    """Calls `write` in a thread of its own whenever somebody wants something written; safe for threads."""

    def __init__(self, write: Callable[[], object], timer: Callable[[], float] = time.monotonic) -> None:
        """`write` writes all that has changed until it is called; it raises nothing that is foreseen."""
        self._write, self._timer = write, timer
        self._changed = threading.Condition()
        self._wanted = self._taken_up = self._written = 0
        """How many times something was to be written, and how many of these wishes are taken up, and fulfilled."""
        self._began: float | None = None
        """When the write began that is under way."""
        self._lives = False
        self._was_late = False
        self.fault = ""
        """What the last write raised that nobody foresaw; the log has it all."""

    def save(self, limit_s: float = LIMIT_S) -> bool:
        """Have written what has changed until now; False where that is not done within `limit_s` seconds.

        Does not wait behind a write that has already taken longer than `LIMIT_S`, but where `limit_s` is more.
        """
        with self._changed:
            self._wanted += 1
            mine = self._wanted
            self._start()
            if limit_s <= LIMIT_S and self.late_s:
                return False
            if self._changed.wait_for(lambda: self._written >= mine, limit_s):
                return True
            self._report()
            return False

    @property
    def late_s(self) -> float:
        """For how long (seconds) the write that is under way has taken too long; 0 where none has."""
        began = self._began
        took = 0.0 if began is None else self._timer() - began
        return took if took >= LIMIT_S else 0.0

    def _start(self) -> None:
        if self._lives:
            self._changed.notify_all()
            return
        self._lives = True
        # A daemon: a disk that hangs must not keep the process from ending.
        threading.Thread(target=self._live, name="claims-writer", daemon=True).start()

    def _live(self) -> None:
        while self._next():
            try:
                self._write()
                self.fault = ""
            except Exception as error:
                self.fault = f"{type(error).__name__}: {error}"
                log.exception("Claims not written")
            self._done()

    def _next(self) -> bool:
        """Waits for something to write; False where the thread is to end."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._wanted > self._written, IDLE_S):
                self._lives = False
                return False
            self._taken_up, self._began = self._wanted, self._timer()
            return True

    def _done(self) -> None:
        with self._changed:
            self._written, took, self._began = self._taken_up, self._timer() - (self._began or 0.0), None
            if self._was_late:
                log.info("Claims written after all took=%.1fs", took)
                self._was_late = False
            self._changed.notify_all()

    def _report(self) -> None:
        """Once for every time that the disk does not answer."""
        if not self._was_late:
            log.error("Claims not written within %s s: decisions go on, a restart now would forget them", LIMIT_S)
        self._was_late = True
