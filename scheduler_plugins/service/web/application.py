"""The web API as an ASGI application that is loaded when somebody asks for the first time.

Its framework takes longer to load than all the rest of a start, and the engine, which waits for the other two
endpoints, needs none of it. Who comes first waits for it, half a second.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


READERS_AT_ONCE = 4
"""Threads that work for readers: decisions share the interpreter with them."""


class WebApi:
    """Hands every request on to an application."""

    def __init__(self, load: Callable[[], "ASGIApp"]) -> None:
        """`load` makes the application, in a thread."""
        self._load = load
        self._loading: asyncio.Future[ASGIApp] | None = None

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request."""
        if self._loading is None:
            self._loading = asyncio.ensure_future(asyncio.to_thread(self._load))
            self._loading.add_done_callback(_limit_threads)
        app = await asyncio.shield(self._loading)
        await app(scope, receive, send)


def _limit_threads(_: object) -> None:
    """Of this event loop, in which nobody else works; the framework's own limit is 40."""
    from anyio import to_thread

    to_thread.current_default_thread_limiter().total_tokens = READERS_AT_ONCE
