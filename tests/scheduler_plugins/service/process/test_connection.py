"""What a caller may hold of an HTTP server, and for how long."""

import contextlib
import http.client
import logging
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from scheduler_plugins.service.process.connection import Bounds
from tests.scheduler_plugins.service import fakes

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = b"x" * (32 * 1024 * 1024)
"""More than the kernel keeps for a caller that does not read."""


async def small(_scope: "Scope", receive: "Receive", send: "Send") -> None:
    """Reads its request, and says a word."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


async def large(_scope: "Scope", _receive: "Receive", send: "Send") -> None:
    """Says very much."""
    headers = [(b"content-length", b"%d" % len(LARGE))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": LARGE})


def connect(url: str) -> socket.socket:
    """A connection to it."""
    where = urlsplit(url)
    return socket.create_connection((where.hostname, where.port), timeout=10)


def ends(client: socket.socket) -> bool:
    """The server ends the connection, within its timeout."""
    with contextlib.suppress(ConnectionResetError):
        while client.recv(1 << 20):
            pass
    return True


@pytest.mark.parametrize(
    ("sent", "ended"),
    [
        pytest.param(b"", "idle_s", id="nothing"),
        pytest.param(ASK[:-2], "headers_s", id="half the headers"),
        pytest.param(ASK + ASK[:9], "idle_s", id="half a request behind a whole one"),
        pytest.param(ASK, "idle_s", id="no second request"),
    ],
)
def test_nobody_is_waited_for_without_end(sent: bytes, ended: str) -> None:
    """Each state of a connection has its own limit."""
    bounds = Bounds(**{"idle_s": 30.0, "headers_s": 30.0, ended: 0.1})  # type: ignore[arg-type]
    with fakes.http(small, bounds) as url, connect(url) as client:
        began = time.monotonic()
        client.sendall(sent)

        assert ends(client)
        assert time.monotonic() - began < 10


def test_headers_that_drip_have_one_deadline() -> None:
    """A byte now and then does not put it off."""
    with fakes.http(small, Bounds(headers_s=0.3)) as url, connect(url) as client:
        client.settimeout(0.05)
        with contextlib.suppress(ConnectionError):
            for byte in ASK[:-2] * 10:
                client.sendall(bytes([byte]))
                with contextlib.suppress(TimeoutError):
                    if not client.recv(1):
                        break
            else:
                raise AssertionError("it was waited for")


def test_an_answer_that_is_not_read_is_given_up() -> None:
    """It would be kept for as long as its reader likes."""
    with fakes.http(large, Bounds(unread_s=0.2, idle_s=0.7)) as url, connect(url) as client:
        client.sendall(ASK)
        held = len(client.recv(1))
        with connect(url) as other:  # by the time that it is ended
            ends(other)
        with contextlib.suppress(ConnectionResetError):
            while part := client.recv(1 << 20):
                held += len(part)

    assert held < len(LARGE)


@pytest.mark.parametrize(
    "sent", [b"", ASK[:9], ASK, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"]
)
def test_who_keeps_us_waiting_makes_room_for_others(sent: bytes) -> None:
    """The longest waiting goes first: held connections keep nobody out."""
    with fakes.http(small, Bounds(connections=8)) as url, contextlib.ExitStack() as stack:
        held = [stack.enter_context(connect(url)) for _ in range(20)]
        for client in held:
            client.settimeout(10)
            with contextlib.suppress(ConnectionError):
                client.sendall(sent)
        with connect(url) as client:
            client.sendall(ASK)

            assert client.recv(100).startswith(b"HTTP/1.1 200")
        assert ends(held[0])


@pytest.fixture
def kept() -> Iterator[http.client.HTTPConnection]:
    """A connection to be used again and again."""
    with fakes.http(small) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        with contextlib.closing(connection):
            yield connection


def test_a_kept_connection_does_not_wait_for_acknowledgements(kept: http.client.HTTPConnection) -> None:
    """Without TCP_NODELAY each answer would come 40 ms late."""
    began = time.monotonic()
    for _ in range(25):
        kept.request("GET", "/")
        kept.getresponse().read()

    assert time.monotonic() - began < 25 * 0.03


def test_who_is_refused_and_gone_costs_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is there to be told."""
    with caplog.at_level(logging.INFO), fakes.engine_endpoint(fakes.FakeDecider()) as url:
        for sent in (
            ASK,
            b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: evil\r\n\r\n",
            b"?\r\n",
        ):
            for _ in range(3):
                with connect(url) as client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    client.sendall(sent)
        with connect(url) as client:
            client.sendall(ASK)
            client.recv(1)

    assert [] == [record for record in caplog.records if record.exc_info]
