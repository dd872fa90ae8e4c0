"""HTTP to the engine against a real server: connections, deadlines, TLS, broken answers, tries."""

import gc
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.http import Answer, EngineHttp
from tests.mdev_inventory.engine.net import failure
from tests.mdev_inventory.engine.peer import EnginePeer, Handler, within


@pytest.fixture
def peer() -> Iterator[EnginePeer]:
    """An engine on loopback."""
    with EnginePeer() as running:
        running.routes["/ovirt-engine/x"] = lambda answer: answer.json({"x": 1})
        yield running


@pytest.fixture
def http(peer: EnginePeer) -> Iterator[EngineHttp]:
    """HTTP to that engine."""
    client = EngineHttp(peer.url)
    yield client
    client.close()


def ask(http: EngineHttp, seconds: float = 5.0, method: str = "GET") -> Answer:
    """The answer to a request for `/x`."""
    content = {"data": {"a": "secret"}} if method == "POST" else {}
    return http.ask(method, "/x", Deadline(seconds), **content)


def refused(http: EngineHttp, seconds: float = 5.0, method: str = "GET") -> EngineError:
    """The error of a call that has to fail."""
    return failure(lambda: ask(http, seconds, method))


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

    assert ([200] * 3, 3) == (statuses, peer.connections)


def headers_first(answer: Handler) -> None:
    """A header that never ends."""
    answer.trickle(b"HTTP/1.1 200 OK\r\nX-Slow: ")


def much_without_end(answer: Handler) -> None:
    """A body that has no end, quickly."""
    answer.trickle(b"HTTP/1.0 200 OK\r\n\r\n" + b" " * 1_000_000)


def body_slowly(answer: Handler) -> None:
    """A body that comes byte by byte."""
    answer.trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{")


def body_without_length(answer: Handler) -> None:
    """A body that ends with the connection, which therefore never ends."""
    answer.trickle(b"HTTP/1.0 200 OK\r\n\r\n{")


def silence(answer: Handler) -> None:
    """Nothing, until the test is over."""
    answer.server.over.wait()
    answer.hang_up()


@pytest.mark.parametrize("behaviour", [headers_first, body_slowly, body_without_length, silence])
def test_the_deadline_holds_whatever_the_engine_does(
    peer: EnginePeer, http: EngineHttp, behaviour: Callable[[Handler], None]
) -> None:
    """A server that trickles or says nothing costs the deadline and no more, once."""
    peer.routes["/ovirt-engine/x"] = behaviour
    with within(1.5):
        error = refused(http, 0.3)

    assert ("timeout", 1) == (error.code, peer.seen["GET /x"])
    assert "GET /x at " in error.text
    assert "0.3 s" in error.text


def test_a_call_after_one_that_was_cut(peer: EnginePeer, http: EngineHttp) -> None:
    """A cut connection is not used again."""
    peer.routes["/ovirt-engine/x"] = body_slowly
    refused(http, 0.2)
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.json({})

    assert 200 == ask(http).status


def test_a_deadline_that_has_passed_sends_nothing(peer: EnginePeer, http: EngineHttp) -> None:
    """Without time left, the engine is not troubled."""
    assert ("timeout", 0) == (refused(http, 0.0).code, peer.connections)


def test_a_handshake_that_hangs() -> None:
    """A server that accepts and says nothing to TLS costs the deadline and no more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        http = EngineHttp(f"https://localhost:{silent.getsockname()[1]}")
        with within(1.5):
            error = refused(http, 0.3)
        http.close()

    assert "timeout" == error.code


def test_a_handshake_that_trickles() -> None:
    """A server that sends a TLS record byte by byte costs the deadline and no more."""
    over = threading.Event()

    def trickle(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"\x16\x03\x03\x40\x00")
            while not over.wait(0.02):
                try:
                    connection.sendall(b"\x02")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(trickle, server)
        http = EngineHttp(f"https://localhost:{server.getsockname()[1]}")
        with within(1.5):
            error = refused(http, 0.3)
        over.set()
        http.close()

    assert "timeout" == error.code


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
    [
        (half_a_body, "bad-answer"),
        (half_a_chunk, "bad-answer"),
        (nothing, "unreachable"),
        (no_http, "unreachable"),
    ],
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


def test_an_answer_compressed_in_a_broken_way(peer: EnginePeer, http: EngineHttp) -> None:
    """An answer that cannot be unpacked is as it is: another try would bring the same."""

    def broken(answer: Handler) -> None:
        answer.send_response(200)
        answer.send_header("Content-Encoding", "gzip")
        answer.send_header("Content-Length", "4")
        answer.end_headers()
        answer.wfile.write(b"zip?")

    peer.routes["/ovirt-engine/x"] = broken

    assert ("bad-answer", 1) == (refused(http).code, peer.seen["GET /x"])


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


def test_no_try_beyond_the_deadline(peer: EnginePeer, http: EngineHttp) -> None:
    """A wait that would pass the deadline is not begun."""
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.whole(b"no", "text/plain", 503)
    with within(0.35):
        status = ask(http, 0.3).status

    assert (503, 2) == (status, peer.seen["GET /x"])


def test_an_answer_without_end(peer: EnginePeer) -> None:
    """What is longer than any sensible answer is not read to its end; what is as long, is."""
    small = EngineHttp(peer.url, max_body=1000)
    peer.routes["/ovirt-engine/x"] = lambda answer: answer.whole(b" " * 1000)
    fitting = ask(small, 5)
    peer.routes["/ovirt-engine/x"] = much_without_end
    error = refused(small, 30)
    small.close()

    assert 1000 == len(fitting.body)
    assert ("bad-answer", 2) == (error.code, peer.seen["GET /x"])


def test_redirects_are_not_followed(peer: EnginePeer, http: EngineHttp) -> None:
    """Elsewhere is not the engine: the token does not go there."""

    def elsewhere(answer: Handler) -> None:
        answer.send_response(302)
        answer.send_header("Location", "/elsewhere")
        answer.send_header("Content-Length", "0")
        answer.end_headers()

    peer.routes["/ovirt-engine/x"] = elsewhere
    answer = ask(http)

    assert (302, "/elsewhere", 1) == (answer.status, answer.location, sum(peer.seen.values()))


def test_the_engines_session_cookie(peer: EnginePeer, http: EngineHttp) -> None:
    """It goes back where it belongs, and is forgotten with the token that the engine refuses."""

    def answering(status: int, *cookies: str) -> Callable[[Handler], None]:
        def answer(handler: Handler) -> None:
            handler.send_response(status)
            for cookie in cookies:
                handler.send_header("Set-Cookie", cookie)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        return answer

    for status, cookies in (
        (200, ["JSESSIONID=one; Path=/ovirt-engine", "other=two; Path=/elsewhere"]),
        (401, []),
        (200, []),
    ):
        peer.routes["/ovirt-engine/x"] = answering(status, *cookies)
        ask(http)

    assert [None, "JSESSIONID=one", None] == [headers.get("Cookie") for headers in peer.headers]


def test_nobody_listens() -> None:
    """A refused connection is named with its URL."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    http = EngineHttp(f"http://localhost:{port}")
    error = refused(http)
    http.close()

    assert "unreachable" == error.code
    assert f"http://localhost:{port}/ovirt-engine" in error.text


def test_nothing_is_sent_after_close(peer: EnginePeer, http: EngineHttp) -> None:
    """Closing closes the connections; it may be done twice; asking afterwards is a named error."""
    ask(http)
    http.close()
    http.close()
    gc.collect()

    assert "closed" == refused(http).code


def test_the_environment_has_no_say(
    peer: EnginePeer, http: EngineHttp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither a proxy nor a .netrc of the environment gets between us and the engine."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text("machine localhost login thief password caught\n")
    ask(http)

    assert "Authorization" not in peer.headers[0]
