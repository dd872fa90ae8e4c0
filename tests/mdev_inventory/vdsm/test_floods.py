"""A host that floods us costs itself its answer, and other hosts nothing."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from ssl import SSLSocket

import pytest

from mdev_inventory.vdsm import limits
from mdev_inventory.vdsm.rpc import ErrorCode, VdsmError
from simulation.vdsm.pki import server_context
from tests.mdev_inventory.vdsm.world import LOOPBACK, World, peer

GREETING = b"CONNECTED\nversion:1.2\n\n\0"
MEGABYTE = 2**20
LONGEST_PAUSE = 0.5
"""Seconds that the event loop may be away; a second or more before, and without an end for some."""


def repeated(piece: bytes) -> bytes:
    """A megabyte of it."""
    return piece * (MEGABYTE // len(piece))


def endless(piece: bytes) -> Callable[[SSLSocket], None]:
    """Sends it for as long as it is taken."""

    def send(stream: SSLSocket) -> None:
        while True:
            stream.sendall(piece)

    return send


FLOODS = [
    pytest.param(endless(repeated(b"\n")), "the answer exceeds 16777216 bytes", id="newlines"),
    pytest.param(endless(repeated(b"\r\n")), "the answer exceeds", id="carriage returns"),
    pytest.param(endless(repeated(b"MESSAGE\n\n{}\0")), "more than 1000 frames of one answer", id="frames"),
    pytest.param(endless(repeated(b"MESSAGE\n\n{}\0\n\n\n")), "more than 1000 frames", id="frames and newlines"),
    pytest.param(endless(b"MESSAGE\n" + repeated(b"a:b\n")), "more than 64 headers of one frame", id="headers"),
    pytest.param(endless(b"\n"), "pieces of an answer", id="pieces of a byte"),
    pytest.param(endless(repeated(b"MESSAGE\na:b\n\n" + b"[" * 1000)), "the answer exceeds", id="a body"),
]


@pytest.mark.parametrize(("flood", "wrong"), FLOODS)
def test_a_flood_is_ended_and_holds_up_nobody(world: World, flood: Callable[[SSLSocket], None], wrong: str) -> None:
    """The error names what there was too much of; the loop goes on with others all the while."""

    def act(sock: socket.socket) -> None:
        tls = server_context(world.authority.ca_file, world.host_pair)
        with suppress(OSError), tls.wrap_socket(sock, server_side=True) as stream:
            stream.recv(4096)
            stream.sendall(GREETING)
            stream.recv(4096)
            flood(stream)

    with peer(act) as port:
        error, pause = asyncio.run(attacked(world, port))

    assert ErrorCode.PROTOCOL == error.code
    assert wrong in str(error)
    assert LONGEST_PAUSE > pause


async def attacked(world: World, port: int) -> tuple[VdsmError, float]:
    """What became of the call, and the longest time for which nobody else had a turn."""
    loop = asyncio.get_running_loop()
    turns = [loop.time()]

    async def others() -> None:
        while True:
            await asyncio.sleep(0.01)
            turns.append(loop.time())

    ticking = asyncio.create_task(others())
    with pytest.raises(VdsmError) as caught:
        await world.client().call(LOOPBACK, port, "Host.getCapabilities", {}, 30.0)
    ticking.cancel()
    turns.append(loop.time())
    return caught.value, max(later - earlier for earlier, later in pairwise(turns))


def test_an_answer_in_small_pieces_is_read(world: World) -> None:
    """As long as it is in the number of pieces that there may be."""
    body = b'{"id": "?", "result": 1}'

    def act(sock: socket.socket) -> None:
        tls = server_context(world.authority.ca_file, world.host_pair)
        with suppress(OSError), tls.wrap_socket(sock, server_side=True) as stream:
            stream.recv(4096)
            stream.sendall(GREETING)
            asked = stream.recv(4096)
            request_id = asked.rpartition(b'"id": "')[2].partition(b'"')[0]
            answer = b"MESSAGE\n\n" + body.replace(b"?", request_id) + b" " * 500 + b"\0"
            for byte in answer:
                stream.send(bytes([byte]))

    with peer(act) as port:
        assert 1 == world.ask(port)
    assert limits.PIECES.most > 600


def test_every_limit_is_documented() -> None:
    """With its number, for whoever meets it in an error."""
    text = (Path(__file__).parents[3] / "docs/failures.md").read_text()
    told = [value for value in vars(limits).values() if isinstance(value, limits.Limit)]

    assert [] == [limit for limit in told if f"| {limit.what} | {limit.most:,} |" not in text]
    assert 14 == len(told)
