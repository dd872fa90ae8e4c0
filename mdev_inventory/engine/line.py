"""A connection that is cut at its deadline, and the deadline.

`cutter` cuts it: it shuts down a second descriptor of the same socket, which wakes the thread that reads from
it. The second descriptor is needed because TLS takes the first one away during the handshake, and because its
number cannot be reused by another connection while we hold it. Only resolving the engine's name is out of
reach: the resolver's own limits (resolv.conf) hold for that.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from mdev_inventory.engine.cutter import CUTTER


class Deadline:
    """A moment by which a call has to be over."""

    def __init__(self, seconds: float) -> None:
        """`seconds` from now."""
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())


class CutError(Exception):
    """The deadline passed, and the connection was cut."""


class Line:
    """The one connection of a session, held by a second descriptor so that it can be cut."""

    def __init__(self) -> None:
        """No connection yet."""
        self._lock = threading.Lock()
        self._end: socket.socket | None = None
        self._closed = False
        self._cut = False
        self._exchange = 0

    def attach(self, sock: socket.socket) -> None:
        """A connection was made; one made after the deadline is cut at once."""
        with self._lock:
            self._drop()
            self._end, self._closed = sock.dup(), False
            if self._cut:
                self._shut()

    def closed(self) -> None:
        """The connection was closed by its owner, who may still be reading the answer: `guard` lets go."""
        self._closed = True

    def drop(self) -> None:
        """Let go of the second descriptor."""
        with self._lock:
            self._drop()

    @contextmanager
    def guard(self, deadline: Deadline) -> Iterator[None]:
        """Cut the connection at the deadline; CutError then, whatever the cut itself looked like."""
        appointment = CUTTER.after(deadline.left(), partial(self._cut_now, self._exchange))
        error: Exception | None = None
        try:
            yield
        except Exception as caught:
            error = caught
        finally:
            appointment.cancel()
            was_cut = self._settle()
        if was_cut:
            raise CutError from error
        if error is not None:
            raise error

    def _settle(self) -> bool:
        """After an exchange: whether it was cut. A cut that is late by now finds another number."""
        with self._lock:
            was_cut, self._cut = self._cut, False
            self._exchange += 1
            if was_cut or self._closed:
                self._drop()
        return was_cut

    def _cut_now(self, exchange: int) -> None:
        with self._lock:
            if exchange == self._exchange:
                self._cut = True
                self._shut()

    def _shut(self) -> None:
        if self._end is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._end, socket.SHUT_RDWR)

    def _drop(self) -> None:
        if self._end is not None:
            self._end.close()
            self._end = None
