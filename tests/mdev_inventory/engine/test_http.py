"""HTTP to the engine against a real server: connections, answers, tries, whom it trusts with what."""

import gzip
import itertools
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.http import EngineHttp
from tests.mdev_inventory.engine.asking import ask, refused
from tests.mdev_inventory.engine.peer import EnginePeer, Handler

OK = b"HTTP/1.1 200 OK\r\n"
BODY = b'{"x": 1}'
WHOLE = OK + b"Content-Length: 8\r\n\r\n" + BODY
PACKED = gzip.compress(BODY)


def test_one_connection_serves_many_calls(peer: EnginePeer, http: EngineHttp) -> None:
    """Connections are kept alive from call to call."""
    answers = [ask(http).body for _ in range(5)]

    assert ([b'{"x": 1}'] * 5, 1) == (answers, peer.connections)


def test_threads_have_connections_of_their_own_and_leave_them(peer: EnginePeer, http: EngineHttp) -> None:
    """So many connections as calls at one time, reused by whoever calls next."""
    together = threading.Barrier(4, timeout=10)

    def all_together(answer: Handler) -> None:
        together.wait()
        answer.json({})

    peer.routes["/ovirt-engine/x"] = all_together
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            statuses = list(pool.map(lambda _: ask(http, 10).status, range(4)))
            assert [200] * 4 == statuses

    assert 4 == peer.connections


def test_a_connection_that_the_engine_closed_meanwhile(peer: EnginePeer, http: EngineHttp) -> None:
    """An idle connection may have ended: the call makes another one."""
    peer.routes["/ovirt-engine/x"] = Handler.last
    statuses = [ask(http).status for _ in range(3)]

    assert [200] * 3 == statuses
    # One more for each that the engine closed while the request was already on its way.
    assert 3 <= peer.connections <= 5


def half_a_body(answer: Handler) -> None:
    """Less than was promised."""
    answer.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"vm": [')
    answer.hang_up()


def half_a_chunk(answer: Handler) -> None:
    """A chunk that breaks off."""
    answer.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nabc")
    answer.hang_up()


def nothing(answer: Handler) -> None:
    """The connection, closed."""
    answer.hang_up()


def no_http(answer: Handler) -> None:
    """Another protocol."""
    answer.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
    answer.hang_up()


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [(half_a_body, "bad-answer"), (half_a_chunk, "bad-answer"), (nothing, "unreachable"), (no_http, "unreachable")],
)
def test_a_broken_get_is_tried_three_times(
    peer: EnginePeer, http: EngineHttp, behaviour: Callable[[Handler], None], code: str
) -> None:
    """A connection that breaks is worth another try, but not without end."""
    peer.routes["/ovirt-engine/x"] = behaviour
    error = refused(http)

    assert (code, 3) == (error.code, peer.seen["GET /x"])
    assert f"GET /x at {http.base}" in error.text


def test_a_broken_post_is_not_tried_again(peer: EnginePeer, http: EngineHttp) -> None:
    """Only a GET may be repeated unasked; and what requests keeps of a form is not passed on."""
    peer.routes["/ovirt-engine/x"] = nothing
    error = refused(http, method="POST")

    assert ("unreachable", 1, None) == (error.code, peer.seen["POST /x"], error.__cause__)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_passing_status_is_waited_out(peer: EnginePeer, http: EngineHttp, status: int) -> None:
    """A restarting engine is asked again, shortly after."""

    def restarting(answer: Handler) -> None:
        late = peer.seen["GET /x"] == 3
        answer.whole(b"{}", status=200 if late else status)

    peer.routes["/ovirt-engine/x"] = restarting

    assert 200 == ask(http).status


@pytest.mark.parametrize(("status", "tries"), [(500, 1), (503, 3), (429, 1), (404, 1)])
def test_a_status_that_stays(peer: EnginePeer, http: EngineHttp, status: int, tries: int) -> None:
    """Every status is an answer in the end; only passing ones are worth a try."""
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.whole(b"no", "text/plain", status)

    assert (status, tries) == (ask(http).status, peer.seen["GET /x"])


def test_nobody_listens() -> None:
    """A refused connection is named with its URL."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    http = EngineHttp(f"http://localhost:{port}")
    error = refused(http)
    http.close()

    assert "unreachable" == error.code
    assert f"http://localhost:{port}/ovirt-engine" in error.text


def test_the_environment_has_no_say(
    peer: EnginePeer, http: EngineHttp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither a proxy nor a .netrc of the environment gets between us and the engine."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text("machine localhost login thief password caught\n")
    ask(http)

    assert "Authorization" not in peer.headers[0]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n8\r\n" + BODY + b"\r\n0\r\n\r\n", id="chunks"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + BODY, id="until the end of the connection"),
        pytest.param(OK + b"Content-Encoding: gzip\r\nContent-Length: 28\r\n\r\n" + PACKED, id="packed"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE, id="after an interim word"),
        pytest.param(WHOLE + WHOLE.replace(b"x", b"z"), id="and another one that nobody asked for"),
    ],
)
def test_a_whole_answer(peer: EnginePeer, http: EngineHttp, raw: bytes) -> None:
    """However its body is delimited; and each answer is that to its own request."""
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.raw(raw)
    first = ask(http).body
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.json({"y": 2})

    assert (BODY, b'{"y": 2}') == (first, ask(http).body)


def test_redirects_are_not_followed(peer: EnginePeer, http: EngineHttp) -> None:
    """Elsewhere is not the engine: the token does not go there."""
    with EnginePeer() as elsewhere:
        target = f"{elsewhere.url}/x"
        peer.routes["/ovirt-engine/x"] = lambda answer: answer.empty(302, ("Location", target))
        answer = http.ask("GET", "/x", Deadline(5), headers={"Authorization": "Bearer token"})

        assert (302, target, 1, 0) == (answer.status, answer.location, sum(peer.seen.values()), elsewhere.connections)


def test_the_engines_session_cookie(peer: EnginePeer, http: EngineHttp) -> None:
    """It goes back where it belongs, and is forgotten with the token that the engine refuses."""
    given = [("Set-Cookie", "JSESSIONID=one; Path=/ovirt-engine"), ("Set-Cookie", "other=two; Path=/elsewhere")]
    for status, headers in ((200, given), (401, []), (200, [])):
        peer.routes["/ovirt-engine/x"] = lambda answer, s=status, h=headers: answer.empty(s, *h)  # type: ignore[misc]
        ask(http)

    assert [None, "JSESSIONID=one", None] == [headers.get("Cookie") for headers in peer.headers]


def test_cookies_that_come_while_others_ask(peer: EnginePeer, http: EngineHttp) -> None:
    """Threads share them, and disturb nobody's question."""
    numbers = itertools.count()

    def another(answer: Handler) -> None:
        answer.empty(200, ("Set-Cookie", f"c{next(numbers)}=1"))

    peer.routes["/ovirt-engine/x"] = another
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: ask(http, 30).status, range(100)))

    assert [200] * 100 == statuses


def test_nothing_is_sent_after_close(peer: EnginePeer, http: EngineHttp) -> None:
    """Closing closes the connections; it may be done twice; asking afterwards is a named error."""
    ask(http)
    http.close()
    http.close()

    assert ("closed", 1) == (refused(http).code, peer.seen["GET /x"])


def test_closing_between_two_tries(peer: EnginePeer, http: EngineHttp) -> None:
    """Nothing is tried again then."""

    def broken(answer: Handler) -> None:
        http.close()
        answer.hang_up()

    peer.routes["/ovirt-engine/x"] = broken

    assert ("closed", 1) == (refused(http).code, peer.seen["GET /x"])
