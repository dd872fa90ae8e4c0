"""Who may ask over HTTP: a table of Host and Origin, against a real server."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.scheduler_plugins.service import fakes

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

NAME = "engine.example.com"


async def hello(_scope: "Scope", _receive: "Receive", send: "Send") -> None:
    """Any application."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a server that is also known by another name."""
    with fakes.http(hello, names=[NAME]) as url:
        yield urlsplit(url).port or 0


def asked(port: int, *headers: tuple[str, str]) -> http.client.HTTPResponse:
    """The answer to a request with these headers and no others."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.putrequest("GET", "/", skip_host=True, skip_accept_encoding=True)
        for header in headers:
            connection.putheader(*header)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        return answer


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost", True),
        ("localhost:18782", True),
        ("LOCALHOST.:8080", True),
        ("127.0.0.1:18781", True),
        ("127.1.2.3", True),
        ("[::1]:9", True),
        (socket.gethostname(), True),
        (f"{NAME}:443", True),
        (NAME.upper(), True),
        ("evil.example.com", False),
        ("localhost.evil.example.com", False),
        ("127.0.0.1.evil.example.com:18782", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("[fe80::1]", False),
        ("evil@localhost", False),
        ("localhost/evil", False),
        ("localhost:port", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_the_host_that_is_asked_has_to_be_this_machine(port: int, host: str, allowed: bool) -> None:
    """Loopback by any name and port (tunnels), and the names that are configured."""
    assert (200 if allowed else 403) == asked(port, ("Host", host)).status


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:18782", True),
        ("http://127.0.0.1:8080", True),
        (f"https://{NAME}", True),
        ("http://evil.example.com", False),
        ("https://localhost.evil.example.com", False),
        ("null", False),
        ("", False),
        ("file://", False),
    ],
)
def test_the_page_that_asks_has_to_be_of_this_machine(port: int, origin: str, allowed: bool) -> None:
    """A browser tells which page sends a request on its own."""
    assert (200 if allowed else 403) == asked(port, ("Host", "localhost"), ("Origin", origin)).status


def test_nobody_tells_two_hosts(port: int) -> None:
    """Whoever stands between may go by the other one."""
    assert 403 == asked(port, ("Host", "localhost"), ("Host", "evil.example.com")).status


@pytest.mark.parametrize("host", ["localhost", "evil.example.com"])
def test_no_answer_is_kept_or_taken_for_something_else(port: int, host: str) -> None:
    """Refusals as well."""
    answer = asked(port, ("Host", host))

    assert ("nosniff", "no-store") == (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"])
