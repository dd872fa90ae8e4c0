"""Answers as they arrive, in pieces of any size: what they are, and what is none."""

import gzip
import zlib

import pytest

from mdev_inventory.engine.reading import (
    HEAD_LIMIT,
    BrokenOffError,
    NoHttpError,
    Reading,
    TooLongError,
    UnreadableError,
)

OK = b"HTTP/1.1 200 OK\r\n"
BODY = b'{"vm": []}'
PACKED = gzip.compress(BODY)
LIMIT = 1000


def fed(answer: bytes, size: int = 1, max_body: int = LIMIT) -> Reading:
    """The answer in pieces of that size, and then the end of the connection."""
    reading = Reading(max_body)
    for begin in range(0, len(answer), size):
        if reading.whole:
            break
        reading.feed(answer[begin : begin + size])
    if not reading.whole:
        reading.feed(b"")
    return reading


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize(
    ("answer", "keep_alive"),
    [
        pytest.param(OK + b"Content-Length: 10\r\n\r\n" + BODY, True, id="length"),
        pytest.param(
            OK
            + b"Transfer-Encoding: chunked\r\n\r\n4\r\n"
            + BODY[:4]
            + b"\r\n6\r\n"
            + BODY[4:]
            + b"\r\n0\r\n\r\n",
            True,
            id="chunks",
        ),
        pytest.param(OK + b"\r\n" + BODY, False, id="until the end of the connection"),
        pytest.param(
            OK + b"Content-Length: 10\r\nConnection: close\r\n\r\n" + BODY, False, id="the last one"
        ),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n" + BODY, False, id="HTTP/1.0"),
        pytest.param(
            OK + b"content-encoding: GZIP\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED,
            True,
            id="packed",
        ),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n" + OK + b"Content-Length: 10\r\n\r\n" + BODY,
            True,
            id="after an interim word",
        ),
    ],
)
def test_a_whole_answer(answer: bytes, keep_alive: bool, size: int) -> None:
    """However the body is delimited, and however the answer is cut into pieces."""
    reading = fed(answer, size)

    assert (200, BODY, keep_alive) == (reading.status, bytes(reading.body), reading.keep_alive)


def test_headers() -> None:
    """By their names in any case; cookies apart, for there may be several."""
    lines = b"Location: /a\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nX-E: \xe9\r\nContent-Length: 0\r\n\r\n"
    reading = fed(b"HTTP/1.1 302 Found\r\n" + lines)

    assert (302, "/a", ["a=1", "b=2"]) == (reading.status, reading.header("location"), reading.cookies)
    assert ("é", "") == (reading.header("x-e"), reading.header("set-cookie"))


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            OK + b"Location: /b\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n", id="another answer"
        ),
        pytest.param(b"", id="nothing"),
    ],
)
def test_headers_behind_the_body_are_not_the_answers(more: bytes) -> None:
    """Neither those of an answer that nobody asked for, nor the last chunk's own."""
    head = OK + b"Location: /a\r\nSet-Cookie: a=1\r\nTransfer-Encoding: chunked\r\n\r\n"
    reading = fed(head + b"0\r\nLocation: /c\r\nSet-Cookie: c=3\r\n\r\n" + more, 4096)

    assert ("/a", ["a=1"]) == (reading.header("location"), reading.cookies)


def test_what_nobody_asked_for_ends_the_connection() -> None:
    """A second answer at the back of the first may be somebody else's."""
    answer = OK + b"Content-Length: 10\r\n\r\n" + BODY
    reading = fed(answer + answer.replace(b"vm", b"xx"), 4096)

    assert (BODY, False) == (bytes(reading.body), reading.keep_alive)
    assert not fed(answer + b"SSH-2.0", 4096).keep_alive


@pytest.mark.parametrize("size", [1, 4096])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(b"", NoHttpError, id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH_9.9\r\n\r\n", NoHttpError, id="another protocol"),
        pytest.param(b"HTTP/1.1 2", NoHttpError, id="half a status"),
        pytest.param(OK + b"X: " + b"x" * 2 * HEAD_LIMIT, NoHttpError, id="headers without end"),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\n" * HEAD_LIMIT, NoHttpError, id="interim words without end"
        ),
        pytest.param(OK + b"Content-Length: 10\r\n\r\n{", BrokenOffError, id="half a body"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nab", BrokenOffError, id="half a chunk"),
        pytest.param(OK + b"Content-Length: 2000\r\n\r\n" + b"x" * 2000, TooLongError, id="too long"),
        pytest.param(
            OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(10**6)), TooLongError, id="a bomb"
        ),
    ],
)
def test_what_is_no_answer(answer: bytes, error: type[UnreadableError], size: int) -> None:
    """What is wrong with it is told apart: some of it is worth another try."""
    with pytest.raises(error):
        fed(answer, size)


@pytest.mark.parametrize("packed", [b"zip?", PACKED[:-4]], ids=["no gzip", "it breaks off"])
def test_a_body_packed_in_a_broken_way(packed: bytes) -> None:
    """As zlib says it."""
    with pytest.raises(zlib.error):
        fed(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)
