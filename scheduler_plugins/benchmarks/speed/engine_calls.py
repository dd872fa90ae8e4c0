"""The engine's side of door 2: a start is one call for the filters and one for the weights."""

import http.client
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xmlrpc.client import dumps, loads

from scheduler_plugins.benchmarks.speed.processes import Engine

FILTERS = ["MdevFilter"]
WEIGHTS = [["MdevConsolidate", 1]]


class NoHostError(RuntimeError):
    """The filter left no host, or an answer is none: the measurement would be of something else."""


@dataclass(frozen=True, slots=True)
class Door2:
    """Door 2, called over a new connection each time: whether the engine's client keeps one is its matter."""

    url: str

    def call(self, body: bytes) -> tuple[bytes, float]:
        """The answer as it comes, and how many milliseconds that took."""
        where = urlsplit(self.url)
        assert where.hostname is not None
        connection = http.client.HTTPConnection(where.hostname, where.port)
        began = time.perf_counter()
        try:
            connection.request("POST", "/", body, {"Content-Type": "text/xml"})
            answer = connection.getresponse().read()
        finally:
            connection.close()
        return answer, (time.perf_counter() - began) * 1000


@dataclass
class Starts:
    """Starts VMs one after the other, and lets the engine show each where it then runs.

    What encodes and decodes XML here is the engine's work, and is not measured.
    """

    door: Door2
    engine: Engine
    hosts: Sequence[str]
    placed: Callable[[str], object] = str
    """Told of the host on which each VM then runs."""

    def start(self, vm_id: str) -> float:
        """Milliseconds of the filter and the weights of this VM's start; NoHostError."""
        answer, filtering = self.door.call(_call("runFilters", FILTERS, self.hosts, vm_id))
        fitting = _result(answer)
        weighing = 0.0
        if len(fitting) > 1:  # the engine asks for weights only where there is a choice
            answer, weighing = self.door.call(_call("runCostFunctions", WEIGHTS, fitting, vm_id))
            host_id = min(_result(answer), key=lambda entry: entry[1])[0]
        else:
            host_id = fitting[0]
        self.placed(host_id)
        self.engine.tell("place", **{vm_id: host_id})
        return filtering + weighing


def _call(method: str, units: list[Any], hosts: Sequence[str], vm_id: str) -> bytes:
    return dumps((units, list(hosts), vm_id, {}), method).encode()


def _result(answer: bytes) -> list[Any]:
    """What was decided; never empty."""
    (told,), _ = loads(answer.decode())
    assert isinstance(told, dict)
    if told["result_code"] or not told["result"]:
        raise NoHostError(f"the service answered {told!s:.400}")
    found = told["result"]
    assert isinstance(found, list)
    return found
