"""The proxy socket: the unix socket that the proxy's plugin file asks, one question a connection.

Who asks at once is answered in the thread that took the connection (takers.py), the others by the event loop.
The socket belongs to the group that the proxy runs in and is closed to everybody else: who may
connect may ask, there is no other authentication. A client that sends nothing is dropped.
"""

import asyncio
import logging
import socket
import stat
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path

from scheduler_plugins.errors import SchedulerError
from scheduler_plugins.service.engine_endpoint.takers import PROMPT_S, Handing, Takers
from scheduler_plugins.service.process.groups import give_to
from scheduler_plugins.service.proxy_socket import line
from scheduler_plugins.service.questions import Decider, answer

log = logging.getLogger("proxy_socket")

MODE = 0o660
BACKLOG = 1024
"""Connections waiting to be taken: a unix socket refuses at once where the backlog is full."""
RECEIVED = 64 * 1024
"""Bytes read at once at most."""
THREADS = 16
"""The proxy asks once per unit of a call at a time, and each of them may have to wait for hosts."""
STOP_SECONDS = 2.0
POLL_SECONDS = 0.01


class EndpointError(Exception):
    """An endpoint that cannot be opened; the text says which, why, and what to do."""


class ProxySocket:
    """Serves the line protocol at a path until stopped."""

    def __init__(
        self,
        path: Path,
        decider: Decider,
        pool: Executor,
        group: str | None = None,
        idle_s: float = 5.0,
        threads: int = THREADS,
    ) -> None:
        """`idle_s` is how long a client may take to ask, and to read.

        Who asks at once is answered by one of `threads`, who does not in `pool`.
        """
        self._threads = threads
        self.path = path
        self.idle_s = idle_s
        self._decider = decider
        self._pool = pool
        self._group = group
        self._takers: Takers | None = None
        self._handing: Handing | None = None
        self._calls: set[_Call] = set()

    async def start(self) -> None:
        """Listens; raises EndpointError."""
        try:
            listener = await asyncio.to_thread(_listen, self.path, self._group)
        except OSError as error:
            raise EndpointError(f"cannot listen at {self.path}: {error.strerror or error}") from error
        loop = asyncio.get_running_loop()
        self._handing = Handing(loop, lambda: _Call(self._calls, self._ask, self.idle_s))
        self._takers = Takers(listener, self._serve, self._threads, "proxy_socket")
        self._takers.start()
        log.info("Listening path=%s group=%s", self.path, self._group)

    async def stop(self) -> None:
        """Stops listening, lets calls that run finish for a moment, removes the socket's file."""
        if self._takers is None:
            return
        self.path.unlink(missing_ok=True)
        end = time.monotonic() + STOP_SECONDS
        await self._takers.stop(STOP_SECONDS)
        while self._calls and time.monotonic() < end:
            await asyncio.sleep(POLL_SECONDS)
        for call in list(self._calls):
            call.abort()
        await asyncio.sleep(0)  # for their sockets to close
        self._takers = None

    def _serve(self, sock: socket.socket) -> None:
        """In a thread of the takers'."""
        data, end = b"", time.monotonic() + PROMPT_S
        try:
            while b"\n" not in data and len(data) <= line.LIMIT:
                sock.settimeout(max(0.0, end - time.monotonic()))
                part = sock.recv(RECEIVED)
                if not part:
                    break
                data += part
        except (TimeoutError, BlockingIOError):
            assert self._handing is not None
            self._handing.on(sock, data)
            return
        if data:
            sock.settimeout(self.idle_s)
            sock.sendall(self._answer(_question(data)))
        sock.close()

    def _ask(self, data: bytes, answered: Callable[[bytes], object]) -> None:
        """Answer the line in a thread of the pool; `answered` is called in that thread."""
        self._pool.submit(lambda: answered(self._answer(data)))

    def _answer(self, data: bytes) -> bytes:
        try:
            return line.format_answer(answer(self._decider, line.parse(data)))
        except line.LineError as error:
            log.warning("Bad line error=%s", error)
            return line.format_error(f"bad-line: {error}")
        except SchedulerError as error:
            log.warning("No decision code=%s error=%s", error.code, error)
            return line.format_error(f"{error.code}: {error}")
        except Exception:
            # The plugin knows what to do without us; a connection that just ends would tell it less.
            log.exception("Fault while deciding")
            return line.format_error("fault: see the service's log")


class _Call(asyncio.Protocol):
    """One connection: a line in, an answer out."""

    def __init__(
        self,
        calls: set["_Call"],
        ask: Callable[[bytes, Callable[[bytes], object]], None],
        idle_s: float,
    ) -> None:
        self._calls, self._ask, self._idle_s = calls, ask, idle_s
        self._loop = asyncio.get_running_loop()
        self._data = bytearray()
        self._asked = False
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there, and has to ask in time."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._calls.add(self)
        self._limit = self._loop.call_later(self._idle_s, self.abort)

    def data_received(self, data: bytes) -> None:
        """Part of the line; what follows it is not looked at."""
        if not self._asked:
            self._data += data
            if b"\n" in data or len(self._data) > line.LIMIT:
                self._go(_question(bytes(self._data)))

    def eof_received(self) -> bool:
        """The client stopped: half a line is answered as one, nothing by nothing."""
        if not self._asked and self._data:
            self._go(bytes(self._data))
        return self._asked

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone; a call under way is answered to nobody."""
        del exc
        self._calls.discard(self)
        self._forget_limit()

    def abort(self) -> None:
        """End the connection now."""
        self._transport.abort()

    def _go(self, question: bytes) -> None:
        self._asked = True
        self._forget_limit()
        self._ask(question, self._later)

    def _later(self, answer: bytes) -> None:
        """In a thread of the pool."""
        with suppress(RuntimeError):  # the service has ended meanwhile
            self._loop.call_soon_threadsafe(self._answered, answer)

    def _answered(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)
            self._transport.close()  # once all of it is read, or
            self._limit = self._loop.call_later(self._idle_s, self.abort)

    def _forget_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()


def _question(data: bytes) -> bytes:
    """What counts of what came: the first line, or as much of it as anybody looks at."""
    return data[: data.find(b"\n") + 1] if b"\n" in data else data[: line.LIMIT]


def _listen(path: Path, group: str | None) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        # Nobody can connect before listen(): no moment with wider rights than wanted.
        path.chmod(MODE)
        give_to(group, path)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _remove_stale(path: Path) -> None:
    """Removes a socket that nobody listens at; raises EndpointError where somebody does."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise EndpointError(f"{path} is in the way: it is no socket; move it away or set another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise EndpointError(f"another process listens at {path}; stop it or set another path")
