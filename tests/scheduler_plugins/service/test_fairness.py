"""No caller waits for another's leisure: 64 busy and 64 slow ones, and then somebody with a question."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xmlrpc.client import dumps

import pytest

from scheduler_plugins.service.proxy_socket.line import Question
from tests.scheduler_plugins.service.fakes import HOST_A, VM, FakeDecider, engine_endpoint, line_of, proxy_socket
from tests.scheduler_plugins.service.proxy_socket.asking import ask

MANY = 64
SOON_S = 4.5
"""A question takes milliseconds; what is found here is a caller who waits for others' deadlines."""
HOSTS = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(1000)]
BODY = dumps((["MdevFilter"], [HOST_A], VM, {}), "runFilters").encode()
LARGE = dumps((["MdevFilter"], HOSTS, VM, {}), "runFilters").encode()
LINE = line_of(Question("MdevFilter", VM, (HOST_A,)))


def post(body: bytes) -> bytes:
    """A call."""
    return b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def dripping(data: bytes, from_byte: int) -> Callable[[socket.socket, threading.Event], None]:
    """A caller that sends some at once, and the rest a byte at a time."""

    def call(client: socket.socket, over: threading.Event) -> None:
        client.sendall(data[:from_byte])
        for byte in data[from_byte:-1]:
            if over.wait(0.1):
                return
            client.sendall(bytes([byte]))

    return call


def deaf(data: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """A caller that asks and asks, and never reads."""

    def call(client: socket.socket, over: threading.Event) -> None:
        while not over.is_set():
            client.sendall(data)

    return call


def busy(data: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """A caller that asks every 80 ms on one connection."""

    def call(client: socket.socket, over: threading.Event) -> None:
        while not over.wait(0.08):
            client.sendall(data)
            client.recv(65536)

    return call


@contextlib.contextmanager
def callers(
    connect: Callable[[], socket.socket], *kinds: Callable[[socket.socket, threading.Event], None]
) -> Iterator[None]:
    """Many of each kind, all connected and at it."""
    over = threading.Event()
    under_way = threading.Barrier(len(kinds) * MANY + 1, timeout=30)

    def live(kind: Callable[[socket.socket, threading.Event], None]) -> None:
        with connect() as client:
            client.settimeout(0.5)
            under_way.wait()
            with contextlib.suppress(OSError):
                kind(client, over)

    threads = [threading.Thread(target=live, args=(kind,)) for kind in kinds for _ in range(MANY)]
    for thread in threads:
        thread.start()
    try:
        under_way.wait()
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


CALLERS = [
    pytest.param((busy(post(BODY)), dripping(post(BODY), 0)), id="headers that drip"),
    pytest.param((busy(post(BODY)), dripping(post(BODY), 80)), id="bodies that drip"),
    pytest.param((busy(post(BODY)), deaf(post(LARGE))), id="answers that are not read"),
]


@pytest.mark.parametrize("kinds", CALLERS)
def test_the_engine_is_answered_beside_any_callers(
    kinds: tuple[Callable[[socket.socket, threading.Event], None], ...],
) -> None:
    """On a connection of its own, ten times, while the others go on."""
    with engine_endpoint(FakeDecider(fitting=(HOST_A, *HOSTS))) as url:
        where = urlsplit(url)
        with callers(lambda: socket.create_connection((where.hostname, where.port), timeout=10), *kinds):
            took = []
            for _ in range(10):
                began = time.monotonic()
                with contextlib.closing(http.client.HTTPConnection(where.netloc, timeout=10)) as connection:
                    connection.request("POST", "/", BODY)
                    assert HOST_A.encode() in connection.getresponse().read()
                took.append(time.monotonic() - began)

    assert max(took) < SOON_S


@pytest.mark.parametrize("kinds", [(dripping(LINE, 0), dripping(LINE, 20)), (dripping(LINE, 0), deaf(LINE))])
def test_the_proxys_plugin_is_answered_beside_any_callers(
    tmp_path: Path, kinds: tuple[Callable[[socket.socket, threading.Event], None], ...]
) -> None:
    """The same at the proxy socket."""
    path = tmp_path / "proxy.sock"

    def connect() -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(path))
        return client

    with proxy_socket(path, FakeDecider()), callers(connect, *kinds):
        took = []
        for _ in range(10):
            began = time.monotonic()
            assert ask(path, LINE) == f"['{HOST_A}']\n".encode()
            took.append(time.monotonic() - began)

    assert max(took) < SOON_S
