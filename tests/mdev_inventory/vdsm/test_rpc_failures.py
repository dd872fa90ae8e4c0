"""What becomes of a call where the host hangs, answers nonsense, or is not there."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mdev_inventory.vdsm.rpc import ErrorCode, Phase, VdsmClient, client_context
from mdev_inventory.vdsm.stomp import Frame, Parser, encode
from simulation.vdsm import Fault
from simulation.vdsm.pki import server_context
from tests.mdev_inventory.vdsm.calls import fail
from tests.mdev_inventory.vdsm.world import LOOPBACK, World, peer


@pytest.mark.parametrize(
    ("fault", "phase"),
    [
        (Fault.HANG_IN_HANDSHAKE, Phase.HANDSHAKE),
        (Fault.HANG_AFTER_CONNECT, Phase.LOGIN),
        (Fault.NEVER_ANSWER, Phase.ANSWER),
    ],
)
def test_it_gives_up_at_the_deadline_wherever_the_host_hangs(world: World, fault: Fault, phase: Phase) -> None:
    """One deadline for all phases; the error says which it was."""
    with world.vdsm(fault=fault) as vdsm:
        begin = time.monotonic()
        error = fail(world.client(), vdsm.port, deadline_s=0.3)

    assert (ErrorCode.TIMEOUT, phase) == (error.code, error.phase)
    assert str(phase) in str(error)
    assert 0.3 <= time.monotonic() - begin < 1.5


def test_it_gives_up_at_the_deadline_when_packets_are_dropped(world: World) -> None:
    """A full accept queue drops connection requests as a dead host or a firewall does."""
    with socket.create_server((LOOPBACK, 0), backlog=0) as listener:
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        begin = time.monotonic()
        error = fail(world.client(), listener.getsockname()[1], deadline_s=0.3)
        for filler in fillers:
            filler.close()

    assert (ErrorCode.TIMEOUT, Phase.CONNECT) == (error.code, error.phase)
    assert time.monotonic() - begin < 1.5


def test_it_gives_up_at_the_deadline_when_the_resolver_hangs(world: World) -> None:
    """A name lookup cannot be interrupted: its thread is left behind, the call is not."""
    tls = client_context(world.authority.ca_file, world.pair.cert_file, world.pair.key_file)
    done = threading.Event()
    with ThreadPoolExecutor(1) as names:
        names.submit(done.wait, 10)
        error = fail(VdsmClient(tls, names), 54321, "host.example", deadline_s=0.3)
        done.set()

    assert (ErrorCode.TIMEOUT, Phase.LOOKUP) == (error.code, error.phase)


def test_a_slow_drip_does_not_extend_the_deadline(world: World) -> None:
    """A peer that sends a byte now and then is cut off like a silent one."""
    ended = threading.Event()

    def drip(sock: socket.socket) -> None:
        tls = server_context(world.authority.ca_file, world.host_pair)
        with tls.wrap_socket(sock, server_side=True) as stream:
            while not ended.wait(0.02):
                stream.sendall(b"\n")

    with peer(drip) as port:
        begin = time.monotonic()
        error = fail(world.client(), port, deadline_s=0.3)
        elapsed = time.monotonic() - begin
        ended.set()

    assert ErrorCode.TIMEOUT == error.code
    assert elapsed < 1.5


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault.FOREIGN_ID, "answers to other requests"),
        (Fault.HALF_ANSWER, "in the middle of its answer"),
        (Fault.GARBAGE, "no STOMP frame"),
        (Fault.HTML, "HTTP/1.1 400"),
        (Fault.NOT_JSON, "Traceback"),
        (Fault.NOT_AN_OBJECT, "no JSON object"),
        (Fault.HUGE_ANSWER, "exceeds"),
        (Fault.ERROR_FRAME, "Subscription not available"),
    ],
)
def test_what_is_no_answer_to_us_is_a_protocol_error(world: World, fault: Fault, text: str) -> None:
    """Each broken answer has a name that says what came."""
    with world.vdsm(fault=fault) as vdsm:
        error = fail(world.client(), vdsm.port, deadline_s=2.0)

    assert ErrorCode.PROTOCOL == error.code
    assert text in str(error)
    assert f"VDSM at {LOOPBACK}:{vdsm.port}, Host.ping2: " in str(error)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param(b'{"id": "ID"}', "neither result nor error", id="neither"),
        pytest.param(b'{"id": "ID", "error": "bad"}', "without code", id="error is a text"),
        pytest.param(b'{"id": "ID", "error": {"code": "1", "message": ""}}', "without code", id="code is a text"),
        pytest.param(b"[" * 100_000, "not JSON", id="nested beyond measure"),
        pytest.param(b'{"id": "ID", "result": ' + b"9" * 5000 + b"}", "not JSON", id="number beyond measure"),
        pytest.param(b'{"id": "\xff"}', "not JSON", id="not UTF-8"),
        pytest.param(b"", "not JSON", id="empty"),
    ],
)
def test_broken_answers_are_protocol_errors(world: World, answer: bytes, text: str) -> None:
    """JSON-RPC that is none, from a peer that speaks STOMP well."""

    def act(sock: socket.socket) -> None:
        tls = server_context(world.authority.ca_file, world.host_pair)
        with tls.wrap_socket(sock, server_side=True) as stream:
            parser = Parser()
            frames = parser.feed(stream.recv(65536))
            stream.sendall(encode(Frame("CONNECTED", {"version": "1.2"})))
            while len(frames) < 3:
                frames += parser.feed(stream.recv(65536))
            request_id = frames[2].body.split(b'"id": "')[1].split(b'"')[0]
            stream.sendall(encode(Frame("MESSAGE", {}, answer.replace(b"ID", request_id))))
            stream.recv(1)

    with peer(act) as port:
        error = fail(world.client(), port)

    assert ErrorCode.PROTOCOL == error.code
    assert text in str(error)


def test_errors_of_vdsm_carry_its_code(world: World) -> None:
    """`recovering` is told apart: that host is worth asking again soon."""
    with world.vdsm() as vdsm:
        unknown = fail(world.client(), vdsm.port, method="Host.foo")
        vdsm.fault = Fault.RECOVERING
        recovering = fail(world.client(), vdsm.port)

    assert (ErrorCode.VDSM, -32601) == (unknown.code, unknown.rpc_code)
    assert (ErrorCode.VDSM, 99) == (recovering.code, recovering.rpc_code)
    assert "Host.foo" in str(unknown)


@pytest.mark.parametrize(
    ("address", "port", "phase"),
    [
        pytest.param(LOOPBACK, 1, Phase.CONNECT, id="nobody listens"),
        pytest.param("no-such-host.invalid", 54321, Phase.LOOKUP, id="unknown name"),
        pytest.param("two..dots", 54321, Phase.LOOKUP, id="impossible name"),
        pytest.param("", 54321, Phase.LOOKUP, id="no address"),
        pytest.param(LOOPBACK, 0, Phase.LOOKUP, id="port 0"),
        pytest.param(LOOPBACK, 65536, Phase.LOOKUP, id="port too large"),
    ],
)
def test_hosts_that_cannot_be_reached(world: World, address: str, port: int, phase: Phase) -> None:
    """No connection: the address, the name or the port is wrong, or nothing listens."""
    error = fail(world.client(), port, address)

    assert (ErrorCode.CONNECT, phase) == (error.code, error.phase)
    assert f"VDSM at {address}:{port}" in str(error)
