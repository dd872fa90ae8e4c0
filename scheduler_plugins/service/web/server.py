"""The web API, for people and programs: it listens at once, and loads what it takes when somebody comes.

Loading its framework takes longer than all the rest of a start, and the engine, which waits for the other
two endpoints, needs none of it. Who comes first waits for it, half a second.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from scheduler_plugins.service.process.listening import listen, url_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from scheduler_plugins.service.process.http import HttpServer

log = logging.getLogger("web_api")


class WebApi:
    """Serves an application until stopped."""

    def __init__(self, load: Callable[[], "ASGIApp"], host: str, port: int) -> None:
        """`load` makes the application, in a thread. Port 0 takes any that is free; `port` tells which."""
        self.host, self.port = host, port
        self._load = load
        self._listener: socket.socket | None = None
        self._server: HttpServer | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return url_of(self.host, self.port)

    async def start(self) -> None:
        """Listens; raises OSError where the address cannot be had."""
        self._listener = listen(self.host, self.port)
        self.port = self._listener.getsockname()[1]
        log.info("Listening url=%s", self.url)

    async def answer(self) -> None:
        """Waits for the first who comes, and answers from then on; raises what `load` raises."""
        assert self._listener is not None, "it listens before it answers"
        await _readable(self._listener)
        self._server = await asyncio.to_thread(self._loaded)
        await self._server.start(self._listener)

    def _loaded(self) -> "HttpServer":
        from scheduler_plugins.service.process.http import HttpServer

        return HttpServer(self._load())

    async def stop(self) -> None:
        """Stops listening, and waits a moment for answers under way."""
        if self._server is not None:
            await self._server.stop()
            self._server = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None


async def _readable(listener: socket.socket) -> None:
    """Returns when somebody has connected."""
    loop, connected = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(listener, connected.set)
    try:
        await connected.wait()
    finally:
        loop.remove_reader(listener)
