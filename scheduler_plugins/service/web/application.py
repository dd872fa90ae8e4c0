"""The web API as an ASGI application that is loaded when somebody asks for the first time.

Its framework takes longer to load than all the rest of a start, and the engine, which waits for the other two
endpoints, needs none of it. Who comes first waits for it, half a second.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


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
        app = await asyncio.shield(self._loading)
        await app(scope, receive, send)
