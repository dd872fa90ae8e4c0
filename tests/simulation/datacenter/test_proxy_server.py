"""The proxy as the engine reaches it: what it answers, and whom it has no room for."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from simulation.datacenter.proxy_process import UNITS, ProxyScheduler
from simulation.datacenter.proxy_server import BACKLOG, ProxyServer
from simulation.engine.units.external import (
    CONNECTION_TIMEOUT_S,
    ExternalSchedulerError,
    Functions,
    Names,
    Properties,
    XmlRpcScheduler,
)

Filters = tuple[Names, Names, str, Properties]
Weights = tuple[Functions, Names, str, Properties]
NOBODY = "0b6c0c1e-0000-4000-8000-000000000001"


@pytest.fixture
def plugin(tmp_path: Path) -> ProxyScheduler:
    """The plugin, with no service."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "vms-with-request").write_text("")
    return ProxyScheduler(tmp_path / "plugins", tmp_path / "nobody.sock", state)


@pytest.fixture
def proxy(plugin: ProxyScheduler) -> Iterator[XmlRpcScheduler]:
    """The engine's client of a proxy that serves."""
    with ProxyServer(plugin) as server:
        yield XmlRpcScheduler(server.url, 10.0)


def test_it_answers_as_the_plugin_does(proxy: XmlRpcScheduler, plugin: ProxyScheduler) -> None:
    """Over XML-RPC, all three calls."""
    filters: Filters = (["MdevFilter"], ["h1", "h2"], NOBODY, {})
    weights: Weights = ([("MdevConsolidate", 2)], ["h1"], NOBODY, {})

    assert UNITS == proxy.discover()
    assert plugin.run_filters(*filters) == proxy.run_filters(*filters)
    assert plugin.run_cost_functions(*weights) == proxy.run_cost_functions(*weights)


def test_who_finds_its_queue_full_is_not_answered(plugin: ProxyScheduler) -> None:
    """It holds five, and one more that Linux lets in; the engine's client waits 100 ms, and then does without us."""
    server = ProxyServer(plugin)
    where = urlsplit(server.url)
    with ExitStack() as waiting:
        for _ in range(BACKLOG + 1):
            connection = socket.create_connection((where.hostname or "", where.port or 0), CONNECTION_TIMEOUT_S)
            waiting.enter_context(connection)

        with pytest.raises(ExternalSchedulerError, match="timed out"):
            XmlRpcScheduler(server.url).discover()
    with server:
        assert UNITS == XmlRpcScheduler(server.url, 10.0).discover()
