"""A simulated VDSM: the real protocol on a real port, for one simulated host.

TLS comes first and demands a client certificate of the engine's CA; then STOMP frames, then JSON-RPC.
What it does with frames is `vdsm_broker`, what it answers is `vdsm_methods`, how it fails is `vdsm_faults`;
here are sockets and life. `vdsm_farm` runs many of them in one thread.
"""

import asyncio
import json
import logging
import socket
import ssl
import time
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from mdev_inventory.vdsm.stomp import Frame, FrameError, Parser
from mdev_inventory.vdsm.tls_stream import TlsStream
from simulation.vdsm.broker import EVENTS, Broker, DroppedError
from simulation.vdsm.faults import Fault, spoil
from simulation.vdsm.methods import Methods, VdsmHost

__all__ = ["Fault", "SimulatedVdsm", "VdsmHost"]

log = logging.getLogger("vdsm")

_HANDSHAKE_LIMIT_S = 10.0
_CHUNK = 65536


class SimulatedVdsm:
    """One host's VDSM. `fault` and `tls` may be changed at any time: the next frame or connection obeys."""

    def __init__(
        self,
        host: VdsmHost,
        tls: ssl.SSLContext,
        hook: Path | None = None,
        tree: Path | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        """`hook` is run at each Host.getCapabilities, with `--root TREE` where a tree is given."""
        self.tls = tls
        self.fault = Fault.NONE
        self.address = address
        self.port = 0
        """0 until the first start, which takes a free one; kept from then on."""
        self.connections = 0
        """How many there have been."""
        self._methods = Methods(host, hook, tree)
        self._broker = Broker(lambda body: self._spawn(self._answer(body)))
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: socket.socket | None = None

    async def start(self) -> None:
        """Listens; on the same port as before where it was stopped."""
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        listener = socket.create_server((self.address, self.port), family=family, backlog=1024)
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(listener, self._accept, listener)

    async def stop(self) -> None:
        """Closes the port and every connection, as when VDSM dies; `start` brings it back."""
        if self._loop is None or self._listener is None:
            return
        self._loop.remove_reader(self._listener)
        self._listener.close()
        self._loop = self._listener = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def publish_status(self, vm_id: str, status: str, details: Mapping[str, Any] | None = None) -> None:
        """Tells all subscribers of VDSM's events that a VM changed its status; from any thread.

        `details` are further members, such as exitCode and exitMessage of a VM that went Down.
        """
        loop = self._loop
        if loop is not None:
            vm = {"status": status, **(details or {})}
            params = {vm_id: vm, "notify_time": int(time.monotonic() * 1000)}
            event = {"jsonrpc": "2.0", "method": f"|virt|VM_status|{vm_id}", "params": params}
            loop.call_soon_threadsafe(self._broker.publish, EVENTS, json.dumps(event).encode())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _accept(self, listener: socket.socket) -> None:
        sock, _ = listener.accept()
        sock.setblocking(False)
        self.connections += 1
        # Not `with` in the task: one that is cancelled before its first step would never come to it.
        self._spawn(self._serve(sock)).add_done_callback(lambda _: sock.close())

    async def _serve(self, sock: socket.socket) -> None:
        try:
            if self.fault is Fault.HANG_IN_HANDSHAKE:
                await _read_to_the_end(sock)
            else:
                await self._talk(TlsStream(sock, self.tls))
        except (OSError, FrameError, DroppedError) as error:
            log.info("DROPPED client of port %s: %s", self.port, error)

    async def _talk(self, stream: TlsStream) -> None:
        session = _Session(self, stream)
        try:
            await asyncio.wait_for(stream.handshake(), _HANDSHAKE_LIMIT_S)
            await session.run(self._broker)
        finally:
            self._broker.leave(session)
            session.close()

    async def _answer(self, body: bytes) -> None:
        answer = await self._methods.answer(body)
        if answer is not None:
            self._broker.reply(answer)


class _Session:
    """One client's connection: frames in, and a queue of bytes out."""

    def __init__(self, vdsm: SimulatedVdsm, stream: TlsStream) -> None:
        self._vdsm = vdsm
        self._stream = stream
        self._parser = Parser()
        self._patience_s: float | None = None
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._pulse: asyncio.TimerHandle | None = None

    async def run(self, broker: Broker) -> None:
        """Serves the client until one side ends the connection."""
        tasks = [asyncio.create_task(self._read(broker)), asyncio.create_task(self._write())]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, broker: Broker) -> None:
        """Hands each frame to the broker until the client ends, or sends no heart-beat that it promised."""
        while data := await asyncio.wait_for(self._stream.read(), self._patience_s):
            for frame in self._parser.feed(data):
                broker.handle(self, frame)

    async def _write(self) -> None:
        while (data := await self._outgoing.get()) is not None:
            await self._stream.write(data)

    def send(self, frame: Frame) -> None:
        """Queues a frame, or what the fault of the moment makes of it."""
        data, last = spoil(self._vdsm.fault, frame)
        self._outgoing.put_nowait(data)
        if last:
            self._outgoing.put_nowait(None)

    def heart_beat(self, send_ms: int, expect_ms: int) -> None:
        """Intervals agreed in CONNECT; 0 is never."""
        self._patience_s = expect_ms / 1000 or None
        if send_ms:
            self._beat(send_ms / 1000)

    def _beat(self, interval_s: float) -> None:
        self._pulse = asyncio.get_running_loop().call_later(interval_s, self._beat_once, interval_s)

    def _beat_once(self, interval_s: float) -> None:
        self._outgoing.put_nowait(b"\n")
        self._beat(interval_s)

    def close(self) -> None:
        """Ends the connection without waiting for the client."""
        if self._pulse is not None:
            self._pulse.cancel()
        self._stream.close()


async def _read_to_the_end(sock: socket.socket) -> None:
    while await asyncio.get_running_loop().sock_recv(sock, _CHUNK):
        pass
