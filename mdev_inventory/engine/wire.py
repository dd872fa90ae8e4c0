"""One HTTP exchange with the engine that ends at its deadline, whatever the other side does.

A decision waits for such an exchange with the engine's lock held, so it is done on the bare socket, with a
parser in C (`reading.py`): http.client takes as long for an answer's headers as the VM's placement takes.
A socket's timeout holds for each read, so a server that sends a byte now and then would be waited for without
end: `line.py` cuts it off.

Why not a whole client: `docs/decisions/0003-http-to-the-engine.md`.
"""

import json
import re
import select
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from mdev_inventory.engine.cookies import Cookies
from mdev_inventory.engine.line import CutError, Deadline, Line
from mdev_inventory.engine.reading import Reading

# 5,000 VMs of 5 KiB each are 25 MiB; what is longer than this is no answer to anything that we ask.
MAX_BODY = 64 * 1024 * 1024
CHUNK = 64 * 1024
CONNECT_S = 3.0
PLAIN = re.compile("[A-Za-z0-9_ =-]*", re.ASCII)
FORM = "application/x-www-form-urlencoded"


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


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom a wire leads to."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    """None for a connection without TLS."""

    @property
    def authority(self) -> str:
        """As it stands in a request's `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


class Wire:
    """One connection to the engine and its cookies, kept alive between calls; for one call at a time."""

    def __init__(self, peer: Peer, max_body: int) -> None:
        """Nothing is sent yet; a longer body than `max_body` is not read to its end."""
        self._peer, self._max_body = peer, max_body
        self._line = Line()
        self._sock: socket.socket | None = None
        self._cookies = Cookies()

    def exchange(self, request: Request, deadline: Deadline) -> Answer:
        """Send it, read all of the answer.

        Raises CutError, what `Reading` raises, and what ssl and socket raise.
        """
        left = deadline.left()
        if not left:
            raise CutError
        with self._line.guard(deadline):
            try:
                return self._exchange(request, left)
            except BaseException:
                self._hang_up()
                raise

    def _exchange(self, request: Request, left: float) -> Answer:
        """Redirects are not followed: elsewhere is not the engine, and must not see the token."""
        sock = self._ready(left)
        sock.sendall(_written(request, self._peer.authority, self._cookies.header(request.url)))
        reading = Reading(self._max_body)
        while not reading.whole:
            reading.feed(sock.recv(CHUNK))
        if not reading.keep_alive:
            self._hang_up()
        self._cookies.take(request.url, reading.cookies)
        return Answer(
            reading.status, reading.header("content-type"), reading.header("location"), bytes(reading.body)
        )

    def forget_cookies(self) -> None:
        """The engine's session cookie belongs to the token: a new token, no old cookie."""
        self._cookies.clear()

    def close(self) -> None:
        """Close the connection."""
        self._hang_up()
        self._line.drop()

    def _ready(self, left: float) -> socket.socket:
        """The connection; in place of an idle one that has ended, another."""
        if self._sock is not None and _has_news(self._sock):
            self._hang_up()
        if self._sock is None:
            self._sock = self._connected(left)
        self._sock.settimeout(left)
        return self._sock

    def _connected(self, left: float) -> socket.socket:
        """A new connection, which the line can cut from now on."""
        peer = self._peer
        sock = socket.create_connection((peer.host, peer.port), min(CONNECT_S, left))
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._line.attach(sock)
            sock.settimeout(left)
            return peer.tls.wrap_socket(sock, server_hostname=peer.host) if peer.tls else sock
        except BaseException:
            sock.close()
            raise

    def _hang_up(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None
        self._line.closed()


def _has_news(sock: socket.socket) -> bool:
    """Whether something came although nothing was asked: the end, mostly."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _written(request: Request, authority: str, cookies: str) -> bytes:
    """The request as it is sent; UnicodeError for headers that hold anything but Latin-1.

    Nothing in them comes from the other side but the token, which `login.py` looks at, and its cookies.
    """
    headers, body = _encoded(request)
    if cookies:
        headers["Cookie"] = cookies
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    head = f"{request.method} {_target(request)} HTTP/1.1\r\nHost: {authority}\r\n{lines}\r\n"
    return head.encode("latin-1") + body


def _target(request: Request) -> str:
    """The path with its parameters."""
    path = "/" + request.url.partition("://")[2].partition("/")[2]
    return f"{path}?{_query(request.params)}" if request.params else path


def _query(params: Mapping[str, str]) -> str:
    """As `urlencode` has it, which looks at each letter of a search for a hundred VMs."""
    if not all(map(PLAIN.fullmatch, params.values())):
        return urlencode(params)
    return "&".join([f"{k}={v.replace(' ', '+').replace('=', '%3D')}" for k, v in params.items()])


def _encoded(request: Request) -> tuple[dict[str, str], bytes]:
    """The headers that we send, and the body."""
    headers = {"User-Agent": "mdev-scheduler", "Accept-Encoding": "gzip", **request.headers}
    if request.form is not None:
        headers["Content-Type"], body = FORM, urlencode(request.form).encode("ascii")
    elif request.document is not None:
        headers["Content-Type"], body = "application/json", json.dumps(request.document).encode("ascii")
    else:
        return headers, b""
    return {**headers, "Content-Length": str(len(body))}, body
