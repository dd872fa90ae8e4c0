"""The log of a process that must not stop: bounded lines, and nobody waits for them to be written.

Standard error may be a journal that hangs, and then whoever writes there hangs, too. So a thread of its own writes,
and what it cannot keep up with is left out. So is what one logger says beyond its share of lines: whoever makes the
service complain fills no disk, and hides no other complaint. Both are counted in a line.
"""

import logging
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from mdev_inventory.visible import visible

LINE_LENGTH = 8192
"""Characters of one record, with its traceback."""
LINES, PERIOD_S = 500, 10.0
"""So many records of one logger are written in so many seconds."""
WAITING = 2000
"""Records that wait to be written."""
FLUSH_S = 1.0
"""So long the end of the process waits for what is still to be written."""


class Shares:
    """Which records are written."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was written yet."""
        self._clock = clock
        self._lines: dict[str, tuple[float, int]] = {}
        """When the logger's period began, and its records since."""

    def left_out(self, logger: str) -> int | None:
        """None: this record of the logger's is one too many; else how many were, before it."""
        now = self._clock()
        began, lines = self._lines.get(logger, (now, 0))
        before = 0
        if now - began >= PERIOD_S:
            began, lines, before = now, 0, max(0, lines - LINES)
        self._lines[logger] = began, lines + 1
        return before if lines < LINES else None


class BoundedHandler(logging.Handler):
    """Writes records to a stream, from a thread of its own."""

    def __init__(self, stream: TextIO | None = None, shares: Shares | None = None) -> None:
        """Standard error unless another stream is given."""
        super().__init__()
        self._stream, self._shares = stream or sys.stderr, shares or Shares()
        self._waiting: queue.Queue[str] = queue.Queue(WAITING)
        self._lost = 0
        # Whoever hangs in a write must not keep the process from ending.
        threading.Thread(target=self._write, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Has it written; returns at once."""
        left_out = self._shares.left_out(record.name)
        if left_out is None:
            return
        if left_out:
            self._put(f"WARNING [{visible(record.name)}] {left_out} lines left out: at most {LINES} in {PERIOD_S:g} s")
        try:
            self._put(shortened(self.format(record)))
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Returns when all is written, or soon."""
        until = time.monotonic() + FLUSH_S
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.002)

    def _put(self, text: str) -> None:
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self._lost += 1

    def _write(self) -> None:
        while True:
            text = self._waiting.get()
            lost, self._lost = self._lost, 0
            try:
                if lost:
                    self._stream.write(f"WARNING [log] {lost} lines lost: they could not be written in time\n")
                self._stream.write(f"{text}\n")
                self._stream.flush()
            except (OSError, ValueError):  # nobody reads any more
                pass
            finally:
                self._waiting.task_done()


def shortened(text: str) -> str:
    """The text, or its begin and how much is left out."""
    if len(text) <= LINE_LENGTH:
        return text
    return f"{text[:LINE_LENGTH]}... ({len(text) - LINE_LENGTH} more characters)"
