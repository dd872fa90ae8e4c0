"""One HTTP exchange with the engine that ends at its deadline, whatever the other side does.

A decision waits for such an exchange with the engine's lock held: http.client does it in a third of the time
that requests takes, and is imported in a tenth. Its timeouts hold for each read from the socket, so a server
that sends a byte now and then would be waited for without end: `line.py` cuts it off.
"""

import json
import select
import socket
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from typing import Any
from urllib.parse import urlencode

from mdev_inventory.engine.cookies import Cookies
from mdev_inventory.engine.line import CutError, Deadline, Line

# 5,000 VMs of 5 KiB each are 25 MiB; what is longer than this is no answer to anything that we ask.
MAX_BODY = 64 * 1024 * 1024
CHUNK = 64 * 1024
CONNECT_S = 3.0


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
