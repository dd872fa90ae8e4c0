"""The XML-RPC client: what it sends, and that every way of not answering is one error."""

import socket
import threading
from collections.abc import Iterator
from typing import Any
from xmlrpc.client import Fault
from xmlrpc.server import SimpleXMLRPCServer

import pytest

from simulation.engine.units.external import ExternalSchedulerError, XmlRpcScheduler


class Server:
    """An XML-RPC server that records what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answer: object = {"result_code": 0, "result": []}
        self._server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False, allow_none=True)
        self._server.register_instance(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def _dispatch(self, method: str, params: Any) -> object:
        self.asked.append((method, params))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        """Ends its thread."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    """One that answers."""
    running = Server()
    yield running
    running.close()


@pytest.fixture
def raw() -> Iterator[socket.socket]:
    """A listening socket that nobody serves."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_questions(server: Server) -> None:
    """The three methods with their arguments as the engine passes them."""
    client = XmlRpcScheduler(server.url)
    client.discover()
    client.run_filters(["F"], ["a", "b"], "v", {"k": "x"})
    client.run_cost_functions([("W", 2)], ["a"], "v", {})

    assert server.asked == [
        ("discover", ()),
        ("runFilters", (["F"], ["a", "b"], "v", {"k": "x"})),
        ("runCostFunctions", ([["W", 2]], ["a"], "v", {})),
    ]


@pytest.mark.parametrize("answer", [{"result": ["a"]}, ["a"], "a", 5, None, [["a", 1.5]], [["a", True]]])
def test_answers_come_raw(server: Server, answer: object) -> None:
    """Whatever comes is handed on as it is."""
    server.answer = answer

    assert answer == XmlRpcScheduler(server.url).discover()


def test_fault(server: Server) -> None:
    """A fault is an error like any other."""
    server.answer = Fault(1, "OverflowError")
    with pytest.raises(ExternalSchedulerError, match="OverflowError"):
        XmlRpcScheduler(server.url).discover()


def test_nothing_listens(raw: socket.socket) -> None:
    """A refused connection, with the URL in the text."""
    port = raw.getsockname()[1]
    raw.close()
    with pytest.raises(ExternalSchedulerError, match=f"127.0.0.1:{port}"):
        XmlRpcScheduler(f"http://127.0.0.1:{port}/").discover()


def test_no_answer_in_time(raw: socket.socket) -> None:
    """A server that accepts and says nothing costs the response timeout."""
    port = raw.getsockname()[1]
    with pytest.raises(ExternalSchedulerError, match="timed out"):
        XmlRpcScheduler(f"http://127.0.0.1:{port}/", response_timeout_s=0.05).discover()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n<html>login", id="HTML"),
        pytest.param(b"HTTP/1.0 503 Busy\r\n\r\n", id="an HTTP error"),
        pytest.param(b"SSH-2.0-OpenSSH_9\r\n", id="another protocol"),
        pytest.param(b"", id="nothing"),
        pytest.param(
            b"HTTP/1.0 200 OK\r\n\r\n<methodResponse><params><param><value><int>x</int></value></param>"
            b"</params></methodResponse>",
            id="a number that is none",
        ),
    ],
)
def test_no_xml_rpc(raw: socket.socket, answer: bytes) -> None:
    """What is no XML-RPC is an error, asked once."""

    def serve() -> None:
        connection, _ = raw.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(ExternalSchedulerError):
        XmlRpcScheduler(f"http://127.0.0.1:{raw.getsockname()[1]}/RPC2").discover()
    thread.join()
