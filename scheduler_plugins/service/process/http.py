"""An HTTP server for an ASGI application, at a socket that listens already: uvicorn with bounds."""

import asyncio
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop

from scheduler_plugins.service.process.callers import Callers
from scheduler_plugins.service.process.connection import Bounds, Connection

if TYPE_CHECKING:
    from starlette.types import ASGIApp

STOP_SECONDS = 3
"""How long a stop waits for answers under way."""
HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    # What is told is true at the moment, and nobody else's business.
    ("Cache-Control", "no-store"),
]
"""Of every answer."""
USUAL = Bounds()


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers: signals belong to the process, not to one port."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


class HttpServer:
    """Serves an application, to callers that mean this machine, until stopped."""

    def __init__(self, app: "ASGIApp", bounds: Bounds = USUAL, names: Iterable[str] = ()) -> None:
        """Nothing is served yet; `names` are this machine's beside those of loopback."""
        protocol: Any = partial(Connection, bounds)
        config = uvicorn.Config(
            Callers(app, names),
            http=protocol,
            interface="asgi3",
            ws="none",
            log_config=None,
            access_log=False,
            log_level="warning",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            headers=HEADERS,
            timeout_keep_alive=int(bounds.idle_s) + 1,
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


class HttpThread:
    """A server in a thread of its own, whose event loop no other server has to share."""

    def __init__(self, server: HttpServer, name: str) -> None:
        """`name` is the thread's."""
        self._server = server
        self._loop = uvloop.new_event_loop()
        # Who has a reader that hangs must still be able to end.
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)

    async def start(self, listener: socket.socket) -> None:
        """Answers there from now on; the socket is the server's."""
        self._thread.start()
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._server.start(listener), self._loop))

    async def stop(self) -> None:
        """Stops listening, and waits a moment for answers under way."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop))
        self._loop.call_soon_threadsafe(self._loop.stop)
