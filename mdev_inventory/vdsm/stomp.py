"""STOMP 1.2 frames as VDSM speaks them: bytes to frames and back, no sockets.

VDSM escapes header names and values in every frame, CONNECT and CONNECTED included, where the STOMP
standard exempts those two; and it reads a raw colon inside a value as an error.
So one strict rule holds here for all frames.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mdev_inventory.vdsm import limits

COMMANDS = frozenset(
    {"CONNECT", "STOMP", "SEND", "SUBSCRIBE", "UNSUBSCRIBE", "ACK", "NACK", "BEGIN", "COMMIT", "ABORT"}
    | {"DISCONNECT", "CONNECTED", "MESSAGE", "RECEIPT", "ERROR"}
)
HEAD_LIMIT = 64 * 1024
"""Bytes of one frame's command and headers; VDSM's own stay below 1 KiB."""
BODY_LIMIT = limits.ANSWER.most
"""Bytes of one frame's body."""

_LONGEST_COMMAND = max(map(len, COMMANDS))
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", ":": "\\c"}
_UNESCAPES = {escaped: raw for raw, escaped in _ESCAPES.items()}


class FrameError(ValueError):
    """Bytes that are no STOMP frame, or a frame that cannot be written as bytes."""


class FrameTooLargeError(FrameError):
    """A frame beyond the limits: what a hostile or broken peer sends."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One STOMP frame; header names and values unescaped, the body as it travels."""

    command: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def encode(frame: Frame) -> bytes:
    """The frame's bytes, its end included; `content-length` is written here, in bytes, where there is a body.

    Raises FrameError for an unknown command and for a NUL in a header, which no escape can carry.
    """
    if frame.command not in COMMANDS:
        raise FrameError(f"{frame.command!r} is no STOMP command")
    headers = {name: value for name, value in frame.headers.items() if name != "content-length"}
    if frame.body:
        headers["content-length"] = str(len(frame.body))
    lines = [frame.command, *(f"{_escape(name)}:{_escape(value)}" for name, value in headers.items())]
    return "\n".join([*lines, "", ""]).encode() + frame.body + b"\0"


class Parser:
    """Turns a stream of bytes, in pieces of any size, into frames.

    Newlines between frames are heart-beats and are skipped. After an error the stream has no meaning any
    more: drop the connection and the parser with it.
    """

    def __init__(self, body_limit: int = BODY_LIMIT, head_limit: int = HEAD_LIMIT) -> None:
        """Limits in bytes, each for one frame."""
        self._body_limit = body_limit
        self._head_limit = head_limit
        self._buffer = bytearray()
        self._searched = 0
        self.frames = 0
        """So many frames so far; who asks another question begins with 0 again."""
        self._reset()

    @property
    def within_frame(self) -> bool:
        """Whether the bytes so far end in the middle of a frame."""
        return bool(self._command or self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes; raises FrameError, and nothing of this piece is then returned."""
        if not self.within_frame:  # a flood of heart-beats costs no more than its bytes
            data = data.lstrip(b"\r\n")
        self._buffer += data
        return list(self._frames())

    def _frames(self) -> Iterator[Frame]:
        while True:
            while not self._head_done:
                line = self._take_line()
                if line is None:
                    return
                self._read_line(line)
            body = self._take_body()
            if body is None:
                return
            self.frames += 1
            if self.frames > limits.FRAMES.most:
                raise FrameTooLargeError(f"more than {limits.FRAMES.most} {limits.FRAMES.what}")
            yield Frame(self._command, self._headers, body)
            self._reset()
            self._skip_newlines()

    def _skip_newlines(self) -> None:
        """The heart-beats behind a frame, all at once."""
        if self._buffer.startswith((b"\n", b"\r")):
            self._buffer = self._buffer.lstrip(b"\r\n")

    def _reset(self) -> None:
        self._command = ""
        self._headers: dict[str, str] = {}
        self._head_size = 0
        self._lines = 0
        self._head_done = False

    def _take_line(self) -> str | None:
        end = self._buffer.find(b"\n", self._searched)
        self._searched = len(self._buffer) if end < 0 else 0
        length = len(self._buffer) if end < 0 else end + 1
        if not self._command and length > _LONGEST_COMMAND + len("\r\n"):
            raise FrameError(f"no STOMP frame begins with {_excerpt(self._buffer)}")
        if self._head_size + length > self._head_limit:
            raise FrameTooLargeError(f"the headers of a frame exceed {self._head_limit} bytes")
        if end < 0:
            return None
        self._head_size += length
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[:length]
        return _decode(line)

    def _read_line(self, line: str) -> None:
        if not self._command:
            self._begin(line)
        elif line:
            self._lines += 1
            if self._lines > limits.HEADERS.most:
                raise FrameTooLargeError(f"more than {limits.HEADERS.most} {limits.HEADERS.what}")
            name, value = _header(line)
            self._headers.setdefault(name, value)
        else:
            self._head_done = True

    def _begin(self, line: str) -> None:
        if not line:
            self._head_size = 0
        elif line not in COMMANDS:
            raise FrameError(f"no STOMP frame begins with {_excerpt(line.encode())}")
        self._command = line

    def _take_body(self) -> bytes | None:
        length = self._content_length()
        if length is None:
            length = self._buffer.find(b"\0", self._searched)
            self._searched = len(self._buffer) if length < 0 else 0
        if max(length, self._searched) > self._body_limit:
            raise FrameTooLargeError(f"the body of a {self._command} frame exceeds {self._body_limit} bytes")
        if length < 0 or len(self._buffer) <= length:
            return None
        if self._buffer[length] != 0:
            raise FrameError(f"a {self._command} frame does not end where its content-length {length} says")
        body = bytes(self._buffer[:length])
        del self._buffer[: length + 1]
        return body

    def _content_length(self) -> int | None:
        text = self._headers.get("content-length")
        if text is None:
            return None
        if not re.fullmatch("[0-9]{1,18}", text):
            raise FrameError(f"content-length {_excerpt(text.encode())} is no number of bytes")
        return int(text)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name:
        raise FrameError(f"a header line without a name: {_excerpt(line.encode())}")
    if ":" in value:
        raise FrameError(f"a raw colon in the value of header {name!r}: it must be written as \\c")
    return _unescape(name), _unescape(value)


def _escape(text: str) -> str:
    if "\0" in text:
        raise FrameError(f"a header cannot hold a NUL: {text!r}")
    return re.sub(r"[\\\n\r:]", lambda match: _ESCAPES[match.group()], text)


def _unescape(text: str) -> str:
    def raw(match: re.Match[str]) -> str:
        if match.group() not in _UNESCAPES:
            raise FrameError(f"unknown escape {match.group()!r} in header text {text[:80]!r}")
        return _UNESCAPES[match.group()]

    return re.sub(r"\\.?", raw, text, flags=re.DOTALL)


def _decode(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise FrameError(f"a frame's head is not UTF-8: {_excerpt(line)}") from error


def _excerpt(data: bytes | bytearray) -> str:
    return repr(bytes(data[:60]))
