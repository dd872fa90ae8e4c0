"""A scheduler that answers what it is told to, and a proxy socket that runs in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from starlette.types import ASGIApp

from scheduler_plugins.service.answering import ANSWER_SECONDS, Answering
from scheduler_plugins.service.engine_endpoint.application import Application
from scheduler_plugins.service.process.connection import Bounds
from scheduler_plugins.service.process.http import USUAL, HttpServer
from scheduler_plugins.service.process.listening import listen
from scheduler_plugins.service.proxy_socket.line import VERSION, Question
from scheduler_plugins.service.proxy_socket.server import ProxySocket, Undecided
from scheduler_plugins.service.questions import Decider
from scheduler_plugins.units.registry import FILTERS, WEIGHTS, Unit

VM = "5b2a4a0e-6b1c-4a45-9a5e-3a6e8f3f0001"
HOST_A = "a0000000-0000-4000-8000-00000000000a"
HOST_B = "b0000000-0000-4000-8000-00000000000b"
HOST_C = "c0000000-0000-4000-8000-00000000000c"


class Fitted(NamedTuple):
    """A filter's decision."""

    fitting: tuple[str, ...]
    stale: str = ""


@dataclass
class FakeDecider:
    """Lets the hosts in `fitting` pass, weighs hosts by their place in the question, keeps the questions."""

    fitting: tuple[str, ...] = (HOST_A,)
    error: Exception | None = None
    stale: str = ""
    """Why the request may not be that of now."""
    failing: str = ""
    """The unit that raises `error`; all of them where this is empty."""
    wait: Callable[[], object] = bool
    """Called before each answer."""
    asked: list[tuple[str, str, tuple[str, ...], dict[str, str]]] = field(default_factory=list)
    filters: Mapping[str, Unit] = field(default_factory=lambda: dict(FILTERS))
    weights: Mapping[str, Unit] = field(default_factory=lambda: dict(WEIGHTS))

    def filter(self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]) -> Fitted:
        """The hosts that fit."""
        self._ask(unit, vm_id, host_ids, properties)
        return Fitted(tuple(host for host in host_ids if host in self.fitting), self.stale)

    def weigh(
        self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]
    ) -> list[tuple[str, int]]:
        """Each host's place in the question."""
        self._ask(unit, vm_id, host_ids, properties)
        return [(host, place) for place, host in enumerate(host_ids)]

    def _ask(self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]) -> None:
        self.asked.append((unit, vm_id, tuple(host_ids), dict(properties)))
        self.wait()
        if self.error and self.failing in ("", unit):
            raise self.error


def line_of(question: Question) -> bytes:
    """The line that asks the question, as the proxy's plugin writes it."""
    hosts = ",".join(map(_quote, question.host_ids))
    properties = ";".join(f"{_quote(k)}={_quote(v)}" for k, v in sorted(question.properties.items()))
    fields = [VERSION, _quote(question.unit), _quote(question.vm_id), hosts, properties]
    return " ".join(fields).encode("ascii") + b"\n"


def _quote(text: str) -> str:
    return quote(text, safe="")


@contextmanager
def running(start: Callable[[], object], stop: Callable[[], object]) -> Iterator[None]:
    """Two coroutine functions around a loop in another thread: started before, stopped after."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(start(), loop).result(10)  # type: ignore[arg-type]
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(stop(), loop).result(10)  # type: ignore[arg-type]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def proxy_socket(
    path: Path,
    decider: Decider,
    idle_s: float = 5.0,
    answer_s: float = ANSWER_SECONDS,
    undecided: Undecided = lambda *_: None,
) -> Iterator[ProxySocket]:
    """A proxy socket at that path."""
    answering = Answering(4, answer_s)
    endpoint = ProxySocket(path, decider, answering, idle_s=idle_s, undecided=undecided)

    async def stop() -> None:
        await endpoint.stop()
        await answering.stop()

    with running(endpoint.start, stop):
        yield endpoint


@contextmanager
def engine_endpoint(
    decider: Decider, answer_s: float = ANSWER_SECONDS, threads: int = 4, bounds: Bounds = USUAL
) -> Iterator[str]:
    """An engine endpoint at a port that is free; gives its URL."""
    with http(Application(decider, Answering(threads, answer_s)), bounds) as url:
        yield url


@contextmanager
def http(app: ASGIApp, bounds: Bounds = USUAL, names: Iterable[str] = ()) -> Iterator[str]:
    """The application served at a port that is free; gives its URL."""
    listener, server = listen("127.0.0.1", 0), HttpServer(app, bounds, names)
    with running(lambda: server.start(listener.socket), server.stop):
        yield listener.url
