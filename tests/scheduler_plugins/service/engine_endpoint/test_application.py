"""The engine endpoint over a real port: what is served and refused, and when a connection ends."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from xmlrpc.client import Fault, ServerProxy, dumps

import pytest
import requests

from scheduler_plugins.service.engine_endpoint import application
from scheduler_plugins.service.engine_endpoint.application import BODY_LIMIT
from scheduler_plugins.service.process.connection import Bounds
from tests.scheduler_plugins.service import fakes
from tests.scheduler_plugins.service.fakes import HOST_A, VM, FakeDecider

DEADLINE_S = 10.0


def connection(url: str) -> socket.socket:
    """One to that server."""
    where = urlsplit(url)
    return socket.create_connection((where.hostname, where.port), timeout=DEADLINE_S)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """One server for all tests."""
    with fakes.engine_endpoint(FakeDecider()) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[socket.socket]:
    """A connection to it."""
    with connection(url) as client:
        yield client


@pytest.fixture
def hasty() -> Iterator[socket.socket]:
    """A connection to a server that soon loses its patience."""
    with fakes.engine_endpoint(FakeDecider(), bounds=Bounds(idle_s=0.05)) as url, connection(url) as client:
        yield client


def call(word: str) -> bytes:
    """A call whose answer, a fault, holds the word: there is no such method."""
    return dumps((), word).encode()


def post(body: bytes, *headers: str, first: str = "POST / HTTP/1.1") -> bytes:
    """A request with that body."""
    lines = [first, "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "\r\n"]).encode() + body


def answers(client: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """So many answers: status and body of each."""
    found: list[tuple[int, bytes]] = []
    with client.makefile("rb") as stream:
        while len(found) < count:
            status, length = int(stream.readline().split()[1]), 0
            while (line := stream.readline().strip().lower()) != b"":
                length = int(line.partition(b":")[2]) if line.startswith(b"content-length") else length
            found.append((status, stream.read(length)))
    return found


def is_closed(client: socket.socket) -> bool:
    """The server ends the connection, within the deadline."""
    while client.recv(4096):
        pass
    return True


def words(client: socket.socket, *words: str) -> bool:
    """Whether these calls are what is answered next, in turn."""
    found = answers(client, len(words))
    return all(200 == status and word.encode() in body for word, (status, body) in zip(words, found, strict=True))


def test_a_connection_serves_one_request_after_the_other(client: socket.socket) -> None:
    """As the engine's client keeps it."""
    for word in ("abc", "x", "de"):
        client.sendall(post(call(word)))
        assert words(client, word)


def test_requests_sent_together_are_answered_in_turn(client: socket.socket) -> None:
    """None is lost and none overtakes."""
    client.sendall(post(call("abc")) + post(call("def")) + post(call("ghi")))

    assert words(client, "abc", "def", "ghi")


def test_a_request_may_come_in_pieces(client: socket.socket) -> None:
    """Wherever it is cut."""
    for byte in post(call("abc"), first="POST /RPC2 HTTP/1.1"):
        client.sendall(bytes([byte]))

    assert words(client, "abc")


def test_who_asks_before_it_sends_the_body_is_told_to(client: socket.socket) -> None:
    """curl does with larger bodies."""
    head, _, body = post(call("abc"), "Expect: 100-continue").partition(b"\r\n\r\n")
    client.sendall(head + b"\r\n\r\n")
    assert [(100, b"")] == answers(client, 1)
    client.sendall(body)

    assert words(client, "abc")


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(post(call("abc"), "Connection: close"), id="asked to"),
        pytest.param(post(call("abc"), first="POST / HTTP/1.0"), id="HTTP/1.0"),
    ],
)
def test_the_connection_ends_where_the_client_wants_it(client: socket.socket, request_bytes: bytes) -> None:
    """After the answer."""
    client.sendall(request_bytes)

    assert words(client, "abc")
    assert is_closed(client)


POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"hello\r\n\r\n", 400, id="no HTTP"),
        pytest.param(POST + b"no colon\r\n\r\n", 400, id="no header"),
        pytest.param(POST + b"\r\n", 411, id="no length"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n", 411, id="chunked"),
        pytest.param(POST + b"Content-Length: -1\r\n\r\n", 400, id="negative length"),
        pytest.param(POST + b"Content-Length: 1e3\r\n\r\n", 400, id="length no number"),
        pytest.param(POST + b"Content-Length: 99999999999999\r\n\r\n", 413, id="huge length"),
        pytest.param(POST + b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT + 1), 413, id="too long"),
        pytest.param(POST + b"X: " + b"x" * Bounds().headers, 400, id="endless headers"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, id="GET"),
        pytest.param(b"POST /elsewhere HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, id="elsewhere"),
    ],
)
def test_what_is_refused_is_told_why_and_ends_the_connection(
    client: socket.socket, monkeypatch: pytest.MonkeyPatch, data: bytes, status: int
) -> None:
    """What follows it is not looked at."""
    monkeypatch.setattr(application, "LINGER_SECONDS", 0.05)
    client.sendall(data)

    assert status == answers(client, 1)[0][0]
    assert is_closed(client)


def test_who_takes_too_long_is_refused(client: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body has to arrive in time; what is left of it is waited for a moment."""
    monkeypatch.setattr(application, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(application, "LINGER_SECONDS", 0.05)
    client.sendall(post(call("abc"))[:-1])

    assert 408 == answers(client, 1)[0][0]
    assert is_closed(client)


@pytest.mark.parametrize("data", [b"", POST[:-2]], ids=["nothing", "headers without end"])
def test_who_asks_nothing_is_cut_off(hasty: socket.socket, data: bytes) -> None:
    """Whatever it has sent, as long as it is no request."""
    hasty.sendall(data)

    assert is_closed(hasty)


def test_an_idle_connection_is_closed(hasty: socket.socket) -> None:
    """After an answer that nobody followed up."""
    hasty.sendall(post(call("abc")))

    assert words(hasty, "abc")
    assert is_closed(hasty)


@pytest.mark.parametrize("path", ["/", "/RPC2"])
def test_a_call_is_answered(url: str, path: str) -> None:
    """A thousand hosts in one call, in and out."""
    hosts = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(999)]
    with ServerProxy(url + path) as endpoint:
        answer: Any = endpoint.runFilters(["MdevFilter"], [*hosts, HOST_A], VM, {})

    assert {"result_code": 0, "result": [HOST_A]} == answer


def test_a_call_that_makes_no_sense_is_a_fault(url: str) -> None:
    """With a code, and a text that says why."""
    with ServerProxy(url) as endpoint, pytest.raises(Fault, match="4 parameters, not 0"):
        endpoint.runFilters()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/RPC2/", 404),
        ("POST", "/api/v1/hosts", 404),
        ("GET", "/healthz", 404),
        ("GET", "/", 405),
        ("HEAD", "/RPC2", 405),
        ("PUT", "/RPC2", 405),
    ],
)
def test_nothing_else_is_on_this_port(url: str, method: str, path: str, status: int) -> None:
    """POST on / and /RPC2 only, and no redirects."""
    answer = requests.request(method, url + path, timeout=10, allow_redirects=False)

    assert status == answer.status_code


def test_a_body_over_the_limit_is_refused(client: socket.socket) -> None:
    """It is not even read to its end."""
    client.sendall(POST + b"Content-Length: %d\r\n\r\n" % (100 * BODY_LIMIT) + b"x" * (BODY_LIMIT + 1))

    assert 413 == answers(client, 1)[0][0]
