"""One HTTP exchange with the engine that ends at its deadline, whatever the other side does.

The timeouts of requests hold for each read from the socket, so a server that sends a byte now and then, in
the handshake, the headers or the body, is waited for without end. Here `cutter` cuts the connection at the
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
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

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


class Wire:
    """One connection to the engine and its cookies, kept alive between calls; for one call at a time.

    Requests go to the adapter under `requests.Session`. What the session does beyond that, such as looking
    for proxies, passwords in .netrc (which would replace our token) and CA bundles in the environment, is not
    for us, and takes longer than the exchange.
    """

    def __init__(self, verify: str | bool, max_body: int) -> None:
        """`verify` is a file or a folder of CA certificates, or True for those that requests brings."""
        self._max_body = max_body
        self._verify = verify
        self._line = Line()
        self._adapter = _Adapter(self._line)
        self._cookies = RequestsCookieJar()

    def exchange(self, request: Request, deadline: Deadline) -> Answer:
        """Send it, read all of the answer. Raises CutError, TooLongError, and what requests raises."""
        left = deadline.left()
        if not left:
            raise CutError
        prepared = self._prepared(request)
        with (
            self._line.guard(deadline),
            # Redirects are not followed: elsewhere is not the engine, and must not see the token.
            self._adapter.send(
                prepared,
                stream=True,
                timeout=(min(CONNECT_S, left), left),
                verify=self._verify,
                proxies={},
            ) as response,
        ):
            extract_cookies_to_jar(self._cookies, prepared, response.raw)  # type: ignore[no-untyped-call]
            headers = response.headers
            return Answer(
                response.status_code,
                headers.get("Content-Type", ""),
                headers.get("Location", ""),
                self._body(response),
            )

    def _prepared(self, request: Request) -> requests.PreparedRequest:
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers={**requests.utils.default_headers(), **request.headers},
            params=dict(request.params),
            data=request.form,
            json=request.document,
            cookies=self._cookies,
        )
        return prepared

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
        self._cookies.clear()

    def close(self) -> None:
        """Close the connection."""
        self._adapter.close()
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
