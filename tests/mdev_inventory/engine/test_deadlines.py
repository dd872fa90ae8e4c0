"""An engine that hangs, trickles or never ends costs a call its deadline, and memory its bound."""

import gzip
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from mdev_inventory.engine.http import EngineHttp
from tests.mdev_inventory.engine.asking import ask, refused
from tests.mdev_inventory.engine.peer import EnginePeer, Handler, within

OK = b"HTTP/1.1 200 OK\r\n"
MIB = 2**20


def headers_slowly(answer: Handler) -> None:
    """A header that never ends."""
    answer.trickle(OK + b"X-Slow: ")


def body_slowly(answer: Handler) -> None:
    """A body that comes byte by byte."""
    answer.trickle(OK + b"Content-Length: 1000000\r\n\r\n{")


def body_without_length(answer: Handler) -> None:
    """A body that ends with the connection, which therefore never ends."""
    answer.trickle(b"HTTP/1.0 200 OK\r\n\r\n{")


def silence(answer: Handler) -> None:
    """Nothing, until the test is over."""
    answer.server.over.wait()
    answer.hang_up()


def interim_words(answer: Handler) -> None:
    """Always something that is no answer yet, quickly."""
    while not answer.server.over.is_set():
        answer.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


BEHAVIOURS = [headers_slowly, body_slowly, body_without_length, silence, interim_words]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_deadline_holds_whatever_the_engine_does(
    peer: EnginePeer, http: EngineHttp, behaviour: Callable[[Handler], None]
) -> None:
    """It costs the deadline and no more, once; and the thread that nobody waits for ends soon after."""
    before = threading.enumerate()
    peer.routes["/ovirt-engine/x"] = behaviour
    with within(1.5):
        error = refused(http, 0.3)
    http.close()
    asking = [one for one in threading.enumerate() if one.name == "engine" and one not in before]
    for thread in asking:
        thread.join(10)

    assert ("timeout", 1) == (error.code, peer.seen["GET /x"])
    assert f"GET /x at {http.base}: no whole answer within 0.3 s" == error.text
    assert not any(thread.is_alive() for thread in asking)


def test_a_call_after_one_that_was_too_late(peer: EnginePeer, http: EngineHttp) -> None:
    """Its connection is not used again."""
    peer.routes["/ovirt-engine/x"] = body_slowly
    refused(http, 0.2)
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.json({})

    assert 200 == ask(http).status


def test_a_deadline_that_has_passed_sends_nothing(peer: EnginePeer, http: EngineHttp) -> None:
    """Without time left, the engine is not troubled."""
    assert ("timeout", 0) == (refused(http, 0.0).code, peer.connections)


def test_no_try_beyond_the_deadline(peer: EnginePeer, http: EngineHttp) -> None:
    """A wait that would pass the deadline is not begun."""
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.whole(b"no", "text/plain", 503)
    with within(0.35):
        status = ask(http, 0.3).status

    assert (503, 2) == (status, peer.seen["GET /x"])


def test_a_server_that_accepts_nobody() -> None:
    """A connection that is never made costs the deadline and no more."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        too_late(f"http://127.0.0.1:{full.getsockname()[1]}")
        for one in waiting:
            one.close()


def test_a_handshake_that_hangs() -> None:
    """A server that accepts and says nothing to TLS costs the deadline and no more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        too_late(f"https://localhost:{silent.getsockname()[1]}")


def test_a_handshake_that_trickles() -> None:
    """A server that sends a TLS record byte by byte costs the deadline and no more."""
    over = threading.Event()

    def trickle(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"\x16\x03\x03\x40\x00")
            while not over.wait(0.02):
                try:
                    connection.sendall(b"\x02")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(trickle, server)
        too_late(f"https://localhost:{server.getsockname()[1]}")
        over.set()


def too_late(url: str) -> None:
    """Asking there ends at the deadline."""
    http = EngineHttp(url)
    with within(1.5):
        error = refused(http, 0.3)
    http.close()

    assert "timeout" == error.code


def much_without_end(answer: Handler) -> None:
    """A body that has no end, quickly."""
    answer.trickle(b"HTTP/1.0 200 OK\r\n\r\n" + b" " * MIB)


def packed(times: int) -> Callable[[Handler], None]:
    """64 MiB of nothing, packed so many times over."""
    body = bytes(64 * MIB)
    for _ in range(times):
        body = gzip.compress(body)
    head = OK + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
    return lambda answer: answer.raw(head % (b", ".join([b"gzip"] * times), len(body)) + body)


@contextmanager
def memory(most: int) -> Iterator[None]:
    """Fails where the block took more bytes at one time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "behaviour", [much_without_end, packed(1), packed(2)], ids=["without end", "packed", "packed twice"]
)
def test_an_answer_that_is_too_long(peer: EnginePeer, behaviour: Callable[[Handler], None]) -> None:
    """It is not read to its end, and not tried again; what is just as long as it may be, is read."""
    small = EngineHttp(peer.url, max_body=1000)
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.whole(b" " * 1000)
    fitting = ask(small)
    peer.routes["/ovirt-engine/x"] = behaviour
    with memory(8 * MIB):
        error = refused(small, 30)
    small.close()

    assert 1000 == len(fitting.body)
    assert ("bad-answer", 2) == (error.code, peer.seen["GET /x"])


def test_an_answer_packed_in_a_broken_way(peer: EnginePeer, http: EngineHttp) -> None:
    """It is as it is: another try would bring the same."""
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.raw(
        OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzip?"
    )

    assert ("bad-answer", 1) == (refused(http).code, peer.seen["GET /x"])


@pytest.mark.parametrize(
    "head", [b"X: " + b"x" * 2**17, b"".join(b"X-%d: x\r\n" % n for n in range(200))], ids=["a long one", "many"]
)
def test_headers_without_bounds(peer: EnginePeer, http: EngineHttp, head: bytes) -> None:
    """They are no answer."""
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.raw(OK + head + b"\r\n\r\n{}")

    assert "unreachable" == refused(http).code
