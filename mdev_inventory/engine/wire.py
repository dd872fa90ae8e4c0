"""One HTTP exchange with the engine that ends at its deadline, whatever the other side does.

A decision waits for such an exchange with the engine's lock held: http.client does it in a third of the time
that requests takes, and is imported in a tenth. Its timeouts hold for each read from the socket, so a server
that sends a byte now and then, in the handshake, the headers or the body, would be waited for without end.
Here `cutter` cuts the connection at the
deadline: it shuts down a second descriptor of the same socket, which wakes the thread that reads from it.
The second descriptor is needed because TLS takes the first one away during the handshake, and because its
number cannot be reused by another connection while we hold it. Only resolving the engine's name is out of
reach: the resolver's own limits (resolv.conf) hold for that.
"""

import json
import select
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from typing import Any
from urllib.parse import urlencode

from mdev_inventory.engine.cookies import Cookies
from mdev_inventory.engine.cutter import CUTTER

# 5,000 VMs of 5 KiB each are 25 MiB; what is longer than this is no answer to anything that we ask.
MAX_BODY = 64 * 1024 * 1024
CHUNK = 64 * 1024
CONNECT_S = 3.0


class Deadline:
    """A moment by which a call has to be over."""

    def __init__(self, seconds: float) -> None:
        """`seconds` from now."""
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: `path` is the part of the URL that errors show."""

    method: str
    path: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    document: Mapping[str, Any] | None = field(default=None, repr=False)
    """The body as JSON; `form` is the body as a form."""

    def __str__(self) -> str:
        """Method and path, for errors and logs."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    content_type: str
    location: str
    body: bytes = field(repr=False)


class TooLongError(Exception):
    """The body is longer than is accepted."""


class CutError(Exception):
    """The deadline passed, and the connection was cut."""


class Line:
    """The one connection of a session, held by a second descriptor so that it can be cut."""

    def __init__(self) -> None:
        """No connection yet."""
        self._lock = threading.Lock()
        self._end: socket.socket | None = None
        self._closed = False
        self._cut = False
        self._exchange = 0

    def attach(self, sock: socket.socket) -> None:
        """A connection was made; one made after the deadline is cut at once."""
        with self._lock:
            self._drop()
            self._end, self._closed = sock.dup(), False
            if self._cut:
                self._shut()

    def closed(self) -> None:
        """The connection was closed by its owner, who may still be reading the answer: `guard` lets go."""
        self._closed = True

    def drop(self) -> None:
        """Let go of the second descriptor."""
        with self._lock:
            self._drop()

    @contextmanager
    def guard(self, deadline: Deadline) -> Iterator[None]:
        """Cut the connection at the deadline; CutError then, whatever the cut itself looked like."""
        appointment = CUTTER.after(deadline.left(), partial(self._cut_now, self._exchange))
        error: Exception | None = None
        try:
            yield
        except Exception as caught:
            error = caught
        finally:
            appointment.cancel()
            was_cut = self._settle()
        if was_cut:
            raise CutError from error
        if error is not None:
            raise error

    def _settle(self) -> bool:
        """After an exchange: whether it was cut. A cut that is late by now finds another number."""
        with self._lock:
            was_cut, self._cut = self._cut, False
            self._exchange += 1
            if was_cut or self._closed:
                self._drop()
        return was_cut

    def _cut_now(self, exchange: int) -> None:
        with self._lock:
            if exchange == self._exchange:
                self._cut = True
                self._shut()

    def _shut(self) -> None:
        if self._end is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._end, socket.SHUT_RDWR)

    def _drop(self) -> None:
        if self._end is not None:
            self._end.close()
            self._end = None


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom a wire leads to."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    """None for a connection without TLS."""


class Wire:
    """One connection to the engine and its cookies, kept alive between calls; for one call at a time."""

    def __init__(self, peer: Peer, max_body: int) -> None:
        """Nothing is sent yet; a longer body than `max_body` is not read to its end."""
        self._max_body = max_body
        self._line = Line()
        self._connection = _Connection(peer, self._line)
        self._cookies = Cookies()

    def exchange(self, request: Request, deadline: Deadline) -> Answer:
        """Send it, read all of the answer.

        Raises CutError, TooLongError, zlib.error, and what http.client, ssl and socket raise.
        """
        left = deadline.left()
        if not left:
            raise CutError
        with self._line.guard(deadline):
            try:
                return self._exchange(request, left)
            except BaseException:
                self._connection.close()
                raise

    def _exchange(self, request: Request, left: float) -> Answer:
        """Redirects are not followed: elsewhere is not the engine, and must not see the token."""
        self._connection.ready(left)
        headers, body = _encoded(request)
        if cookies := self._cookies.header(request.url):
            headers["Cookie"] = cookies
        self._connection.request(request.method, _target(request), body, headers)
        with self._connection.getresponse() as response:
            self._cookies.take(request.url, response)
            return Answer(
                response.status,
                response.getheader("Content-Type", ""),
                response.getheader("Location", ""),
                self._body(response),
            )

    def _body(self, response: HTTPResponse) -> bytes:
        """All of the body; TooLongError as soon as it is too long."""
        unpack = _unpacker(response.getheader("Content-Encoding", ""))
        body = bytearray()
        while chunk := response.read(CHUNK):
            body += unpack.decompress(chunk, self._max_body + 1 - len(body)) if unpack else chunk
            if len(body) > self._max_body:
                raise TooLongError
        if response.length:
            raise IncompleteRead(bytes(body), response.length)
        if unpack and not unpack.eof and body:
            raise zlib.error("it breaks off")
        return bytes(body)

    def forget_cookies(self) -> None:
        """The engine's session cookie belongs to the token: a new token, no old cookie."""
        self._cookies.clear()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._line.drop()


class _Connection(HTTPConnection):
    """Attached to a `Line` before any TLS."""

    def __init__(self, peer: Peer, line: Line) -> None:
        super().__init__(peer.host, peer.port)
        self._tls, self._line = peer.tls, line

    def ready(self, left: float) -> None:
        """An idle connection that has ended is closed: the next request makes another one."""
        if self.sock is not None and _has_news(self.sock):
            self.close()
        self.timeout = left
        if self.sock is not None:
            self.sock.settimeout(left)

    def connect(self) -> None:
        """As http.client would, and the line can cut it from now on."""
        sock = socket.create_connection((self.host, self.port), min(CONNECT_S, self.timeout or CONNECT_S))
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._line.attach(sock)
            sock.settimeout(self.timeout)
            self.sock = self._tls.wrap_socket(sock, server_hostname=self.host) if self._tls else sock
        except BaseException:
            sock.close()
            raise

    def close(self) -> None:
        """As http.client does, and the line knows."""
        super().close()
        self._line.closed()


def _has_news(sock: socket.socket) -> bool:
    """Whether something came although nothing was asked: the end, mostly."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _target(request: Request) -> str:
    """The path with its parameters."""
    path = "/" + request.url.partition("://")[2].partition("/")[2]
    return f"{path}?{urlencode(request.params)}" if request.params else path


def _encoded(request: Request) -> tuple[dict[str, str], bytes | None]:
    """The headers that we send, and the body."""
    headers = {"User-Agent": "mdev-scheduler", "Accept-Encoding": "gzip", **request.headers}
    if request.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return headers, urlencode(request.form).encode("ascii")
    if request.document is not None:
        headers["Content-Type"] = "application/json"
        return headers, json.dumps(request.document).encode("ascii")
    return headers, None


def _unpacker(encoding: str) -> Any:
    """What unpacks a body so encoded; None for one that is as it is."""
    return (
        zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding.lower() in ("gzip", "x-gzip", "deflate") else None
    )
