"""The proxy socket, asked over a real socket."""

import contextlib
import socket
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scheduler_plugins.errors import UnknownVmError
from scheduler_plugins.service.answering import Answering
from scheduler_plugins.service.process.listening import EndpointError
from scheduler_plugins.service.proxy_socket import line
from scheduler_plugins.service.proxy_socket.line import Question
from scheduler_plugins.service.proxy_socket.server import ProxySocket
from tests.scheduler_plugins.service.fakes import HOST_A, HOST_B, VM, FakeDecider, line_of, proxy_socket, running
from tests.scheduler_plugins.service.proxy_socket.asking import ask


def question(unit: str, *hosts: str, **properties: str) -> bytes:
    """A question about the VM."""
    return line_of(Question(unit, VM, hosts, properties))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A socket's path in a folder that does not exist yet."""
    return tmp_path / "run" / "proxy.sock"


def test_a_filter_answers_the_hosts_that_fit(path: Path) -> None:
    """The answer is the literal list of ids, in the order asked, and the unit gets all that was asked."""
    decider = FakeDecider(fitting=(HOST_A, HOST_B))
    with proxy_socket(path, decider):
        answer = ask(path, question("MdevFilter", HOST_B, HOST_A, mode="x y"))

    assert f"['{HOST_B}', '{HOST_A}']\n".encode() == answer
    assert [("MdevFilter", VM, (HOST_B, HOST_A), {"mode": "x y"})] == decider.asked


def test_a_weight_answers_pairs(path: Path) -> None:
    """The proxy wants exactly two members per host."""
    with proxy_socket(path, FakeDecider()):
        answer = ask(path, question("MdevSpread", HOST_A, HOST_B))

    assert f"[('{HOST_A}', 0), ('{HOST_B}', 1)]\n".encode() == answer


@pytest.mark.parametrize(
    ("decider", "data", "expected"),
    [
        pytest.param(FakeDecider(), question("MdevFoo"), b"!unknown-unit: no policy unit 'MdevFoo'", id="unit"),
        pytest.param(FakeDecider(), b"hello\n", b"!bad-line: 1 fields", id="line"),
        pytest.param(FakeDecider(), b"1 " + b"x" * line.LIMIT, b"!bad-line: no newline after", id="too long"),
        pytest.param(FakeDecider(error=UnknownVmError(VM)), question("MdevFilter"), b"!unknown-vm: ", id="no decision"),
        pytest.param(
            FakeDecider(error=ZeroDivisionError("secret")),
            question("MdevFilter"),
            b"!fault: see the log of mdev-scheduler\n",
            id="fault",
        ),
    ],
)
def test_what_cannot_be_answered_is_an_error(path: Path, decider: FakeDecider, data: bytes, expected: bytes) -> None:
    """Every failure is one line that begins with `!`; a fault's text stays in the log."""
    with proxy_socket(path, decider):
        answer = ask(path, data)

    assert answer.startswith(expected)
    assert answer.endswith(b"\n")


STALE = "the engine does not answer; its request is as known 75 s ago"


@pytest.mark.parametrize(
    ("decider", "unit", "why"),
    [
        pytest.param(FakeDecider(error=UnknownVmError(VM)), "MdevFilter", "unknown-vm: the engine knows", id="VM"),
        pytest.param(FakeDecider(error=ZeroDivisionError("secret")), "MdevSpread", "fault: see the log", id="fault"),
        pytest.param(FakeDecider(stale=STALE), "MdevFilter", f"request-from-memory: {STALE}", id="stale"),
        pytest.param(FakeDecider(), "MdevFoo", "unknown-unit: no policy unit 'MdevFoo'", id="unit"),
        pytest.param(FakeDecider(), "MdevFilter", None, id="decided"),
    ],
)
def test_what_the_proxy_would_keep_to_itself_is_passed_on(
    path: Path, decider: FakeDecider, unit: str, why: str | None
) -> None:
    """All that the engine endpoint tells the engine as a plugin error, and nothing of a good answer."""
    told: list[tuple[str, str, str]] = []
    with proxy_socket(path, decider, undecided=lambda *words: told.append(words)):
        ask(path, question(unit, HOST_A))

    assert [(VM, unit)] * bool(why) == [words[:2] for words in told]
    assert all(words[2].startswith(why or "") and "secret" not in words[2] for words in told)


def test_a_line_that_is_no_question_is_passed_on(path: Path) -> None:
    """It is about no VM; a plugin of another version asks so."""
    told: list[tuple[str, str, str]] = []
    with proxy_socket(path, FakeDecider(), undecided=lambda *words: told.append(words)):
        ask(path, b"0 MdevFilter x y z\n")

    assert [("", "", "bad-line: protocol version '0'; this service speaks '1': update mdev_units.py")] == told


def test_the_longest_line_that_is_taken(path: Path) -> None:
    """A question of exactly the limit is answered."""
    full = {f"p{number}": "x" * 8000 for number in range(10, 42)}
    bare = len(question("MdevFilter", **full, mode=""))
    data = question("MdevFilter", **full, mode="x" * (line.LIMIT - bare))
    assert line.LIMIT == len(data)
    with proxy_socket(path, FakeDecider()):
        assert b"[]\n" == ask(path, data)


def test_a_client_that_says_nothing_is_dropped(path: Path) -> None:
    """After the deadline the endpoint closes the connection without a word."""
    with proxy_socket(path, FakeDecider(), idle_s=0.05), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))

        assert b"" == client.recv(1)


def test_who_takes_its_time_is_answered_as_well(path: Path) -> None:
    """Half a question is waited for, in any number of clients, and keeps nobody else waiting."""
    asking = question("MdevFilter", HOST_A)
    with proxy_socket(path, FakeDecider()), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(20)]
        for client in clients:
            client.settimeout(10)
            client.connect(str(path))
            client.sendall(asking[:10])
        prompt = ask(path, asking)
        for client in clients:
            client.sendall(asking[10:])
        late = [client.recv(65536) for client in clients]

    assert [f"['{HOST_A}']\n".encode()] * 21 == [prompt, *late]


def test_a_client_that_leaves_disturbs_nobody(path: Path) -> None:
    """The next one is answered."""
    with proxy_socket(path, FakeDecider()):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(question("MdevFilter", HOST_A))

        assert f"['{HOST_A}']\n".encode() == ask(path, question("MdevFilter", HOST_A))


def test_calls_are_answered_side_by_side(path: Path) -> None:
    """The proxy runs all units of a call at once: neither waits for the other."""
    both = threading.Barrier(2, timeout=10)
    with proxy_socket(path, FakeDecider(wait=both.wait)), ThreadPoolExecutor(2) as clients:
        answers = clients.map(lambda unit: ask(path, question(unit)), ["MdevFilter", "MdevSpread"])

        assert [b"[]\n", b"[]\n"] == list(answers)


def test_a_stop_lets_the_call_under_way_finish(path: Path) -> None:
    """Who asked before the stop still gets the answer."""
    asked, stop = threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        stop.wait(10)

    with ThreadPoolExecutor(1) as client, proxy_socket(path, FakeDecider(wait=wait)):
        answer = client.submit(ask, path, question("MdevFilter", HOST_A))
        asked.wait(10)
        threading.Timer(0.05, stop.set).start()

    assert f"['{HOST_A}']\n".encode() == answer.result(10)


def test_the_socket_is_for_its_group_only_and_goes_at_the_end(path: Path) -> None:
    """Mode 0660 while it runs, nothing left behind."""
    with proxy_socket(path, FakeDecider()):
        assert "srw-rw----" == stat.filemode(path.stat().st_mode)

    assert not path.exists()


def test_an_unknown_group_is_named(path: Path) -> None:
    """The error says which setting is wrong."""
    endpoint = ProxySocket(path, FakeDecider(), Answering(1), group="no-such-group")
    with pytest.raises(EndpointError, match="no group 'no-such-group'"), running(endpoint.start, endpoint.stop):
        pass


def test_a_path_that_is_too_long_is_named(tmp_path: Path) -> None:
    """The kernel takes 107 bytes: the error holds the path."""
    path = tmp_path / ("x" * 120)
    with pytest.raises(EndpointError, match=f"cannot listen at {path}"), proxy_socket(path, FakeDecider()):
        pass


def test_a_socket_that_is_taken_away_is_told(path: Path) -> None:
    """Nobody finds the service any more, and it says so: its file was removed, or is another process's."""
    with proxy_socket(path, FakeDecider()) as served:
        well = served.trouble()
        path.unlink()
        removed = served.trouble()
        path.write_text("another's")
        replaced = served.trouble()

    assert "" == well
    assert f"the proxy socket {path} is no longer this service's" in removed
    assert removed == replaced
