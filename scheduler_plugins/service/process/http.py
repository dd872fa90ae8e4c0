"""An HTTP server for an ASGI application, at a socket that listens already: uvicorn with bounds."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

IDLE_SECONDS = 60
"""How long a connection is kept on which no request has begun; the engine's client keeps its own open."""
HEADERS_LIMIT = 16 * 1024
STOP_SECONDS = 3
"""How long a stop waits for answers under way."""


class _Connection(HttpToolsProtocol):
    """uvicorn's, with bounds: it would wait without end for a request, and read headers of any length.

    On h11, which bounds them itself, a call takes 0.2 ms longer.
    """

    _look: asyncio.TimerHandle | None = None
    _unread = 0
    """Bytes of headers that have not ended yet."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there."""
        super().connection_made(transport)
        self._look_again()

    def data_received(self, data: bytes) -> None:
        """Part of a request."""
        super().data_received(data)
        self._unread = self._unread + len(data) if self._waits else 0
        if self._unread > HEADERS_LIMIT:
            self.send_400_response("Too many headers.")

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        if self._look:
            self._look.cancel()
        super().connection_lost(exc)

    @property
    def _waits(self) -> bool:
        """No request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _look_again(self) -> None:
        self._look = self.loop.call_later(self.timeout_keep_alive, self._close_idle, self.cycle)

    def _close_idle(self, last: "RequestResponseCycle | None") -> None:
        """Where the last request is still the one that it was at the last look."""
        if self.cycle is last and self._waits:
            self.transport.abort()
        else:
            self._look_again()


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers: signals belong to the process, not to one port."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


class HttpServer:
    """Serves an application until stopped."""

    def __init__(self, app: "ASGIApp") -> None:
        """Nothing is served yet."""
        config = uvicorn.Config(
            app,
            http=_Connection,
            interface="asgi3",
            ws="none",
            log_config=None,
            access_log=False,
            log_level="warning",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self, listener: socket.socket) -> None:
        """Answers there from now on; the socket is the server's."""
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="http")
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0)
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        """Stops listening, and waits a moment for answers under way."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
            self._task = None
