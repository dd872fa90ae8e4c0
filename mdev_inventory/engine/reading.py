"""An answer of the engine's as it arrives: parsed by llhttp (httptools), its body unpacked and bounded."""

import zlib
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

HEAD_LIMIT = 64 * 1024
"""Bytes that may arrive before an answer's headers are whole."""
PACKED = frozenset({"gzip", "x-gzip", "deflate"})


class UnreadableError(Exception):
    """There is no whole answer."""


class NoHttpError(UnreadableError):
    """The other side does not speak HTTP, or says nothing."""


class BrokenOffError(UnreadableError):
    """The answer ended before it was whole."""


class TooLongError(UnreadableError):
    """The body is longer than is accepted."""


class Reading:
    """One answer; fed until it is `whole`."""

    def __init__(self, max_body: int) -> None:
        """A longer body than `max_body`, unpacked, is not taken."""
        self.whole = False
        self.keep_alive = False
        """Whether the connection can be used again."""
        self.status = 0
        self.cookies: list[str] = []
        """Every `Set-Cookie`, as it came."""
        self.body = bytearray()
        self._headers: dict[str, str] = {}
        self._begun = False
        self._head_left = HEAD_LIMIT
        self._max_body = max_body
        self._unpack: Any = None
        self._parser = HttpResponseParser(self)

    def header(self, name: str) -> str:
        """The header of that name in lower case; empty where there is none."""
        return self._headers.get(name, "")

    def feed(self, data: bytes) -> None:
        """What arrived; empty for the end of the connection.

        Raises UnreadableError, and zlib.error for a body that is packed in a broken way.
        """
        if not data:
            self._end()
            return
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if isinstance(error.__context__, (TooLongError, zlib.error)):
                raise error.__context__ from None
            if not self.whole:
                raise NoHttpError(f"no HTTP: {error}") from None
            self.keep_alive = False
        if not self._begun:
            self._head_left -= len(data)
            if self._head_left < 0:
                raise NoHttpError("headers without end")

    def _end(self) -> None:
        """The connection ended: some bodies end so."""
        if not self._begun:
            raise NoHttpError("the connection ended without an answer")
        if "content-length" in self._headers or "transfer-encoding" in self._headers:
            raise BrokenOffError
        self._finish()

    def _finish(self) -> None:
        if self._unpack and self.body and not self._unpack.eof:
            raise zlib.error("it breaks off")
        self.whole = True

    def on_message_begin(self) -> None:
        """Of the parser: after a whole answer, there is something that nobody asked for."""
        if self.whole:
            self.keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of the parser: one header; none of what follows the body is this answer's."""
        if self._begun:
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        if key == "set-cookie":
            self.cookies.append(text)
        else:
            self._headers[key] = text

    def on_headers_complete(self) -> None:
        """Of the parser: the body begins; what is only an interim word (1xx) has none."""
        status = self._parser.get_status_code()
        if self.whole:
            return
        if status < 200:
            self._headers.clear()
            return
        self._begun, self.status = True, status
        if self.header("content-encoding").lower() in PACKED:
            self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def on_body(self, data: bytes) -> None:
        """Of the parser: part of the body."""
        if self.whole:
            return
        if self._unpack:
            data = self._unpack.decompress(data, self._max_body + 1 - len(self.body))
        self.body += data
        if len(self.body) > self._max_body:
            raise TooLongError

    def on_message_complete(self) -> None:
        """Of the parser: the answer is whole."""
        if self._begun and not self.whole:
            self._finish()
            self.keep_alive = self._parser.should_keep_alive()
