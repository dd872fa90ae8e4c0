"""Threads that take an endpoint's connections, and answer who asks at once in the very thread that took them.

An event loop that takes a question in, hands it to a thread and gets the answer back waits three times for
somebody to wake up, each time as long as a small decision takes. Here whoever the kernel wakes does it all.
Who does not ask at once is handed on to the loop, which can wait for any number of them.
"""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

PROMPT_S = 0.02
"""So long a thread waits for a question: it mostly lies there already."""
RETRY_S = 0.1
"""Before another connection is taken where one could not be, for want of descriptors for example."""

log = logging.getLogger("endpoints")

Serve = Callable[[socket.socket], None]
"""Serves a connection, and closes it or hands it on."""


class Takers:
    """The threads of one endpoint."""

    def __init__(self, listener: socket.socket, serve: Serve, count: int, name: str) -> None:
        """`serve` runs in `count` threads; `listener` is closed by `stop`."""
        self._listener, self._serve = listener, serve
        self._serving: set[socket.socket] = set()
        self._stopping = False
        listener.setblocking(True)
        self._threads = [
            threading.Thread(target=self._take, name=f"{name}-{number}", daemon=True)
            for number in range(count)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    async def stop(self, seconds: float, poll_s: float = 0.01) -> None:
        """Take nobody more; wait so long for those being served, then cut them off."""
        self._stopping = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits there
        end = time.monotonic() + seconds
        while self._serving and time.monotonic() < end:
            await asyncio.sleep(poll_s)
        for sock in list(self._serving):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _take(self) -> None:
        while not self._stopping:
            try:
                sock = self._listener.accept()[0]
            except OSError as error:
                if not self._stopping:
                    log.warning("No connection taken error=%s", error)
                    time.sleep(RETRY_S)
                continue
            self._serving.add(sock)
            try:
                self._serve(sock)
            except OSError:
                sock.close()  # whoever it was has gone
            except Exception:
                log.exception("Fault in a connection")
                sock.close()
            finally:
                self._serving.discard(sock)


class Handing:
    """Hands connections on to a loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: Callable[[], asyncio.Protocol]) -> None:
        """There a new `protocol` serves each."""
        self._loop, self._protocol = loop, protocol
        self._tasks: set[asyncio.Task[None]] = set()

    def on(self, sock: socket.socket, data: bytes) -> None:
        """Hand it on with what has been read of it; called in any thread."""
        try:
            self._loop.call_soon_threadsafe(self._begin, sock, data)
        except RuntimeError:  # the loop has ended
            sock.close()

    def _begin(self, sock: socket.socket, data: bytes) -> None:
        task = self._loop.create_task(self._adopt(sock, data))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _adopt(self, sock: socket.socket, data: bytes) -> None:
        try:
            _, protocol = await self._loop.connect_accepted_socket(self._protocol, sock)
        except OSError:
            sock.close()
            return
        if data:
            protocol.data_received(data)
