"""One HTTP exchange with the engine that ends at its deadline, whatever the other side does.

The timeouts of requests hold for each read from the socket, so a server that sends a byte now and then, in
the handshake, the headers or the body, is waited for without end. Here a timer cuts the connection at the
deadline: it shuts down a second descriptor of the same socket, which wakes the thread that reads from it.
The second descriptor is needed because TLS takes the first one away during the handshake, and because its
number cannot be reused by another connection while we hold it. Only resolving the engine's name is out of
reach: the resolver's own limits (resolv.conf) hold for that.
"""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

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
    """The one connection of a session, held by a second descriptor so that a timer can cut it."""

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
        timer = threading.Timer(deadline.left(), self._cut_now, [self._exchange])
        timer.daemon = True
        timer.start()
        error: Exception | None = None
        try:
            yield
        except Exception as caught:
            error = caught
        finally:
            timer.cancel()
            was_cut = self._settle()
        if was_cut:
            raise CutError from error
        if error is not None:
            raise error

    def _settle(self) -> bool:
        """After an exchange: whether it was cut. A timer that is late by now finds another number."""
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


class Wire:
    """A session of requests with one connection.

    For one call at a time: `requests.Session` does not promise to be safe for threads.
    """

    def __init__(self, verify: str | bool, max_body: int) -> None:
        """`verify` is a file or a folder of CA certificates, or True for those that requests brings."""
        self._max_body = max_body
        self._line = Line()
        self._session = requests.Session()
        # The environment's proxies, .netrc (which would replace our token) and CA bundle are not for us.
        self._session.trust_env = False
        self._session.verify = verify
        self._session.mount("http://", _Adapter(self._line))
        self._session.mount("https://", _Adapter(self._line))

    def exchange(self, request: Request, deadline: Deadline) -> Answer:
        """Send it, read all of the answer. Raises CutError, TooLongError, and what requests raises."""
        left = deadline.left()
        if not left:
            raise CutError
        with (
            self._line.guard(deadline),
            self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                params=request.params,
                data=request.form,
                json=request.document,
                stream=True,
                # Elsewhere is not the engine, and must not see the token.
                allow_redirects=False,
                timeout=(min(CONNECT_S, left), left),
            ) as response,
        ):
            headers = response.headers
            return Answer(
                response.status_code,
                headers.get("Content-Type", ""),
                headers.get("Location", ""),
                self._body(response),
            )

    def _body(self, response: requests.Response) -> bytes:
        """All of the body; TooLongError as soon as it is too long."""
        body = bytearray()
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > self._max_body:
                raise TooLongError
        return bytes(body)

    def forget_cookies(self) -> None:
        """The engine's session cookie belongs to the token: a new token, no old cookie."""
        self._session.cookies.clear()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
        self._line.drop()


class _Adapter(HTTPAdapter):
    """Makes connections that tell a `Line` about themselves; never retries by itself."""

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._line)


def _pools(line: Line) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's pools of connections, whose connections are attached to `line` before any TLS."""

    class Attached(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            sock = super()._new_conn()
            line.attach(sock)
            return sock

        def close(self) -> None:
            super().close()
            line.closed()

    class Tls(Attached, HTTPSConnection):
        pass

    class Pool(HTTPConnectionPool):
        ConnectionCls = Attached

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": Pool, "https": TlsPool}
