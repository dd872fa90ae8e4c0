"""Engines to ask: one without sockets, which answers as a test tells it to, and a real server."""

from collections.abc import Iterator

import pytest
import responses

from mdev_inventory.engine.api import EngineApi
from mdev_inventory.engine.http import EngineHttp
from tests.mdev_inventory.engine.net import BASE, LOGOUT, PASSWORD, TOKEN
from tests.mdev_inventory.engine.peer import EnginePeer
from tests.mdev_inventory.engine.samples import sample


class Clock:
    """Seconds that pass only when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    """Nothing but what a test registers, and a token for whoever asks."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(TOKEN, json=sample("token"))
        mock.post(LOGOUT, json={})
        yield mock


@pytest.fixture
def clock() -> Clock:
    """The clock of the pauses after refused logins."""
    return Clock()


@pytest.fixture
def engine(net: responses.RequestsMock, clock: Clock) -> Iterator[EngineApi]:
    """The engine's API in that network."""
    with EngineApi(BASE, "admin@internal", PASSWORD, clock=clock) as api:
        yield api


@pytest.fixture
def peer() -> Iterator[EnginePeer]:
    """An engine on loopback."""
    with EnginePeer() as running:
        running.routes["/ovirt-engine/x"] = lambda answer: answer.json({"x": 1})
        yield running


@pytest.fixture
def http(peer: EnginePeer) -> Iterator[EngineHttp]:
    """HTTP to that engine."""
    client = EngineHttp(peer.url)
    yield client
    client.close()
