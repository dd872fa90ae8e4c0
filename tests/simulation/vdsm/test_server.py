"""The simulated VDSM on real sockets: TLS, frames, heart-beats, faults, and its life."""

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from mdev_inventory.vdsm.rpc import VdsmError
from mdev_inventory.vdsm.stomp import Frame, Parser, encode
from simulation.vdsm import Fault, SimulatedVdsm
from simulation.vdsm.farm import VdsmFarm
from simulation.vdsm.pki import server_context
from tests.mdev_inventory.vdsm.world import LOOPBACK, World

VM = "3f2c9a52-6c0e-4a4e-9d0f-1d2f5b1c7a10"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Certificates and a thread for servers, once for this file."""
    with VdsmFarm() as farm:
        yield World(tmp_path_factory.mktemp("pki"), farm)


def test_events_of_a_stopped_vdsm_go_nowhere(world: World) -> None:
    """A simulated host may change while its VDSM is down."""
    with world.vdsm() as vdsm:
        world.farm.stop(vdsm)
        vdsm.publish_status(VM, "Up")


@contextmanager
def tls(world: World, vdsm: SimulatedVdsm, with_certificate: bool = True) -> Iterator[ssl.SSLSocket]:
    """A plain TLS connection."""
    context = ssl.create_default_context(cafile=world.authority.ca_file)
    if with_certificate:
        context.load_cert_chain(world.pair.cert_file, world.pair.key_file)
    with (
        socket.create_connection((LOOPBACK, vdsm.port), 5) as sock,
        context.wrap_socket(sock, server_hostname=LOOPBACK) as stream,
    ):
        yield stream


def test_a_client_without_a_certificate_is_refused_with_an_alert(world: World) -> None:
    """TLS comes first, and the alert says why."""
    with (
        world.vdsm() as vdsm,
        tls(world, vdsm, with_certificate=False) as stream,
        pytest.raises(ssl.SSLError, match=r"(?i)certificate.required"),
    ):
        stream.recv(1)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"CONNECT\naccept-version:1.2\nhost:[::1]\n\n\0", id="raw colon in a header"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no STOMP"),
        pytest.param(b"STOMP\naccept-version:1.2\n\n\0", id="a command VDSM does not know"),
    ],
)
def test_what_vdsm_does_not_understand_ends_the_connection(world: World, sent: bytes) -> None:
    """No ERROR frame, just the end."""
    with world.vdsm() as vdsm, tls(world, vdsm) as stream:
        stream.sendall(sent)

        assert b"" == stream.recv(1)


def test_a_body_without_content_length_is_read(world: World) -> None:
    """Old clients end the body with NUL alone; the answer always has its length."""
    body = json.dumps({"jsonrpc": "2.0", "method": "Host.ping2", "id": "r"}).encode()
    with world.vdsm() as vdsm, tls(world, vdsm) as stream:
        stream.sendall(encode(Frame("SUBSCRIBE", {"destination": "mine", "id": "s"})))
        stream.sendall(b"SEND\ndestination:jms.topic.vdsm_requests\nreply-to:mine\n\n" + body + b"\0\n")
        frame = read_frame(stream)

    assert str(len(frame.body)) == frame.headers["content-length"]
    assert {"jsonrpc": "2.0", "id": "r", "result": True} == json.loads(frame.body)


def read_frame(stream: ssl.SSLSocket) -> Frame:
    """The next frame on a plain connection."""
    parser, frames = Parser(), list[Frame]()
    while not frames:
        frames = parser.feed(stream.recv(65536))
    return frames[0]


def test_heart_beats_are_sent_when_asked_for(world: World) -> None:
    """The least interval is a second, whatever was asked."""
    with world.vdsm() as vdsm, tls(world, vdsm) as stream:
        stream.sendall(encode(Frame("CONNECT", {"accept-version": "1.2", "heart-beat": "0,1"})))
        assert "1000,0" == read_frame(stream).headers["heart-beat"]

        assert b"\n" == stream.recv(1)


def test_a_client_that_promised_heart_beats_and_sends_none_is_dropped(world: World) -> None:
    """Newlines keep the connection, silence ends it."""
    with world.vdsm() as vdsm, tls(world, vdsm) as stream:
        stream.sendall(encode(Frame("CONNECT", {"accept-version": "1.2", "heart-beat": "1,0"})))
        read_frame(stream)
        begin = time.monotonic()

        assert b"" == stream.recv(1)
        assert 0.8 < time.monotonic() - begin < 3


def test_stopping_ends_connections_and_frees_the_port(world: World) -> None:
    """As when VDSM dies: clients see the end, nobody listens; starting takes the same port again."""
    with world.vdsm() as vdsm, tls(world, vdsm) as stream:
        stream.sendall(encode(Frame("CONNECT", {"accept-version": "1.2"})))
        read_frame(stream)
        world.farm.stop(vdsm)
        with suppress(ConnectionError):
            assert b"" == stream.recv(1)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, vdsm.port), 1).close()
        port = vdsm.port
        world.farm.start(vdsm)

        assert port == vdsm.port
        assert world.ask(port)


def test_hosts_of_a_farm_share_one_thread(world: World) -> None:
    """Thirty hosts: as many threads as for one."""
    with world.vdsm():
        before = threading.active_count()
        hosts = [world.vdsm() for _ in range(30)]
        vdsms = [host.__enter__() for host in hosts]
        answers = [world.ask(vdsm.port) for vdsm in vdsms[::10]]
        after = threading.active_count()
        for host in hosts:
            host.__exit__(None, None, None)

    assert [True, True, True] == answers
    assert before >= after
    assert 30 == len({vdsm.port for vdsm in vdsms})


def test_each_fault_leaves_the_server_usable(world: World) -> None:
    """A fault ends when it is switched off: the next call is answered."""
    with world.vdsm() as vdsm:
        for fault in Fault:
            vdsm.fault = fault
            with suppress(VdsmError):
                asyncio.run(world.client().call(LOOPBACK, vdsm.port, "Host.ping2", {}, 0.3))
            vdsm.fault = Fault.NONE

            assert world.ask(vdsm.port), fault


def test_another_certificate_can_be_put_in_place(world: World) -> None:
    """A host enrolled again, by whatever authority, needs no restart of the simulation."""
    with world.vdsm() as vdsm:
        vdsm.tls = server_context(world.authority.ca_file, world.foreign.host(LOOPBACK))
        with pytest.raises(VdsmError, match="of an authority that is not in the CA file"):
            world.ask(vdsm.port)
