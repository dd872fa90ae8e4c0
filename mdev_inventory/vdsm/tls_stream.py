"""TLS over a plain socket on asyncio, for either side, closed without waiting for the peer.

asyncio's own TLS transports swallow the alert that tells a peer why it is refused, and close in steps that
outlive the caller's deadline. Here the socket belongs to the stream, every wait can be cancelled, and what
OpenSSL has to say is sent in any case.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

_CHUNK = 65536


class TlsStream:
    """One connection; reads and writes may overlap."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, server_hostname: str | None = None) -> None:
        """Takes over a connected, non-blocking socket; without `server_hostname` as the server.

        Raises ValueError for an impossible host name.
        """
        self._sock = sock
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._received, self._to_send, server_side=server_hostname is None, server_hostname=server_hostname
        )
        self._sending = asyncio.Lock()

    async def handshake(self) -> None:
        """Raises ssl.SSLError where one side refuses the other, OSError where the connection breaks.

        With TLS 1.3 a client learns only from its first read that the server refused its certificate.
        """
        await self._drive(self._tls.do_handshake)

    def certificate(self) -> bytes | None:
        """The peer's, in DER form, once the handshake is done."""
        return self._tls.getpeercert(binary_form=True)

    async def read(self) -> bytes:
        """Some bytes; none at the end. Raises ssl.SSLEOFError where the peer vanished without a goodbye."""
        return await self._drive(lambda: self._tls.read(_CHUNK))

    async def write(self, data: bytes) -> None:
        """Returns when the kernel has taken all of it."""
        if data:
            self._tls.write(data)
        await self._flush()

    def close(self) -> None:
        """Says goodbye if the peer takes it at once, and closes the socket."""
        with self._sock, suppress(OSError):
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._sock.send(self._to_send.read())

    async def _drive(self, step: Callable[[], T]) -> T:
        """Repeats a step of OpenSSL's until it has what it needs from the peer."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._receive()
            except ssl.SSLError:
                with suppress(OSError):
                    await self._flush()
                raise
            else:
                await self._flush()
                return result

    async def _receive(self) -> None:
        data = await asyncio.get_running_loop().sock_recv(self._sock, _CHUNK)
        if data:
            self._received.write(data)
        else:
            self._received.write_eof()

    async def _flush(self) -> None:
        while self._to_send.pending:
            async with self._sending:
                await asyncio.get_running_loop().sock_sendall(self._sock, self._to_send.read())
