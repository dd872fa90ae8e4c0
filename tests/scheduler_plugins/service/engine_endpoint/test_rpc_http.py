"""The HTTP of the engine endpoint, byte by byte: what is served and refused, and when a connection ends."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from scheduler_plugins.service.engine_endpoint import rpc_http
from scheduler_plugins.service.engine_endpoint.rpc_http import HEAD_LIMIT, RpcConnection

DEADLINE_S = 10.0


class Served:
    """A server that answers each body turned round."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.pool = ThreadPoolExecutor(2)
        self.connections: set[RpcConnection] = set()
        self.port = 0
        self._thread = threading.Thread(target=self._run)
        self._started = threading.Event()

    def start(self) -> None:
        """Returns once it listens."""
        self._thread.start()
        assert self._started.wait(DEADLINE_S)

    def stop(self) -> None:
        """Ends its thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(DEADLINE_S)
        self.pool.shutdown()

    def _run(self) -> None:
        server = self.loop.run_until_complete(self.loop.create_server(self._made, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self.loop.run_forever()
        server.close()
        for connection in list(self.connections):
            connection.close()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def _made(self) -> RpcConnection:
        return RpcConnection(lambda body: body[::-1], self.pool, self.connections)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """One for all tests."""
    served = Served()
    served.start()
    yield served
    served.stop()


@pytest.fixture
def client(server: Served) -> Iterator[socket.socket]:
    """A connection to it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as sock:
        yield sock


def post(body: bytes, *headers: str, first: str = "POST / HTTP/1.1") -> bytes:
    """A request with that body."""
    lines = [first, "Host: engine", f"Content-Length: {len(body)}", *headers]
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
    """Whether the server ends the connection, within the deadline."""
    return client.recv(1) == b""


def test_a_connection_serves_one_request_after_the_other(client: socket.socket) -> None:
    """As the engine's client keeps it."""
    for body in (b"abc", b"", b"de"):
        client.sendall(post(body))
        assert [(200, body[::-1])] == answers(client, 1)


def test_requests_sent_together_are_answered_in_turn(client: socket.socket) -> None:
    """None is lost and none overtakes."""
    client.sendall(post(b"abc") + post(b"def") + post(b"ghi"))

    assert [(200, b"cba"), (200, b"fed"), (200, b"ihg")] == answers(client, 3)


def test_a_request_may_come_in_pieces(client: socket.socket) -> None:
    """Wherever it is cut."""
    for byte in post(b"abc", first="POST /RPC2 HTTP/1.1"):
        client.sendall(bytes([byte]))

    assert [(200, b"cba")] == answers(client, 1)


def test_who_asks_before_it_sends_the_body_is_told_to(client: socket.socket) -> None:
    """curl does with larger bodies."""
    head, _, body = post(b"abc", "Expect: 100-continue").partition(b"\r\n\r\n")
    client.sendall(head + b"\r\n\r\n")
    assert [(100, b"")] == answers(client, 1)
    client.sendall(body)

    assert [(200, b"cba")] == answers(client, 1)


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(post(b"abc", "Connection: close"), id="asked to"),
        pytest.param(post(b"abc", first="POST / HTTP/1.0"), id="HTTP/1.0"),
    ],
)
def test_the_connection_ends_where_the_client_wants_it(client: socket.socket, request_bytes: bytes) -> None:
    """After the answer."""
    client.sendall(request_bytes)

    assert [(200, b"cba")] == answers(client, 1)
    assert is_closed(client)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"hello\r\n\r\n", 400, id="no HTTP"),
        pytest.param(b"POST / HTTP/1.1\r\nno colon\r\n\r\n", 400, id="no header"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", 411, id="no length"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411, id="chunked"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, id="negative length"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 400, id="length no number"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n", 413, id="huge length"),
        pytest.param(b"POST / HTTP/1.1\r\nX: " + b"x" * HEAD_LIMIT, 431, id="endless headers"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 405, id="GET"),
        pytest.param(b"POST /elsewhere HTTP/1.1\r\n\r\n", 404, id="elsewhere"),
    ],
)
def test_what_is_refused_is_told_why_and_ends_the_connection(
    client: socket.socket, data: bytes, status: int
) -> None:
    """Nothing after it is read."""
    client.sendall(data)

    assert status == answers(client, 1)[0][0]
    assert is_closed(client)


def test_who_takes_too_long_is_refused(client: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request has to arrive in time, from its first byte to its last."""
    monkeypatch.setattr(rpc_http, "WHOLE_SECONDS", 0.05)
    client.sendall(post(b"abc")[:-1])

    assert 408 == answers(client, 1)[0][0]
    assert is_closed(client)


def test_an_idle_connection_is_closed(client: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an answer that nobody followed up."""
    monkeypatch.setattr(rpc_http, "IDLE_SECONDS", 0.05)
    client.sendall(post(b"abc"))

    assert [(200, b"cba")] == answers(client, 1)
    assert is_closed(client)
