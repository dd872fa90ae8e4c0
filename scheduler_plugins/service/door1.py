"""Door 1: the unix socket that the proxy's plugin file asks, one question a connection.

The socket belongs to the group that the proxy runs in and is closed to everybody else: who may
connect may ask, there is no other authentication. A client that sends nothing is dropped.
"""

import asyncio
import logging
import socket
import stat
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path

from scheduler_plugins.errors import SchedulerError
from scheduler_plugins.service import line
from scheduler_plugins.service.groups import give_to
from scheduler_plugins.service.questions import Decider, answer

log = logging.getLogger("door1")

MODE = 0o660
BACKLOG = 1024
"""Connections waiting to be taken: a unix socket refuses at once where the backlog is full."""
STOP_SECONDS = 2.0


class DoorError(Exception):
    """A door that cannot be opened; the text says which, why, and what to do."""


class Door1:
    """Serves the line protocol at a path until stopped."""

    def __init__(
        self, path: Path, decider: Decider, pool: Executor, group: str | None = None, idle_s: float = 5.0
    ) -> None:
        """Decisions run in `pool`; `idle_s` is how long a client may take to ask, and to read."""
        self.path = path
        self._decider = decider
        self._pool = pool
        self._group = group
        self._idle_s = idle_s
        self._server: asyncio.Server | None = None
        self._calls: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listens; raises DoorError."""
        try:
            listener = await asyncio.to_thread(_listen, self.path, self._group)
        except OSError as error:
            raise DoorError(f"cannot listen at {self.path}: {error.strerror or error}") from error
        self._server = await asyncio.start_unix_server(
            self._connected, sock=listener, limit=line.LIMIT, backlog=BACKLOG
        )
        log.info("Listening path=%s group=%s", self.path, self._group)

    async def stop(self) -> None:
        """Stops listening, lets calls that run finish for a moment, removes the socket's file."""
        if self._server is None:
            return
        self.path.unlink(missing_ok=True)
        self._server.close()
        if self._calls:
            await asyncio.wait(self._calls, timeout=STOP_SECONDS)
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        self._server = None

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.create_task(self._call(reader, writer))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (TimeoutError, OSError) as error:
            log.debug("Client dropped error=%r", error)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self._idle_s):
            data = await _read_line(reader)
        if not data:
            return
        writer.write(await self._answer(data))
        async with asyncio.timeout(self._idle_s):
            await writer.drain()

    async def _answer(self, data: bytes) -> bytes:
        try:
            question = line.parse(data)
            loop = asyncio.get_running_loop()
            return line.format_answer(await loop.run_in_executor(self._pool, answer, self._decider, question))
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


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    """One line; without its newline where the client stopped, or sent more than the limit."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError:
        return await reader.read(line.LIMIT)


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
    """Removes a socket that nobody listens at; raises DoorError where somebody does."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise DoorError(f"{path} is in the way: it is no socket; move it away or set another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise DoorError(f"another process listens at {path}; stop it or set another path")
