"""How often a decision asks the engine for what a VM wants, counted by the simulated REST API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mdev_inventory.engine.api import EngineApi
from mdev_inventory.observation import Observation, Source
from mdev_inventory.store.file import FILE_NAME
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.store import Store
from scheduler_plugins.decisions.scheduler import Scheduler
from simulation.kernel.inventory import inventory_of
from tests.simulation.engine.centre import T4_1Q, Centre

NOW = 1_800_000_000.0


class Service:
    """A scheduler that asks a simulated engine over HTTP."""

    def __init__(self, version: str, store: Store) -> None:
        self.centre = Centre(hosts=3, version=version)
        self.rest = self.centre.rest
        self.api = EngineApi(self.rest.start(), "admin@internal", "secret")
        inventories = Inventories(store)
        inventories.set_hosts(self.api.hosts())
        for host in self.centre.hosts:
            seen = inventory_of(self.centre.simulated(host).bus)
            inventories.put(Observation(host.id, seen, Source.HOOK, NOW, NOW))
        self.scheduler = Scheduler(self.api, inventories, lambda: NOW + 1, store=store)

    def requests(self, name: str) -> int:
        """How many one decision for a new VM costs."""
        vm = self.centre.vm(name, T4_1Q)
        before = self.rest.counts.total()
        decision = self.scheduler.filter("MdevFilter", vm.id, [host.id for host in self.centre.hosts], {})
        assert decision.fitting
        return self.rest.counts.total() - before

    def close(self) -> None:
        """The API first: it revokes its token."""
        self.api.close()
        self.centre.stop()


@pytest.fixture(params=["4.4", "4.5"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """One for each kind of engine; it knows by now which kind that is."""
    store = Store(tmp_path / FILE_NAME)
    made = Service(request.param, store)
    made.requests("first")
    yield made
    made.close()
    store.close()


def test_two_at_most(service: Service) -> None:
    """A decision costs two requests at most: one search for all VMs, one for the devices of this one."""
    costs = [service.requests(f"vm{number}") for number in range(10)]

    assert max(costs) <= 2
    assert len(service.scheduler.claims.pending) == 11
