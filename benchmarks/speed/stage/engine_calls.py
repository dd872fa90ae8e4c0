"""The engine's side of the engine endpoint: a start is one call for the filters and one for the weights."""

import re
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from xmlrpc.client import dumps, loads

from benchmarks.speed.stage.processes import Engine

FILTERS = ["MdevFilter"]
HEAD = b"POST / HTTP/1.1\r\nHost: engine\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)


class NoHostError(RuntimeError):
    """The filter left no host, or an answer is none: the measurement would be of something else."""


@dataclass(frozen=True, slots=True)
class EngineEndpoint:
    """Called over a new connection each time: whether the engine's client keeps one is its matter."""

    url: str

    def call(self, body: bytes) -> tuple[bytes, float]:
        """The answer as it comes, and how many milliseconds that took."""
        where = urlsplit(self.url)
        request, address = HEAD % len(body) + body, (where.hostname, where.port)
        began = time.perf_counter()
        with socket.socket() as connection:
            connection.connect(address)
            connection.sendall(request)
            answer = _received(connection)
        return answer, (time.perf_counter() - began) * 1000


def _received(connection: socket.socket) -> bytes:
    """An answer's body; what an HTTP client would do beyond that takes time that is not ours."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _part(connection)
    head, body = data[:end], [data[end + 4 :]]
    found = LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200 ") or found is None:
        raise NoHostError(f"the service answered {head!r}")
    left = int(found[1]) - len(body[0])
    while left > 0:
        body.append(_part(connection))
        left -= len(body[-1])
    return b"".join(body)


def _part(connection: socket.socket) -> bytes:
    part = connection.recv(64 * 1024)
    if not part:
        raise NoHostError("the service hung up")
    return part


@dataclass
class Starts:
    """Starts VMs one after the other, and lets the engine show each where it then runs.

    What encodes and decodes XML here is the engine's work, and is not measured; nor is the time that the
    engine's stub itself takes for its answers.
    """

    endpoint: EngineEndpoint
    engine: Engine
    hosts: Sequence[str]
    placed: Callable[[str], object] = str
    """Told of the host on which each VM then runs."""
    weights: Sequence[str] = ("MdevConsolidate",)
    own: list[float] = field(default_factory=list)
    """Milliseconds that the engine's stub took for each start."""

    def start(self, vm_id: str) -> float:
        """Milliseconds of this VM's filter and weights, without the engine's own; NoHostError."""
        fitting, filtering = self.filter(vm_id)
        weighing = 0.0
        if len(fitting) > 1:  # the engine asks for weights only where there is a choice
            units = [[unit, 1] for unit in self.weights]
            answer, weighing = self.endpoint.call(_call("runCostFunctions", units, fitting, vm_id))
            host_id = _least(_result(answer))
        else:
            host_id = fitting[0]
        self.placed(host_id)
        self.own.append(self.engine.tell("place", **{vm_id: host_id})["own_ms"])
        return filtering + weighing - self.own[-1]

    def filter(self, vm_id: str) -> tuple[list[Any], float]:
        """The hosts that fit, and the milliseconds that it took to hear of them, the engine's among them."""
        answer, took = self.endpoint.call(_call("runFilters", FILTERS, self.hosts, vm_id))
        return _result(answer), took

    @property
    def note(self) -> str:
        """What was left out."""
        return f"without the {statistics.median(self.own):.2f} ms that the engine's stub takes itself"


def _least(scores: list[Any]) -> str:
    """The host with the least sum of weights."""
    sums: dict[str, int] = {}
    for host_id, weight, _ in scores:
        sums[host_id] = sums.get(host_id, 0) + weight
    return min(sums, key=lambda host_id: sums[host_id])


def _call(method: str, units: list[Any], hosts: Sequence[str], vm_id: str) -> bytes:
    """As the engine's client writes it: texts without a tag, and no blanks."""
    text = dumps((units, list(hosts), vm_id, {}), method)
    return text.replace("<string>", "").replace("</string>", "").replace("\n", "").encode()


def _result(answer: bytes) -> list[Any]:
    """What was decided; never empty."""
    (told,), _ = loads(answer.decode())
    assert isinstance(told, dict)
    if told["result_code"] or not told["result"]:
        raise NoHostError(f"the service answered {told!s:.400}")
    found = told["result"]
    assert isinstance(found, list)
    return found
