"""TLS on asyncio sockets, and STOMP conversations on it, both ends in one loop."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from mdev_inventory.vdsm.connection import ClosedError, StompConnection
from mdev_inventory.vdsm.rpc import client_context
from mdev_inventory.vdsm.stomp import Frame, FrameTooLargeError, encode
from mdev_inventory.vdsm.tls_stream import TlsStream
from simulation.vdsm.pki import Authority, server_context

Act = Callable[[TlsStream, TlsStream], Awaitable[None]]


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The client's and the server's side."""
    authority = Authority(Path(tmp_path_factory.mktemp("pki")))
    pair = authority.client()
    return (
        client_context(authority.ca_file, pair.cert_file, pair.key_file),
        server_context(authority.ca_file, authority.host("server")),
    )


def run(contexts: tuple[ssl.SSLContext, ssl.SSLContext], act: Act) -> None:
    """Lets `act` use a client and a server that have shaken hands."""

    async def main() -> None:
        ours, theirs = socket.socketpair()
        for sock in (ours, theirs):
            sock.setblocking(False)
        client, server = TlsStream(ours, contexts[0], "server"), TlsStream(theirs, contexts[1])
        try:
            await asyncio.gather(client.handshake(), server.handshake())
            await asyncio.wait_for(act(client, server), 20)
        finally:
            client.close()
            server.close()

    asyncio.run(main())


async def read_until_end(stream: TlsStream) -> int:
    """How many bytes come before the end."""
    size = 0
    while data := await stream.read():
        size += len(data)
    return size


def test_both_sides_may_send_much_at_the_same_time(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """Writing waits for a peer that is slow to read, reading goes on meanwhile."""

    async def act(client: TlsStream, server: TlsStream) -> None:
        async def send(stream: TlsStream) -> None:
            await stream.write(b"x" * 5_000_000)
            await stream.write(b"")

        async def take(stream: TlsStream) -> int:
            size = 0
            while size < 5_000_000:
                size += len(await stream.read())
            return size

        sizes = await asyncio.gather(take(client), take(server), send(client), send(server))
        assert [5_000_000, 5_000_000, None, None] == list(sizes)

    run(contexts, act)


def test_a_close_says_goodbye(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """The peer sees a proper end; closing twice does no harm."""

    async def act(client: TlsStream, server: TlsStream) -> None:
        client.close()
        client.close()
        assert 0 == await read_until_end(server)

    run(contexts, act)


def test_a_close_does_not_wait_for_a_peer_that_reads_nothing(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """The socket's buffers are full: the connection is closed all the same, at once."""

    async def act(client: TlsStream, server: TlsStream) -> None:
        writing = asyncio.create_task(client.write(b"x" * 5_000_000))
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        client.close()
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await read_until_end(server)

    run(contexts, act)


def test_many_small_frames_count_like_a_large_one(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """The limit of a conversation holds for all that the peer sends, heart-beats included."""

    async def act(client: TlsStream, server: TlsStream) -> None:
        connection = StompConnection(client, limit=100)
        await server.write(encode(Frame("MESSAGE", {}, b"1")) + b"\n" * 60)
        assert b"1" == (await connection.receive()).body
        await server.write(b"\n" * 60)
        with pytest.raises(FrameTooLargeError):
            await connection.receive()

    run(contexts, act)


def test_frames_that_came_before_the_end_are_delivered(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """A peer may say why before it goes: first its words, then the end."""

    async def act(client: TlsStream, server: TlsStream) -> None:
        connection = StompConnection(client)
        await server.write(encode(Frame("ERROR", {}, b"why")) + b"MESS")
        server.close()
        assert b"why" == (await connection.receive()).body
        with pytest.raises(ClosedError) as caught:
            await connection.receive()
        assert caught.value.within_frame

    run(contexts, act)
