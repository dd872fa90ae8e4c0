"""An HTTP server on a port of its own, several of which share one process and one event loop."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

log = logging.getLogger("http")

BACKLOG = 512
STOP_SECONDS = 3
"""How long a stop waits for answers under way."""


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers: signals belong to the process, not to one port."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


class HttpDoor:
    """Serves an application until stopped."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        """Port 0 takes any that is free; `port` then tells which."""
        self.host, self.port = host, port
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            log_level="warning",
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return url_of(self.host, self.port)

    async def start(self) -> None:
        """Listens; raises OSError where the address cannot be had."""
        listener = listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name=f"http {self.port}")
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.01)
        if self._task.done():
            self._task.result()
        log.info("Listening url=%s", self.url)

    async def stop(self) -> None:
        """Stops listening, and waits a moment for answers under way."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
            self._task = None


def url_of(host: str, port: int) -> str:
    """The address of a door, without a path."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Without it, a restart would have to wait until the last connections are forgotten.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
