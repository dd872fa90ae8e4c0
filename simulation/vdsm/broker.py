"""The STOMP side of a simulated VDSM: sessions, subscriptions and reply destinations.

As in VDSM subscriptions and the map from request id to reply destination belong to the
host, not to a connection: who reuses ids or reply destinations gets other people's answers, here as there.
"""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from mdev_inventory.vdsm.stomp import Frame

log = logging.getLogger("vdsm")

REQUESTS = ("jms.topic.vdsm_requests", "jms.topic.vdsm_irs_requests")
EVENTS = "jms.queue.events"
_SHORTEST_HEART_BEAT_MS = 1000


class DroppedError(Exception):
    """VDSM closes a connection that sent this."""


class Session(Protocol):
    """One client's connection."""

    def send(self, frame: Frame) -> None:
        """Queues a frame for this client."""

    def heart_beat(self, send_ms: int, expect_ms: int) -> None:
        """From now on a newline is sent every `send_ms`, and one expected every `expect_ms`; 0 is never."""


class Broker:
    """What a VDSM does with the frames of all its clients."""

    def __init__(self, request: Callable[[bytes], object]) -> None:
        """`request` is given each JSON-RPC request; its answer comes back through `reply`."""
        self._request = request
        self._subscriptions: dict[tuple[Session, str], str] = {}
        self._reply_to: dict[Any, str | None] = {}
        self._commands: dict[str, Callable[[Session, Frame], None]] = {
            "CONNECT": self._connect,
            "SUBSCRIBE": self._subscribe,
            "UNSUBSCRIBE": self._unsubscribe,
            "SEND": self._send,
            "DISCONNECT": self._disconnect,
        }

    def handle(self, session: Session, frame: Frame) -> None:
        """Obeys one frame; raises DroppedError where VDSM would close the connection."""
        if frame.command not in self._commands:
            raise DroppedError(f"unknown command {frame.command}")
        self._commands[frame.command](session, frame)

    def leave(self, session: Session) -> None:
        """Forgets a session that has ended."""
        self._subscriptions = {key: to for key, to in self._subscriptions.items() if key[0] is not session}

    def reply(self, answer: dict[str, Any]) -> None:
        """Sends an answer to all subscribers of the reply destination of its id; lost where it had none."""
        destination = self._reply_to.pop(answer.get("id"), None)
        if destination is None:
            log.warning("LOST answer id=%s: its request named no reply-to", answer.get("id"))
            return
        self.publish(destination, json.dumps(answer).encode())

    def publish(self, destination: str, body: bytes) -> None:
        """Sends JSON to every subscriber of exactly that destination."""
        self._deliver([destination], destination, body)

    def _deliver(self, subscribed: list[str], destination: str, body: bytes) -> int:
        targets = [key for key, to in self._subscriptions.items() if to in subscribed]
        for session, subscription in targets:
            headers = {"destination": destination, "content-type": "application/json"}
            session.send(Frame("MESSAGE", {**headers, "subscription": subscription}, body))
        return len(targets)

    def _connect(self, session: Session, frame: Frame) -> None:
        if frame.headers.get("accept-version") != "1.2":
            _error(session, "Version unsupported")
            return
        client_ms, server_ms = _heart_beat(frame.headers.get("heart-beat", "0,0"))
        session.send(Frame("CONNECTED", {"version": "1.2", "heart-beat": f"{server_ms},{client_ms}"}))
        session.heart_beat(server_ms, client_ms)

    def _subscribe(self, session: Session, frame: Frame) -> None:
        destination, subscription = frame.headers.get("destination"), frame.headers.get("id")
        if not destination or not subscription:
            _error(session, "Missing destination or subscription id header")
        elif (session, subscription) in self._subscriptions:
            _error(session, "Subscription id already exists")
        else:
            self._subscriptions[session, subscription] = destination

    def _unsubscribe(self, session: Session, frame: Frame) -> None:
        self._subscriptions.pop((session, frame.headers.get("id", "")), None)

    def _disconnect(self, session: Session, frame: Frame) -> None:
        if "receipt" not in frame.headers:
            raise DroppedError("DISCONNECT without a receipt")
        session.send(Frame("RECEIPT", {"receipt-id": frame.headers["receipt"]}))

    def _send(self, session: Session, frame: Frame) -> None:
        destination = frame.headers.get("destination", "")
        overheard = self._deliver(_prefixes(destination), destination, frame.body)
        if _is_request_queue(destination):
            self._remember(frame.body, frame.headers.get("reply-to"))
            self._request(frame.body)
        elif not overheard:
            _error(session, "Subscription not available")

    def _remember(self, body: bytes, reply_to: str | None) -> None:
        for request_id in _ids(body):
            self._reply_to[request_id] = reply_to


def _error(session: Session, text: str) -> None:
    session.send(Frame("ERROR", {}, text.encode()))


def _is_request_queue(destination: str) -> bool:
    return any(destination == queue or destination.startswith(f"{queue}.") for queue in REQUESTS)


def _prefixes(destination: str) -> list[str]:
    """`a.b.c`, `a.b` and `a`: subscribers of any of them get a copy of what is sent there."""
    parts = destination.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _heart_beat(header: str) -> tuple[int, int]:
    try:
        client_ms, server_ms = (int(part) for part in header.split(","))
    except ValueError as error:
        raise DroppedError(f"heart-beat {header!r} is not two numbers") from error
    return _sane(client_ms), _sane(server_ms)


def _sane(interval_ms: int) -> int:
    return max(interval_ms, _SHORTEST_HEART_BEAT_MS) if interval_ms else 0


def _ids(body: bytes) -> Iterator[Any]:
    try:
        requests = json.loads(body)
    except ValueError:
        return
    for request in requests if isinstance(requests, list) else [requests]:
        if isinstance(request, dict) and isinstance(request.get("id"), str | int):
            yield request["id"]
