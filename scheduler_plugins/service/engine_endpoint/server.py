"""XML-RPC where the engine looks for its external scheduler. POST on / and /RPC2, nothing else.

Who asks at once is answered in the thread that took the connection (takers.py), the others by the event loop.
"""

import asyncio
import logging
import socket
import time
from concurrent.futures import Executor

from scheduler_plugins.service.engine_endpoint import xmlrpc
from scheduler_plugins.service.engine_endpoint.external import External
from scheduler_plugins.service.engine_endpoint.rpc_http import RpcConnection, serve_prompt
from scheduler_plugins.service.engine_endpoint.takers import Handing, Takers
from scheduler_plugins.service.process.listening import listen, url_of
from scheduler_plugins.service.questions import Decider

log = logging.getLogger("engine_endpoint")

THREADS = 16
"""The engine asks once per cluster at a time, and each call may have to wait for hosts."""
POLL_SECONDS = 0.01
STOP_SECONDS = 3
"""How long a stop waits for answers under way."""


class EngineEndpoint:
    """Serves the engine's calls until stopped."""

    def __init__(
        self, decider: Decider, pool: Executor, host: str, port: int, threads: int = THREADS
    ) -> None:
        """Who asks at once is answered by one of `threads`, who does not in `pool`.

        Port 0 takes any that is free; `port` then tells which.
        """
        self._threads = threads
        self.host, self.port = host, port
        self._external = External(decider)
        self._pool = pool
        self._takers: Takers | None = None
        self._handing: Handing | None = None
        self._connections: set[RpcConnection] = set()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return url_of(self.host, self.port)

    async def start(self) -> None:
        """Listens; raises OSError where the address cannot be had."""
        listener = listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1)
        self._handing = Handing(asyncio.get_running_loop(), self._connection)
        self._takers = Takers(listener, self._serve, self._threads, "engine_endpoint")
        self._takers.start()
        log.info("Listening url=%s", self.url)

    async def stop(self) -> None:
        """Stops listening, and waits a moment for answers under way."""
        if self._takers is None:
            return
        end = time.monotonic() + STOP_SECONDS
        await self._takers.stop(STOP_SECONDS)
        while any(connection.busy for connection in self._connections) and time.monotonic() < end:
            await asyncio.sleep(POLL_SECONDS)
        for connection in list(self._connections):
            connection.close()
        await asyncio.sleep(0)  # for the connections to close
        self._takers = None

    def _serve(self, sock: socket.socket) -> None:
        """In a thread of the takers'."""
        assert self._handing is not None
        rest = serve_prompt(sock, lambda body: _answer(self._external, body))
        if rest is None:
            sock.close()
        else:
            self._handing.on(sock, rest)

    def _connection(self) -> RpcConnection:
        return RpcConnection(lambda body: _answer(self._external, body), self._pool, self._connections)


def _answer(external: External, body: bytes) -> bytes:
    try:
        method, params = xmlrpc.parse_call(body)
        return xmlrpc.format_result(external.call(method, params))
    except xmlrpc.CallError as error:
        log.warning("Bad call code=%d error=%s", error.code, error)
        return xmlrpc.format_fault(error)
    except Exception:
        log.exception("Fault in a call")
        return xmlrpc.format_fault(xmlrpc.CallError(xmlrpc.INTERNAL, "fault: see the log of mdev-scheduler"))
