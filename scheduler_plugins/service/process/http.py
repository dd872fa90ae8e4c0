"""An HTTP server for an ASGI application, at a socket that listens already: uvicorn with bounds."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

IDLE_SECONDS = 60
"""How long a connection is kept on which no request has begun; the engine's client keeps its own open."""
STOP_SECONDS = 3
"""How long a stop waits for answers under way."""


class _Connection(H11Protocol):
    """uvicorn's, closed where no request comes: uvicorn waits without end for a first one, and for headers.

    Of uvicorn's two it is the one on h11: the one on httptools takes headers of any length.
    """

    _look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there."""
        super().connection_made(transport)
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        if self._look:
            self._look.cancel()
        super().connection_lost(exc)

    def _look_again(self) -> None:
        self._look = self.loop.call_later(self.timeout_keep_alive, self._close_idle, self.cycle)

    def _close_idle(self, last: "RequestResponseCycle | None") -> None:
        """Where the last request is still the one that it was at the last look."""
        if self.cycle is last and (last is None or last.response_complete):
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
