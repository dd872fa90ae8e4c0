"""One HTTP connection with bounds: what a caller may hold, and for how long, whatever it does or does not.

uvicorn alone would wait without end for a request and for an answer to be read, and take headers of any length and
connections of any number. Where there are too many connections, those go first whose callers keep us waiting, so
that nobody can keep others out by holding connections.
"""

import asyncio
import socket
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the callers of one server may take; times in seconds."""

    connections: int = 256
    idle_s: float = 60.0
    """How long a connection is kept on which no request has begun; the engine's client keeps its own open."""
    headers_s: float = 5.0
    """From the first byte of a request to the end of its headers."""
    unread_s: float = 30.0
    """For an answer to be read."""
    headers: int = 16 * 1024
    """Bytes."""


class Connection(HttpToolsProtocol):
    """uvicorn's, with bounds. On h11, which bounds headers itself, a call takes 0.2 ms longer."""

    def __init__(self, bounds: Bounds, **theirs: Any) -> None:
        """`theirs` is what uvicorn gives to its protocols."""
        super().__init__(**theirs)
        self._bounds = bounds
        self._timer: asyncio.TimerHandle | None = None
        self.since = 0.0
        """When it began to wait for its caller, by the loop's clock."""
        self._unread = 0
        """Bytes of headers that have not ended yet."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there: perhaps one too many."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wait(self._bounds.idle_s)
        if len(self.connections) > self._bounds.connections:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Part of a request."""
        if self._idle and not self._unread:
            self._wait(self._bounds.headers_s)
        super().data_received(data)
        if not self._idle:
            self._unread = 0
            self._wait(None)
            return
        self._unread += len(data)
        if self._unread > self._bounds.headers and not self.transport.is_closing():
            self.send_400_response("Too many headers.")

    def on_response_complete(self) -> None:
        """An answer was given; it may not have been read yet."""
        super().on_response_complete()
        self._unread = 0
        if self._idle:
            unread = self.transport.get_write_buffer_size()
            self._wait(self._bounds.unread_s if unread else self._bounds.idle_s)

    def pause_writing(self) -> None:
        """The caller does not read as fast as it is answered."""
        super().pause_writing()
        self._wait(self._bounds.unread_s)

    def resume_writing(self) -> None:
        """It has read most of it."""
        super().resume_writing()
        if self.flow and self.transport and not self.transport.is_closing():
            self._wait(self._bounds.idle_s if self._idle else None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        super().connection_lost(exc)
        self._wait(None)

    @property
    def keeps_us_waiting(self) -> bool:
        """Its caller is to send or to read something; no answer is being worked out."""
        return self._idle or self.cycle.more_body or self.flow.write_paused

    @property
    def _idle(self) -> bool:
        """No request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _wait(self, seconds: float | None) -> None:
        """For the caller, so long at most; None where it is we who have to do something."""
        if self._timer:
            self._timer.cancel()
        self.since = self.loop.time()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self.transport.abort()

    def _make_room(self) -> None:
        """Ends the connection that has kept us waiting for the longest time; this one where there is none."""
        others = [other for other in self.connections if isinstance(other, Connection) and other is not self]
        waiting = [other for other in others if other.keeps_us_waiting]
        min(waiting, key=lambda other: other.since, default=self).transport.abort()
