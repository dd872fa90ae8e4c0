"""Door 2: XML-RPC where the engine looks for its external scheduler. POST on / and /RPC2, nothing else."""

import asyncio
import logging
from concurrent.futures import Executor

from scheduler_plugins.service import xmlrpc
from scheduler_plugins.service.external import External
from scheduler_plugins.service.listening import listen, url_of
from scheduler_plugins.service.questions import Decider
from scheduler_plugins.service.rpc_http import RpcConnection

log = logging.getLogger("door2")

POLL_SECONDS = 0.01
STOP_SECONDS = 3
"""How long a stop waits for answers under way."""


class Door2:
    """Serves the engine's calls until stopped."""

    def __init__(self, decider: Decider, pool: Executor, host: str, port: int) -> None:
        """Decisions run in `pool`. Port 0 takes any that is free; `port` then tells which."""
        self.host, self.port = host, port
        self._external = External(decider)
        self._pool = pool
        self._server: asyncio.Server | None = None
        self._connections: set[RpcConnection] = set()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return url_of(self.host, self.port)

    async def start(self) -> None:
        """Listens; raises OSError where the address cannot be had."""
        listener = listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, sock=listener)
        log.info("Listening url=%s", self.url)

    async def stop(self) -> None:
        """Stops listening, and waits a moment for answers under way."""
        if self._server is None:
            return
        self._server.close()
        loop = asyncio.get_running_loop()
        end = loop.time() + STOP_SECONDS
        while any(connection.busy for connection in self._connections) and loop.time() < end:
            await asyncio.sleep(POLL_SECONDS)
        for connection in list(self._connections):
            connection.close()
        await asyncio.sleep(0)  # for the connections to close
        self._server = None

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
