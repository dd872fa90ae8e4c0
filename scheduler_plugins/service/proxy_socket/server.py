"""The proxy socket: the unix socket that the proxy's plugin file asks, one question a connection.

The socket belongs to the group that the proxy runs in and is closed to everybody else: who may
connect may ask, there is no other authentication. A client that sends nothing is dropped.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from scheduler_plugins.errors import SchedulerError, UnknownUnitError
from scheduler_plugins.service.answering import Answering, Late
from scheduler_plugins.service.process.listening import EndpointError, bind_unix
from scheduler_plugins.service.proxy_socket import line
from scheduler_plugins.service.questions import Decider

log = logging.getLogger("proxy_socket")

CONNECTIONS = 256
"""At once: the proxy opens one for each unit of a call."""
BACKLOG = 1024
"""Connections waiting to be taken: a unix socket refuses at once where the backlog is full."""
IDLE_SECONDS = 5.0
"""How long a client may take to ask, and to read."""
STOP_SECONDS = 2.0

LEFT_OUT = "The proxy leaves the unit out of this start"

Undecided = Callable[[str, str, str], object]
"""Told the VM, the unit and why, where a question was not decided as it should; must return at once."""


class ProxySocket:
    """Serves the line protocol at a path until stopped."""

    def __init__(
        self,
        path: Path,
        decider: Decider,
        answering: Answering,
        group: str | None = None,
        idle_s: float = IDLE_SECONDS,
        undecided: Undecided = lambda *_: None,
    ) -> None:
        """Every question is put to this decider; `undecided` hears what the proxy does not pass on to the engine."""
        self.path = path
        self._decider, self._late = decider, Late(decider, answering.seconds)
        self._answering, self._group, self._idle_s, self._undecided = answering, group, idle_s, undecided
        self._server: asyncio.Server | None = None
        self._inode = 0
        """Of our own file at the path."""
        self._calls: set[asyncio.Task[None]] = set()
        self._asking: dict[asyncio.Task[None], None] = {}
        """Those whose question has not come yet, the oldest first."""

    async def start(self) -> None:
        """Listens; raises EndpointError."""
        try:
            listener = await asyncio.to_thread(bind_unix, self.path, self._group)
        except OSError as error:
            raise EndpointError(f"cannot listen at {self.path}: {error.strerror or error}") from error
        self._inode = self.path.stat().st_ino
        # A stream's limit is of what comes before the newline.
        self._server = await asyncio.start_unix_server(
            self._connected, sock=listener, backlog=BACKLOG, limit=line.LIMIT - 1
        )
        log.info("Listening path=%s group=%s", self.path, self._group)

    async def stop(self) -> None:
        """Stops listening, lets calls that run finish for a moment, removes the socket's file."""
        if self._server is None:
            return
        self._server.close()
        self.path.unlink(missing_ok=True)
        if self._calls:
            _, late = await asyncio.wait(self._calls, timeout=STOP_SECONDS)
            for call in late:
                call.cancel()
        await asyncio.sleep(0)  # for their sockets to close
        self._server = None

    def trouble(self) -> str:
        """Why the proxy's plugin does not find this service; empty where it does."""
        with suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                return ""
        return f"the proxy socket {self.path} is no longer this service's: run systemctl restart mdev-scheduler"

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._calls) >= CONNECTIONS and not self._make_room():
            writer.transport.abort()
            return
        call = asyncio.create_task(self._serve(reader, writer))
        self._calls.add(call)
        self._asking[call] = None
        call.add_done_callback(self._ended)

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._asking.pop(call, None)

    def _make_room(self) -> bool:
        """Ends the connection that has kept us waiting for its question for the longest time; False without one."""
        oldest = next(iter(self._asking), None)
        if oldest is None:
            return False
        oldest.cancel()
        self._ended(oldest)
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: a line in, an answer out, or its end where the client is too slow or has gone."""
        try:
            with suppress(OSError):
                async with asyncio.timeout(self._idle_s):
                    question = await _question(reader)
                self._asking.pop(asyncio.current_task(), None)  # type: ignore[arg-type]
                if question:
                    work, late = (partial(self._answer, decider, question) for decider in (self._decider, self._late))
                    writer.write(await self._answering.answer(work, late))
                    writer.close()
                    async with asyncio.timeout(self._idle_s):
                        await writer.wait_closed()
        finally:
            writer.transport.abort()

    def _answer(self, decider: Decider, asked: bytes) -> bytes:
        try:
            question = line.parse(asked)
        except line.LineError as error:
            log.warning("Bad line error=%s", error)
            self._undecided("", "", f"bad-line: {error}")
            return line.format_error(f"bad-line: {error}")
        try:
            answer, stale = _decided(decider, question)
            if stale:
                self._undecided(question.vm_id, question.unit, f"request-from-memory: {stale}")
            return line.format_answer(answer)
        except SchedulerError as error:
            log.warning("No decision code=%s error=%s", error.code, error)
            return self._failed(question, f"{error.code}: {error}")
        except Exception:
            log.exception("Fault while deciding")
            return self._failed(question, "fault: see the log of mdev-scheduler")

    def _failed(self, question: line.Question, why: str) -> bytes:
        """The plugin's unit fails, which the proxy tells nobody but its log."""
        self._undecided(question.vm_id, question.unit, f"{why}. {LEFT_OUT}")
        return line.format_error(why)


async def _question(reader: asyncio.StreamReader) -> bytes:
    """The first line, or as much of it as there is or anybody looks at; nothing where nothing came."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as ended:
        return ended.partial
    except asyncio.LimitOverrunError:
        return await reader.read(line.LIMIT)


def _decided(decider: Decider, question: line.Question) -> tuple[line.Answer, str]:
    """The answer of the unit that the question names, and why it may be out of date; raises SchedulerError."""
    asked = question.unit, question.vm_id, question.host_ids, question.properties
    if question.unit in decider.filters:
        decision = decider.filter(*asked)
        return decision.fitting, decision.stale
    if question.unit in decider.weights:
        return decider.weigh(*asked), ""
    raise UnknownUnitError(question.unit, [*decider.filters, *decider.weights])
