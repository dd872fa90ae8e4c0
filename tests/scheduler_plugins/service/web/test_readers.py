"""Readers take no decisions away: few of them are worked for at once, and the rest wait their turn."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import islice

import pytest
import requests

from mdev_inventory.engine.model import Vm
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.service.web import api
from scheduler_plugins.service.web.application import READERS_AT_ONCE, WebApi
from scheduler_plugins.service.web.capacity import Capacities
from tests.scheduler_plugins.service import fakes
from tests.scheduler_plugins.world import World

MANY = 12


@dataclass
class SlowWorld(World):
    """An engine that takes its time to find a VM, and counts who has it do so at once."""

    counting: threading.Lock = field(default_factory=threading.Lock)
    go_on: threading.Event = field(default_factory=threading.Event)
    finding: int = 0
    most: int = 0

    def find_vm(self, name_or_id: str, timeout_s: float | None = None) -> Vm:
        """Once it may."""
        with self.counting:
            self.finding += 1
            self.most = max(self.most, self.finding)
        try:
            assert self.go_on.wait(20)
            return super().find_vm(name_or_id, timeout_s)
        finally:
            with self.counting:
                self.finding -= 1


@pytest.fixture
def world() -> SlowWorld:
    """Nobody was asked yet."""
    return SlowWorld()


def application(world: World) -> WebApi:
    """The web API over it, as the service has it."""
    scheduler = Scheduler(world, world, world.clock)
    return WebApi(lambda: api.api(scheduler, Capacities(world, world.clock), list))


def explain(url: str, vm: str) -> int:
    """The status of the answer."""
    return requests.get(f"{url}/api/v1/explain", {"vm": vm}, timeout=30).status_code


def test_few_questions_have_the_engine_list_its_vms_at_once(world: SlowWorld) -> None:
    """However many ask; the others wait, and meanwhile health is told without delay."""
    with fakes.http(application(world)) as url, ThreadPoolExecutor(MANY) as readers:
        asked = [readers.submit(explain, url, f"nobody {number}") for number in range(MANY)]
        began = time.monotonic()
        health = [requests.get(f"{url}/healthz", timeout=10).status_code for _ in range(5)]
        took = time.monotonic() - began
        world.go_on.set()
        statuses = [answer.result() for answer in asked]

    assert ([200] * 5, [404] * MANY) == (health, statuses)
    assert world.most <= api.EXPLAINED_AT_ONCE < READERS_AT_ONCE
    assert took < 5


def test_who_waits_for_a_turn_is_told_so_in_time(world: SlowWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that hangs does not gather readers."""
    monkeypatch.setattr(api, "TURN_SECONDS", 0.1)
    with fakes.http(application(world)) as url, ThreadPoolExecutor(MANY) as readers:
        asked = [readers.submit(explain, url, "wants") for _ in range(MANY)]
        early = [answer.result() for answer in islice(as_completed(asked), MANY - api.EXPLAINED_AT_ONCE)]
        world.go_on.set()
        late = [answer.result() for answer in asked].count(200)

    assert ({503}, api.EXPLAINED_AT_ONCE) == (set(early), late)
