"""VDSM's rules for frames, without sockets: subscriptions, replies, events and what it refuses."""

import json

import pytest

from mdev_inventory.vdsm.stomp import Frame
from simulation.vdsm.broker import EVENTS, Broker, DroppedError

QUEUE = "jms.topic.vdsm_requests"


class Client:
    """A session that keeps what it was sent."""

    def __init__(self, broker: Broker) -> None:
        """Joins the broker."""
        self._broker = broker
        self.frames: list[Frame] = []
        self.heart_beats: list[tuple[int, int]] = []

    def send(self, frame: Frame) -> None:
        """See Session."""
        self.frames.append(frame)

    def heart_beat(self, send_ms: int, expect_ms: int) -> None:
        """See Session."""
        self.heart_beats.append((send_ms, expect_ms))

    def say(self, command: str, body: bytes = b"", /, **headers: str) -> None:
        """Sends a frame; underscores in header names stand for hyphens."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self._broker.handle(self, Frame(command, names, body))

    @property
    def bodies(self) -> list[bytes]:
        """The bodies of all frames received."""
        return [frame.body for frame in self.frames]


@pytest.fixture
def requests() -> list[bytes]:
    """What reached JSON-RPC."""
    return []


@pytest.fixture
def broker(requests: list[bytes]) -> Broker:
    """A broker without anybody yet."""
    return Broker(requests.append)


def request(number: int | str) -> bytes:
    """A JSON-RPC request of that id."""
    return json.dumps({"jsonrpc": "2.0", "method": "Host.ping2", "params": {}, "id": number}).encode()


@pytest.mark.parametrize(
    ("version", "command"), [("1.2", "CONNECTED"), ("1.1,1.2", "ERROR"), ("1.1", "ERROR"), ("", "ERROR")]
)
def test_the_version_must_be_exactly_1_2(broker: Broker, version: str, command: str) -> None:
    """A list that contains 1.2 is refused as well."""
    client = Client(broker)
    client.say("CONNECT", accept_version=version)

    assert [command] == [frame.command for frame in client.frames]


@pytest.mark.parametrize(
    ("asked", "answered", "agreed"),
    [
        pytest.param("0,24000", "24000,0", (24000, 0), id="as VDSM's own client"),
        pytest.param("0,0", "0,0", (0, 0), id="none"),
        pytest.param("1,999", "1000,1000", (1000, 1000), id="at least a second"),
        pytest.param("5000,0", "0,5000", (0, 5000), id="the client's"),
    ],
)
def test_heart_beats_are_agreed(broker: Broker, asked: str, answered: str, agreed: tuple[int, int]) -> None:
    """The answer swaps the two numbers: what the server sends, what it expects."""
    client = Client(broker)
    client.say("CONNECT", accept_version="1.2", heart_beat=asked)

    assert {"version": "1.2", "heart-beat": answered} == client.frames[0].headers
    assert [agreed] == client.heart_beats


def test_an_answer_goes_to_the_reply_destination_of_its_request(broker: Broker, requests: list[bytes]) -> None:
    """MESSAGE with the subscription's id; other destinations hear nothing."""
    asker, other = Client(broker), Client(broker)
    asker.say("SUBSCRIBE", destination="mine", id="s1")
    other.say("SUBSCRIBE", destination="theirs", id="s1")
    asker.say("SEND", request("r1"), destination=QUEUE, reply_to="mine")
    broker.reply({"id": "r1", "result": True})

    assert [request("r1")] == requests
    headers = {"destination": "mine", "content-type": "application/json", "subscription": "s1"}
    assert [Frame("MESSAGE", headers, b'{"id": "r1", "result": true}')] == asker.frames
    assert [] == other.frames


def test_destinations_are_the_hosts_not_a_connections(broker: Broker) -> None:
    """Who subscribes to another's reply destination gets its answers: why ours are random."""
    engine, intruder = Client(broker), Client(broker)
    for client in (engine, intruder):
        client.say("SUBSCRIBE", destination="jms.topic.vdsm_responses", id="s")
    engine.say("SEND", request("r1"), destination=QUEUE, reply_to="jms.topic.vdsm_responses")
    broker.reply({"id": "r1"})

    assert engine.bodies == intruder.bodies == [b'{"id": "r1"}']


def test_an_id_used_twice_sends_the_answer_astray(broker: Broker) -> None:
    """Ids are the host's as well: the later request takes the earlier one's answer, the second is lost."""
    first, second = Client(broker), Client(broker)
    for client, name in ((first, "a"), (second, "b")):
        client.say("SUBSCRIBE", destination=name, id="s")
        client.say("SEND", request(1), destination=QUEUE, reply_to=name)
    broker.reply({"id": 1, "result": "for the first"})
    broker.reply({"id": 1, "result": "for the second"})

    assert [] == first.bodies
    assert [b'{"id": 1, "result": "for the first"}'] == second.bodies


def test_without_reply_to_the_answer_is_lost(broker: Broker, requests: list[bytes]) -> None:
    """The request is obeyed all the same."""
    client = Client(broker)
    client.say("SUBSCRIBE", destination="mine", id="s")
    client.say("SEND", request("r"), destination=f"{QUEUE}.anything")
    broker.reply({"id": "r"})

    assert [request("r")] == requests
    assert [] == client.frames


@pytest.mark.parametrize("destination", [QUEUE, "jms.topic", "jms"])
def test_who_subscribes_to_a_request_queue_hears_everybodys_requests(broker: Broker, destination: str) -> None:
    """The queue itself and each dot-prefix of it."""
    spy, client = Client(broker), Client(broker)
    spy.say("SUBSCRIBE", destination=destination, id="s")
    client.say("SEND", request("r"), destination=QUEUE, reply_to="x")

    assert [request("r")] == spy.bodies


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        pytest.param({"id": "s"}, b"Missing destination or subscription id header", id="no destination"),
        pytest.param({"destination": "d"}, b"Missing destination or subscription id header", id="no id"),
        pytest.param({"destination": "d", "id": "taken"}, b"Subscription id already exists", id="id twice"),
    ],
)
def test_wrong_subscriptions_are_errors(broker: Broker, headers: dict[str, str], text: bytes) -> None:
    """ERROR frames, the connection stays; ids of other connections do not matter."""
    client, other = Client(broker), Client(broker)
    client.say("SUBSCRIBE", destination="d", id="taken")
    other.say("SUBSCRIBE", destination="d", id="taken")
    client.say("SUBSCRIBE", **headers)

    assert [Frame("ERROR", {}, text)] == client.frames
    assert [] == other.frames


def test_sending_to_nobody_is_an_error(broker: Broker, requests: list[bytes]) -> None:
    """No such queue, no subscriber; `jms.topic.vdsm_requestsX` is not a request queue."""
    client = Client(broker)
    client.say("SEND", request("r"), destination=f"{QUEUE}X")

    assert [Frame("ERROR", {}, b"Subscription not available")] == client.frames
    assert [] == requests


def test_sessions_that_left_and_subscriptions_that_ended_get_nothing(broker: Broker) -> None:
    """Events go to whom is still there."""
    stays, leaves, unsubscribes = Client(broker), Client(broker), Client(broker)
    for client in (stays, leaves, unsubscribes):
        client.say("SUBSCRIBE", destination=EVENTS, id="s")
    broker.leave(leaves)
    unsubscribes.say("UNSUBSCRIBE", id="s")
    broker.publish(EVENTS, b"{}")

    assert [1, 0, 0] == [len(client.frames) for client in (stays, leaves, unsubscribes)]


def test_disconnect_is_confirmed(broker: Broker) -> None:
    """RECEIPT names the receipt asked for."""
    client = Client(broker)
    client.say("DISCONNECT", receipt="77")

    assert [Frame("RECEIPT", {"receipt-id": "77"})] == client.frames


@pytest.mark.parametrize(
    ("command", "headers"),
    [
        pytest.param("DISCONNECT", {}, id="DISCONNECT without receipt"),
        pytest.param("STOMP", {"accept_version": "1.2"}, id="the other name of CONNECT"),
        pytest.param("BEGIN", {}, id="transactions"),
        pytest.param("CONNECT", {"accept_version": "1.2", "heart_beat": "often"}, id="heart-beat no number"),
    ],
)
def test_some_frames_end_the_connection(broker: Broker, command: str, headers: dict[str, str]) -> None:
    """What VDSM does not know, it does not answer."""
    with pytest.raises(DroppedError):
        Client(broker).say(command, **headers)


@pytest.mark.parametrize("body", [b"no json", b"[]", b"3", b'{"id": [1]}', b'[{"id": "r"}]'])
def test_any_body_reaches_json_rpc(broker: Broker, requests: list[bytes], body: bytes) -> None:
    """What is no request with an id has no reply destination, and harms nobody."""
    Client(broker).say("SEND", body, destination=QUEUE, reply_to="x")

    assert [body] == requests
