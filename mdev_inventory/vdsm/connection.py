"""One STOMP conversation over TLS on asyncio: opened, spoken, and closed without waiting for the peer.

Nothing here has a deadline of its own: the caller's covers all of it (`asyncio.timeout`).
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import Any

from mdev_inventory.tls.causes import ENDS
from mdev_inventory.tls.shown import MOST_S, Shown, read
from mdev_inventory.vdsm import limits
from mdev_inventory.vdsm.credentials import ClientContext
from mdev_inventory.vdsm.stomp import BODY_LIMIT, Frame, FrameTooLargeError, Parser, encode
from mdev_inventory.vdsm.tls_stream import TlsStream

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]


class Phase(StrEnum):
    """How far a conversation has come: where it hangs tells what to look at."""

    LOOKUP = "name lookup"
    CONNECT = "connect"
    HANDSHAKE = "handshake"
    LOGIN = "CONNECT answer"
    ANSWER = "answer"


class ClosedError(Exception):
    """The peer ended the conversation."""

    def __init__(self, within_frame: bool) -> None:
        """`within_frame`: the bytes received end in the middle of a frame."""
        super().__init__("connection closed")
        self.within_frame = within_frame


class DistrustError(OSError):
    """The peer's certificate was refused: the verification's error is its cause (`__cause__`)."""

    def __init__(self, error: ssl.SSLCertVerificationError, shown: Shown | None) -> None:
        """`shown` is the certificate, where it was to be had."""
        super().__init__(str(error))
        self.error, self.shown = error, shown


class StompConnection:
    """Frames out and in; at most `limit` bytes are taken from the peer for each question."""

    def __init__(self, stream: TlsStream, limit: int = BODY_LIMIT) -> None:
        """`limit` is for all that follows a `begin`: many small frames cost no more than one large."""
        self._stream = stream
        self._limit = limit
        self._received = self._pieces = 0
        self._parser = Parser(body_limit=limit)
        self._frames: deque[Frame] = deque()

    def begin(self) -> None:
        """Another question."""
        self._received = self._pieces = self._parser.frames = 0

    async def send(self, *frames: Frame) -> None:
        """Sends the frames; raises ClosedError where the peer is gone."""
        try:
            await self._stream.write(b"".join(map(encode, frames)))
        except ConnectionError as error:
            raise ClosedError(within_frame=False) from error

    async def receive(self) -> Frame:
        """The next frame; raises FrameError, ClosedError, or ssl.SSLError for an alert of the peer's."""
        while not self._frames:
            data = await self._read()
            # A read of bytes that are there already lets nobody else run: a flood would keep the loop to itself.
            await asyncio.sleep(0)
            self._count(len(data))
            self._frames.extend(self._parser.feed(data))
        return self._frames.popleft()

    def _count(self, size: int) -> None:
        self._received += size
        self._pieces += 1
        if self._received > self._limit:
            raise FrameTooLargeError(f"the answer exceeds {self._limit} bytes")
        if self._pieces > max(limits.PIECES.most, self._received // limits.LEAST_PIECE):
            raise FrameTooLargeError(f"{self._pieces} {limits.PIECES.what}")

    async def _read(self) -> bytes:
        try:
            data = await self._stream.read()
        except (ConnectionError, *ENDS) as error:
            raise ClosedError(self._parser.within_frame) from error
        if not data:
            raise ClosedError(self._parser.within_frame)
        return data


@asynccontextmanager
async def converse(
    address: str, port: int, tls: ClientContext, names: Executor, until: float, enter: Callable[[Phase], None]
) -> AsyncIterator[StompConnection]:
    """An open connection to address:port.

    `names` runs name lookups; `until` is the caller's deadline, by the loop's clock: only to share the time
    among several addresses of one name; `enter` is told each phase as it begins.

    Raises OSError (ssl.SSLError and DistrustError among them); ValueError or OverflowError for an impossible
    address or port.
    """
    enter(Phase.LOOKUP)
    found = await _lookup(address, port, names)
    enter(Phase.CONNECT)
    sock = await _connect(found, until)
    enter(Phase.HANDSHAKE)
    with sock:
        stream = TlsStream(sock, tls, server_hostname=address.partition("%")[0])
        try:
            await _shake_hands(stream, tls, (address, found), until)
            yield StompConnection(stream)
        finally:
            stream.close()


async def _shake_hands(
    stream: TlsStream, tls: ClientContext, where: tuple[str, Sequence[AddressInfo]], until: float
) -> None:
    """Raises ssl.SSLError, and DistrustError with the certificate that was refused."""
    try:
        await stream.handshake()
    except ssl.SSLCertVerificationError as error:
        left = until - asyncio.get_running_loop().time()
        raise DistrustError(error, await _shown(*where, tls.viewer, left / 2)) from error


async def _shown(address: str, found: Sequence[AddressInfo], viewer: ssl.SSLContext, seconds: float) -> Shown | None:
    """The certificate of who listens there, asked for once more; None where that does not work soon."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(min(seconds, MOST_S)):
            with await _connect(found, asyncio.get_running_loop().time() + seconds) as sock:
                stream = TlsStream(sock, viewer, server_hostname=address.partition("%")[0])
                try:
                    await stream.handshake()
                    return read(stream.certificate())
                finally:
                    stream.close()
    return None


async def _lookup(address: str, port: int, names: Executor) -> Sequence[AddressInfo]:
    """Numeric addresses are read on the spot; names cost a thread while the resolver thinks."""
    if not 0 < port < 65536:
        raise OverflowError(f"{port} is no TCP port (1 to 65535)")
    try:
        return socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(names, lambda: socket.getaddrinfo(address, port, type=socket.SOCK_STREAM))


async def _connect(found: Sequence[AddressInfo], until: float) -> socket.socket:
    """A connection to the first address that answers; each may take its share of the time that is left."""
    loop = asyncio.get_running_loop()
    for left in range(len(found), 1, -1):
        with suppress(OSError):
            async with asyncio.timeout((until - loop.time()) / left):
                return await _connect_to(found[-left])
    return await _connect_to(found[-1])


async def _connect_to(info: AddressInfo) -> socket.socket:
    family, kind, protocol, _, sockaddr = info
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, sockaddr)
    except BaseException:
        sock.close()
        raise
    return sock
