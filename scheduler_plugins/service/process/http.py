"""An HTTP server for an application, on a socket that listens already."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

STOP_SECONDS = 3
"""How long a stop waits for answers under way."""


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers: signals belong to the process, not to one port."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


class HttpServer:
    """Serves an application until stopped."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            # The other one, which uvicorn would take since it is installed, reads headers without end.
            http="h11",
            log_config=None,
            access_log=False,
            log_level="warning",
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self, listener: socket.socket) -> None:
        """Answers there from now on; the socket is the server's."""
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="http")
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.01)
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        """Stops listening, and waits a moment for answers under way."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
            self._task = None
