"""HTTP for the engine endpoint alone: POST of a body of known length on two paths, on one connection.

The engine waits for the answer while it holds its cluster's lock, and a whole web framework takes longer to
hand a call over than the decision behind it takes.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from http import HTTPStatus

from scheduler_plugins.service.engine_endpoint.takers import PROMPT_S

PATHS = frozenset({"/", "/RPC2"})
HEAD_LIMIT = 16 * 1024
BODY_LIMIT = 4 * 1024 * 1024
"""A call names each candidate host in about 70 bytes: room for more hosts than an engine has."""
WHOLE_SECONDS = 10.0
"""How long a request may take to arrive."""
IDLE_SECONDS = 60.0
"""How long a connection is kept open between two requests."""
NEXT_S = 0.1
"""How long a thread waits for the next request on a connection: weights follow their filter."""
RECEIVED = 64 * 1024
"""Bytes read at once at most."""
XML = "text/xml; charset=utf-8"
LINGER_SECONDS = 2.0
"""So long a client that was refused may go on sending before it is cut off: it might miss the answer."""


class RequestError(Exception):
    """A request that is refused; it ends the connection."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        """`text` is the answer's body."""
        super().__init__(text)
        self.status = status


class Head:
    """A request's first lines: raises RequestError for all but what is served here."""

    def __init__(self, data: bytes) -> None:
        """`data` ends before the empty line."""
        first, *lines = data.decode("latin-1").split("\r\n")
        try:
            self.method, target, version = first.split(" ")
            headers = dict(line.split(":", 1) for line in lines)
        except ValueError:
            raise RequestError(HTTPStatus.BAD_REQUEST, "not an HTTP request") from None
        self._headers = {name.lower(): value.strip() for name, value in headers.items()}
        self.keep_alive = version == "HTTP/1.1" and self._headers.get("connection", "").lower() != "close"
        self.expects = self._headers.get("expect", "").lower() == "100-continue"
        self._check(target.partition("?")[0])
        self.length = self._length()

    def _check(self, path: str) -> None:
        if path not in PATHS:
            raise RequestError(HTTPStatus.NOT_FOUND, f"nothing at {path[:80]}; XML-RPC is at / and /RPC2")
        if self.method != "POST":
            raise RequestError(HTTPStatus.METHOD_NOT_ALLOWED, "POST is the only method here")

    def _length(self) -> int:
        text = self._headers.get("content-length", "")
        if not text or "transfer-encoding" in self._headers:
            raise RequestError(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed")
        if not (text.isascii() and text.isdigit()):
            raise RequestError(HTTPStatus.BAD_REQUEST, "the Content-Length is no number")
        if len(text) > 10 or int(text) > BODY_LIMIT:
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {BODY_LIMIT} bytes")
        return int(text)


def serve_prompt(sock: socket.socket, answer: Callable[[bytes], bytes]) -> bytes | None:
    """Answer requests on a connection as long as they come at once and there is nothing odd about them.

    What was read of the first other one, for `RpcConnection` to go on with; None where the connection ends.
    """
    data, patience = b"", PROMPT_S
    while True:
        end = time.monotonic() + patience
        try:
            while (request := _cut(data)) is None:
                sock.settimeout(max(0.0, end - time.monotonic()))
                part = sock.recv(RECEIVED)
                if not part:
                    return None
                data += part
        except (TimeoutError, BlockingIOError, RequestError):
            return data
        head, body, data = request
        sock.settimeout(WHOLE_SECONDS)
        sock.sendall(_response(HTTPStatus.OK, XML, answer(body), head.keep_alive))
        if not head.keep_alive:
            return None
        patience = NEXT_S


def _cut(data: bytes) -> tuple[Head, bytes, bytes] | None:
    """The first request's head and body, and what follows it; None while it is not whole.

    RequestError for what is to be refused, or told to go on.
    """
    end = data.find(b"\r\n\r\n", 0, HEAD_LIMIT)
    if end < 0:
        if len(data) >= HEAD_LIMIT:
            raise RequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too many headers")
        return None
    head, begin = Head(data[:end]), end + 4
    if head.expects:
        raise RequestError(HTTPStatus.CONTINUE, "the client waits for a word")
    if len(data) < begin + head.length:
        return None
    return head, data[begin : begin + head.length], data[begin + head.length :]


class RpcConnection(asyncio.Protocol):
    """One client; its requests are answered one after the other, each by `answer` in a thread of the pool."""

    def __init__(
        self, answer: Callable[[bytes], bytes], pool: Executor, everybody: set["RpcConnection"]
    ) -> None:
        """`everybody` holds the connections that are open."""
        self._answer, self._pool, self._everybody = answer, pool, everybody
        self._data = bytearray()
        self._head: Head | None = None
        self.busy = False
        """A call is being answered."""
        self._refused = False
        self._loop = asyncio.get_running_loop()
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._everybody.add(self)
        self._expect(IDLE_SECONDS, self.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone; a call under way is answered to nobody."""
        del exc
        self._everybody.discard(self)
        self._forget_limit()

    def data_received(self, data: bytes) -> None:
        """Part of a request."""
        if self._refused:
            return
        began = not self._data
        self._data += data
        if self.busy:
            if len(self._data) > HEAD_LIMIT:  # a client that does not wait for answers
                self._transport.abort()
            return
        if began:
            self._expect(WHOLE_SECONDS, self._too_slow)
        self._go_on()

    def close(self) -> None:
        """Nothing more is read; what was answered still goes out."""
        self._transport.close()

    def _go_on(self) -> None:
        """Take a request out of what has arrived, if it is whole."""
        try:
            body = self._next()
        except RequestError as error:
            self._refuse(error)
            return
        if body is not None:
            self._forget_limit()
            self.busy = True
            self._pool.submit(self._work, body)

    def _next(self) -> bytes | None:
        if self._head is None:
            end = self._data.find(b"\r\n\r\n", 0, HEAD_LIMIT)
            if end < 0:
                if len(self._data) >= HEAD_LIMIT:
                    raise RequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too many headers")
                return None
            self._head = Head(bytes(self._data[:end]))
            del self._data[: end + 4]
            if self._head.expects:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if len(self._data) < self._head.length:
            return None
        body = bytes(self._data[: self._head.length])
        del self._data[: self._head.length]
        return body

    def _work(self, body: bytes) -> None:
        """In a thread of the pool."""
        answer = self._answer(body)
        with suppress(RuntimeError):  # the service has ended meanwhile
            self._loop.call_soon_threadsafe(self._answered, answer)

    def _answered(self, answer: bytes) -> None:
        assert self._head is not None
        keep, self._head, self.busy = self._head.keep_alive, None, False
        if self._transport.is_closing():
            return
        self._transport.write(_response(HTTPStatus.OK, XML, answer, keep))
        if not keep:
            self.close()
        elif self._data:
            self._go_on()
        else:
            self._expect(IDLE_SECONDS, self.close)

    def _too_slow(self) -> None:
        self._refuse(RequestError(HTTPStatus.REQUEST_TIMEOUT, "no whole request in time"))

    def _refuse(self, error: RequestError) -> None:
        text = f"{error}\n".encode("ascii", "replace")
        self._transport.write(_response(error.status, "text/plain", text, keep_alive=False))
        self._refused = True
        self._transport.write_eof()
        self._expect(LINGER_SECONDS, self._transport.abort)

    def _expect(self, seconds: float, otherwise: Callable[[], None]) -> None:
        self._forget_limit()
        self._limit = self._loop.call_later(seconds, otherwise)

    def _forget_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


def _response(status: HTTPStatus, kind: str, body: bytes, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *(["Allow: POST"] if status is HTTPStatus.METHOD_NOT_ALLOWED else []),
        *([] if keep_alive else ["Connection: close"]),
    ]
    return "\r\n".join([*lines, "\r\n"]).encode("ascii") + body
