"""Ways in which a simulated VDSM misbehaves: each changes what it puts on the wire, nothing else."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from mdev_inventory.vdsm.stomp import BODY_LIMIT, Frame, encode

Wire = tuple[bytes, bool]
"""Bytes in place of a frame, and whether the connection is closed after them."""


class Fault(StrEnum):
    """One fault at a time; a dead host is one that is stopped, another CA is another TLS context."""

    NONE = "none"
    HANG_IN_HANDSHAKE = "hang-in-handshake"
    """Accepts the connection, reads, says nothing."""
    HANG_AFTER_CONNECT = "hang-after-connect"
    """TLS is up, CONNECT is never answered."""
    NEVER_ANSWER = "never-answer"
    """CONNECT is answered, no request is."""
    FOREIGN_ID = "foreign-id"
    """Requests are answered with somebody else's id."""
    HALF_ANSWER = "half-answer"
    """The connection ends in the middle of the answer."""
    GARBAGE = "garbage"
    """Bytes that are no frame, from the first on."""
    HTML = "html"
    """A web server's answer."""
    NOT_JSON = "not-json"
    """An answer whose body is no JSON."""
    NOT_AN_OBJECT = "not-an-object"
    """An answer that is JSON but no object."""
    HUGE_ANSWER = "huge-answer"
    """An answer beyond every sensible size."""
    ERROR_FRAME = "error-frame"
    """Requests are answered with STOMP's ERROR."""
    RECOVERING = "recovering"
    """Every request fails with code 99, as after a restart of VDSM."""


def spoil(fault: Fault, frame: Frame) -> Wire:
    """What goes out in place of `frame` under that fault."""
    if fault in _ANY_FRAME:
        return _ANY_FRAME[fault]
    if frame.command == "CONNECTED" and fault is Fault.HANG_AFTER_CONNECT:
        return b"", False
    if frame.command == "MESSAGE" and fault in _ANSWERS:
        return _ANSWERS[fault](frame)
    return encode(frame), False


def _body(change: Callable[[Any], bytes]) -> Callable[[Frame], Wire]:
    def spoiled(frame: Frame) -> Wire:
        return encode(Frame(frame.command, frame.headers, change(json.loads(frame.body)))), False

    return spoiled


def _half(frame: Frame) -> Wire:
    whole = encode(frame)
    return whole[: len(whole) // 2], True


def _recovering(answer: dict[str, Any]) -> bytes:
    error = {"code": 99, "message": "Recovering from crash or Initializing"}
    return json.dumps({"jsonrpc": "2.0", "id": answer.get("id"), "error": error}).encode()


_ANY_FRAME: dict[Fault, Wire] = {
    Fault.GARBAGE: (bytes(range(128, 256)), False),
    Fault.HTML: (b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html></html>", True),
}
_ANSWERS: dict[Fault, Callable[[Frame], Wire]] = {
    Fault.NEVER_ANSWER: lambda _: (b"", False),
    Fault.FOREIGN_ID: _body(lambda answer: json.dumps({**answer, "id": "somebody-else"}).encode()),
    Fault.HALF_ANSWER: _half,
    Fault.NOT_JSON: _body(lambda _: b"Traceback (most recent call last):"),
    Fault.NOT_AN_OBJECT: _body(lambda answer: json.dumps([answer]).encode()),
    Fault.HUGE_ANSWER: _body(lambda _: b" " * (BODY_LIMIT + 1)),
    Fault.ERROR_FRAME: lambda _: (encode(Frame("ERROR", {}, b"Subscription not available")), False),
    Fault.RECOVERING: _body(_recovering),
}
