"""Every question ends in time, and both endpoints say the same of one that cannot be decided."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

import pytest

from scheduler_plugins.errors import SchedulerError, UnknownVmError
from scheduler_plugins.service.answering import ANSWER_SECONDS, Answering
from scheduler_plugins.service.life import until_stopped
from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from tests.scheduler_plugins.proxy.asking import HOSTS, Proxy
from tests.scheduler_plugins.proxy.conftest import own_proxy  # noqa: F401 (a fixture)
from tests.scheduler_plugins.service.fakes import HOST_A, VM, FakeDecider, engine_endpoint, proxy_socket

SOON_S = 0.2
PLUGIN_SECONDS = 5.0


@pytest.fixture
def hanging() -> Iterator[FakeDecider]:
    """Does not answer before the test is over."""
    over = threading.Event()
    yield FakeDecider(wait=lambda: over.wait(30))
    over.set()


def asked(endpoint: Any, unit: str) -> Any:
    """What the engine endpoint says to a question to that unit."""
    if unit in FILTERS:
        return endpoint.runFilters([unit], HOSTS, VM, {})
    return endpoint.runCostFunctions([[unit, 1]], HOSTS, VM, {})


def through_the_proxy(proxy: Proxy, unit: str) -> object:
    """What the proxy makes of the plugin's run: a unit that failed is left out."""
    ran = proxy.run(unit)
    if ran.returncode:
        return HOSTS if unit in FILTERS else []
    return ran.literal


@pytest.mark.parametrize("unit", [*FILTERS, *WEIGHTS])
def test_a_decision_that_hangs_is_answered_in_time(hanging: FakeDecider, unit: str) -> None:
    """Every host that was asked about, and why beside it; a weight weighs nothing."""
    with engine_endpoint(hanging, SOON_S) as url, ServerProxy(url) as endpoint:
        began = time.monotonic()
        answer = asked(endpoint, unit)
        took = time.monotonic() - began

    assert (1, HOSTS if unit in FILTERS else []) == (answer["result_code"], answer["result"])
    assert answer["plugin_errors"][unit][0].startswith("late: no decision within 0.2 s")
    assert SOON_S <= took < PLUGIN_SECONDS


def test_a_hang_of_all_threads_holds_up_nobody(hanging: FakeDecider) -> None:
    """Who comes when every thread hangs waits no longer than the first; the engine still discovers our units."""
    with engine_endpoint(hanging, SOON_S, threads=2) as url, ServerProxy(url) as endpoint:
        answers = [asked(endpoint, "MdevFilter") for _ in range(4)]
        units: Any = endpoint.discover()

    assert [HOSTS] * 4 == [answer["result"] for answer in answers]
    assert set(FILTERS) == set(units["filters"])
    assert 2 == len(hanging.asked)


def test_nobody_works_on_a_question_that_was_answered_late(hanging: FakeDecider) -> None:
    """It would leave a decision behind for which nobody asks any more."""
    go_on = threading.Event()
    hanging.wait = lambda: go_on.wait(30)
    with engine_endpoint(hanging, SOON_S, threads=1) as url, ServerProxy(url) as endpoint:
        asked(endpoint, "MdevFilter")
        asked(endpoint, "MdevSpread")
        go_on.set()
        answer = asked(endpoint, "MdevConsolidate")

    assert 0 == answer["result_code"]
    assert ["MdevFilter", "MdevConsolidate"] == [question[0] for question in hanging.asked]


def test_the_time_for_an_answer_is_less_than_the_plugin_waits() -> None:
    """The plugin takes silence for a service that is down."""
    assert ANSWER_SECONDS < PLUGIN_SECONDS


FAILURES = [
    pytest.param(UnknownVmError(VM), id="unknown VM"),
    pytest.param(SchedulerError("no"), id="undecided"),
    pytest.param(ZeroDivisionError("secret"), id="fault"),
    pytest.param(None, id="hangs"),
]


@pytest.mark.parametrize("error", FAILURES)
@pytest.mark.parametrize("unit", ["MdevFilter", "MdevSpread"])
def test_both_endpoints_do_the_same_with_what_cannot_be_decided(
    own_proxy: Proxy,  # noqa: F811
    hanging: FakeDecider,
    unit: str,
    error: Exception | None,
) -> None:
    """The unit fails, and leaves the choice to the others: no VM is refused for a fault of ours."""
    decider = FakeDecider(error=error) if error else hanging
    own_proxy.knows(VM, on_failure="drop")
    (own_proxy.state / "dropped").touch()
    with engine_endpoint(decider, SOON_S) as url, ServerProxy(url) as endpoint:
        direct = asked(endpoint, unit)["result"]
    with proxy_socket(own_proxy.socket, decider, answer_s=SOON_S):
        proxied = through_the_proxy(own_proxy, unit)

    assert direct == proxied
    assert "" == (own_proxy.state / "dropped").read_text()


def test_a_good_answer_is_the_same_at_both(own_proxy: Proxy) -> None:  # noqa: F811
    """The table above would hold for endpoints that never decide."""
    decider = FakeDecider(fitting=(HOST_A,))
    with engine_endpoint(decider) as url, ServerProxy(url) as endpoint, proxy_socket(own_proxy.socket, decider):
        assert [HOST_A] == asked(endpoint, "MdevFilter")["result"] == through_the_proxy(own_proxy, "MdevFilter")


async def hung(answering: Answering, until: threading.Event) -> None:
    """One question is being worked on that does not end."""
    await answering.answer(lambda: bytes(until.wait(30)), bytes)


@pytest.mark.parametrize("hangs", [False, True], ids=["decisions end", "one does not"])
def test_the_watchdog_watches_that_decisions_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs: bool) -> None:
    """A loop that turns is not enough: systemd starts the service again where a decision never ends."""
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    until = threading.Event()

    async def live() -> str:
        answering, stop = Answering(1, 0.05, stuck_s=0.0), asyncio.Event()
        if hangs:
            await hung(answering, until)
        watched = asyncio.create_task(until_stopped(stop, asyncio.get_running_loop().create_future(), answering))
        asyncio.get_running_loop().call_later(0.2, stop.set)
        await watched
        until.set()
        return answering.stuck()

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        stuck = asyncio.run(live())
        said = set()
        while (word := systemd.recv(100)) != b"STOPPING=1":
            said.add(word)

    assert (set() if hangs else {b"WATCHDOG=1"}) == said
    assert "" == stuck or hangs
