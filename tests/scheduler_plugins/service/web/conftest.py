"""An API that runs, and the world behind it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.service.web.api import api
from scheduler_plugins.service.web.capacity import Capacities
from tests.scheduler_plugins.service import fakes
from tests.scheduler_plugins.world import World


class Served:
    """A running API, and the world behind it."""

    def __init__(self) -> None:
        self.world = World()
        self.reasons: list[str] = []
        self.scheduler = Scheduler(self.world, self.world, self.world.clock)
        capacities = Capacities(self.world, self.world.clock)
        self.app = api(self.scheduler, capacities, lambda: self.reasons)
        self.url = ""

    def ask(self, path: str, method: str = "GET", **params: str) -> requests.Response:
        """The answer as it is."""
        return requests.request(method, self.url + path, params=params, timeout=10, allow_redirects=False)

    def get(self, path: str, **params: str) -> Any:
        """The JSON of a good answer."""
        answer = self.ask(path, **params)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def error(self, path: str, **params: str) -> tuple[int, str]:
        """Status and code of an error, which has nothing but code and text."""
        answer = self.ask(path, **params)
        error = answer.json()["error"]
        assert {"code", "text"} == set(error)
        assert ["error"] == list(answer.json())
        return answer.status_code, error["code"]


@pytest.fixture
def served() -> Iterator[Served]:
    """An API of its own for each test."""
    served = Served()
    with fakes.http(served.app) as served.url:
        yield served
