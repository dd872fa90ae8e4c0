"""The simulated VDSM talked to by stomp.py: an implementation of STOMP that is not ours."""

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
import stomp  # type: ignore[import-untyped]

from simulation.vdsm import SimulatedVdsm
from simulation.vdsm.farm import VdsmFarm
from tests.mdev_inventory.vdsm.world import LOOPBACK, FakeHost, World

VM = "3f2c9a52-6c0e-4a4e-9d0f-1d2f5b1c7a10"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Certificates and a thread for servers, once for this file."""
    with VdsmFarm() as farm:
        yield World(tmp_path_factory.mktemp("pki"), farm)


class Inbox(stomp.ConnectionListener):  # type: ignore[misc] # the library has no types
    """What the library received, in order."""

    def __init__(self) -> None:
        """Empty."""
        self.frames: queue.Queue[tuple[str, Any]] = queue.Queue()

    def on_connected(self, frame: Any) -> None:
        """See stomp.ConnectionListener."""
        self.frames.put(("CONNECTED", frame))

    def on_message(self, frame: Any) -> None:
        """See stomp.ConnectionListener."""
        self.frames.put(("MESSAGE", frame))

    def on_error(self, frame: Any) -> None:
        """See stomp.ConnectionListener."""
        self.frames.put(("ERROR", frame))

    def on_receipt(self, frame: Any) -> None:
        """See stomp.ConnectionListener."""
        self.frames.put(("RECEIPT", frame))

    def next(self) -> tuple[str, Any]:
        """The next frame, within five seconds."""
        return self.frames.get(timeout=5)


@contextmanager
def library(world: World, vdsm: SimulatedVdsm) -> Iterator[tuple[Any, Inbox]]:
    """A connection of stomp.py's, version 1.2, no heart-beats, and what it receives."""
    connection = stomp.StompConnection12(
        [(LOOPBACK, vdsm.port)], heartbeats=(0, 0), reconnect_attempts_max=1, timeout=5
    )
    connection.set_ssl(
        [(LOOPBACK, vdsm.port)],
        key_file=str(world.pair.key_file),
        cert_file=str(world.pair.cert_file),
        ca_certs=str(world.authority.ca_file),
    )
    inbox = Inbox()
    connection.set_listener("inbox", inbox)
    connection.connect(wait=False, with_connect_command=True)
    try:
        yield connection, inbox
    finally:
        thread = connection.transport.io_thread
        connection.disconnect(receipt=str(uuid4()))
        thread.join(5)


def ask(connection: Any, inbox: Inbox, method: str, params: dict[str, Any] | None = None) -> Any:
    """A request of stomp.py's and the answer to it."""
    reply_to, request_id = f"replies.{uuid4()}", str(uuid4())
    connection.subscribe(reply_to, id=str(uuid4()), ack="auto")
    body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params or {}, "id": request_id})
    connection.send("jms.topic.vdsm_requests", body, "application/json", {"reply-to": reply_to})
    kind, frame = inbox.next()
    answer = json.loads(frame.body)
    assert ("MESSAGE", request_id) == (kind, answer["id"])
    return answer


def test_the_library_gets_its_answers(world: World) -> None:
    """Handshake, CONNECTED and answers as an independent client understands them, any text included."""
    caps = {"text": "\x00\u00e4\u20ac:\n" * 1000}
    with world.vdsm(FakeHost(caps)) as vdsm, library(world, vdsm) as (connection, inbox):
        kind, frame = inbox.next()

        assert ("CONNECTED", "1.2", "0,0") == (kind, frame.headers["version"], frame.headers["heart-beat"])
        result = ask(connection, inbox, "Host.getCapabilities")["result"]
        assert {**caps, "lastClientIface": "ovirtmgmt"} == result
        assert -32601 == ask(connection, inbox, "Host.foo")["error"]["code"]


def test_the_library_gets_error_frames(world: World) -> None:
    """A SEND that leads nowhere is answered with ERROR, and the connection stays usable."""
    with world.vdsm() as vdsm, library(world, vdsm) as (connection, inbox):
        inbox.next()
        connection.send("nowhere", "{}")
        kind, frame = inbox.next()

        assert ("ERROR", "Subscription not available") == (kind, frame.body)
        assert ask(connection, inbox, "Host.ping2")["result"]


def test_subscribers_of_events_hear_of_vms(world: World) -> None:
    """A notification per change of status, without an id, to everybody who subscribed."""
    with world.vdsm() as vdsm, library(world, vdsm) as (connection, inbox):
        inbox.next()
        connection.subscribe("jms.queue.events", id="events", ack="auto")
        assert ask(connection, inbox, "Host.ping2")["result"]
        vdsm.publish_status(VM, "Down", {"exitCode": 1})
        event = json.loads(inbox.next()[1].body)

    assert f"|virt|VM_status|{VM}" == event["method"]
    assert {"status": "Down", "exitCode": 1} == event["params"][VM]
    assert isinstance(event["params"]["notify_time"], int)
    assert "id" not in event
