"""What passes between the service and a (simulated) engine over its REST API, beyond reading its lists."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

import pytest

from mdev_inventory.collector import sources
from mdev_inventory.collector.collector import Collector
from mdev_inventory.collector.event_watch import Happened, VmChange
from mdev_inventory.engine.api import EngineApi
from mdev_inventory.engine.model import Host
from mdev_inventory.observation import Observation, Source
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.request_files import RequestFiles
from mdev_inventory.store.store import Store
from scheduler_plugins.decisions.decision import Decision
from scheduler_plugins.service.events.portal import Portal
from scheduler_plugins.service.parts import request_types
from simulation.engine.audit import Code
from simulation.engine.rest.faults import Kind
from tests.scheduler_plugins.service.events.test_portal import decision
from tests.scheduler_plugins.service.running import Folder, Running
from tests.simulation.engine.centre import FULL_SIZE, Centre

DEADLINE_S = 60.0
CARD = "0000:3b:00.0"
INSTANCE = "00000000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Settings:
    """The collector's, with an interval so short that a test need not wait for a turn."""

    collect_interval: float = 60.0
    host_timeout: float = 10.0
    vms_interval: float = 60.0
    max_connections: int = 4
    engine_view_interval: float = 0.05


@pytest.fixture
def centre() -> Iterator[Centre]:
    """One host with a T4, an engine of 4.5 that serves its REST API."""
    centre = Centre(1)
    centre.rest.start()
    yield centre
    centre.stop()


@pytest.fixture
def api(centre: Centre) -> Iterator[EngineApi]:
    """The way to it."""
    with EngineApi(centre.rest.url, "admin@internal", "secret") as api:
        yield api


@dataclass
class Collecting:
    """A collector of that engine and its hosts, for as long as a condition takes to hold."""

    centre: Centre
    api: EngineApi
    folder: Path

    def until(self, condition: Callable[[Collector], bool], heard: list[Happened] | None = None) -> None:
        """Collect until it holds; fails after the deadline."""
        store = Store(self.folder / "state.sqlite")
        try:
            asyncio.run(self._until(Inventories(store), condition, heard))
        finally:
            store.close()

    async def _until(
        self, inventories: Inventories, condition: Callable[[Collector], bool], heard: list[Happened] | None
    ) -> None:
        collector = Collector(
            self.api,
            self._observe,
            inventories,
            Settings(),
            time.time,
            request_types=request_types,
            files=RequestFiles(self.folder, "drop"),
        )
        collector.vm_listeners.extend([heard.append] if heard is not None else [])
        task = asyncio.create_task(collector.run())
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not condition(collector):
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _observe(self, host: Host, timeout_s: float) -> Observation:
        """What VDSM tells of the host, without a VDSM."""
        del timeout_s
        at = time.time()
        driver = self.centre.simulated(self.centre.engine.hosts[host.id])
        listed = self.centre.engine.call(driver.hostdev_list)
        return Observation(host.id, sources.from_hostdev_list(listed), Source.VDSM, at, time.time())


@pytest.fixture
def collecting(centre: Centre, api: EngineApi, tmp_path: Path) -> Collecting:
    """Nothing collected yet."""
    return Collecting(centre, api, tmp_path)


def _hide(centre: Centre, api: EngineApi) -> None:
    """The engine's copy says that nothing is left, and then the host's only device is freed."""
    host = centre.hosts[0]
    bus = centre.simulated(host).bus
    bus.create(CARD, FULL_SIZE, INSTANCE)
    api.refresh_host(host.id)
    bus.remove(INSTANCE)


def test_a_freed_device_passes_the_engines_own_filter_again(
    centre: Centre, api: EngineApi, collecting: Collecting
) -> None:
    """Nobody but the engine could undo its refusal, and nobody told it that the device was free."""
    host, vm = centre.hosts[0], centre.vm()
    _hide(centre, api)
    assert [] == centre.engine.can_schedule(vm.id)

    collecting.until(lambda _: centre.engine.can_schedule(vm.id) == [host.id])

    assert 2 == centre.codes().count(Code.HOST_REFRESHED)


def test_a_user_who_may_not_refresh(centre: Centre, api: EngineApi, collecting: Collecting) -> None:
    """The rest goes on, and health has a sentence about it."""
    _hide(centre, api)
    centre.rest.faults.add(Kind.FORBIDDEN, part="/refresh", method="POST")
    collecting.until(lambda collector: "engine refresh" in collector.troubles)

    assert 1 == centre.codes().count(Code.HOST_REFRESHED)
    assert 1 == centre.rest.faults.made[Kind.FORBIDDEN]


def test_the_life_of_a_vm_is_heard(centre: Centre, collecting: Collecting) -> None:
    """Its start and its end, with its host, in order."""
    vm = centre.vm()
    heard: list[Happened] = []
    steps: list[tuple[int, Callable[[str], object]]] = [(0, centre.engine.start_vm), (2, centre.engine.stop_vm)]

    def lived(_: Collector) -> bool:
        """The next step as soon as the last one was heard of; the first when the end of the list is known."""
        listening = centre.rest.counts["GET events"] > 1
        if listening and steps and len(heard) == steps[0][0]:
            steps.pop(0)[1](vm.id)
            centre.timeline.run_all()
        return len(heard) == 3

    collecting.until(lived, heard)

    assert [VmChange.STARTED, VmChange.UP, VmChange.DOWN] == [one.change for one in heard]
    assert {(vm.id, frozenset({centre.hosts[0].id}))} == {(one.vm_id, one.hosts) for one in heard}


def test_a_refused_vm_shows_in_the_portal(centre: Centre, api: EngineApi) -> None:
    """With our origin, about that VM."""
    vm = centre.vm()
    _told(api, decision(vm.id), lambda _: bool(centre.engine.audit.events))
    (event,) = centre.engine.audit.events

    assert (Code.EXTERNAL_EVENT_WARNING, "mdev-scheduler", vm.id) == (event.code, event.origin, event.about.vm_id)
    assert "host1: has 0 of nvidia-22, needs 1." in event.description


def test_a_user_who_may_not_add_events(centre: Centre, api: EngineApi) -> None:
    """Nothing is written, and health has a sentence about it."""
    centre.rest.faults.add(Kind.FORBIDDEN, part="/events", method="POST")
    _told(api, decision(centre.vm().id), lambda portal: "portal events" in portal.troubles.now)

    assert [] == centre.codes()


def test_a_vm_that_the_engine_knows_no_more(centre: Centre, api: EngineApi) -> None:
    """Its event is refused; that troubles nobody, and the next VM has its event."""
    portal = Portal(api)
    portal.start()
    portal.refused(decision("00000000-0000-4000-8000-0000000000ff"))
    portal.refused(decision(centre.vm().id))
    _until(lambda: bool(centre.engine.audit.events))
    portal.stop()

    assert {} == portal.troubles.now


@pytest.mark.parametrize(("switch", "codes"), [("yes", [Code.EXTERNAL_EVENT_WARNING]), ("no", [])])
def test_the_service_tells_why_no_host_is_left(centre: Centre, tmp_path: Path, switch: str, codes: list[Code]) -> None:
    """The whole way: the answer comes first, the event follows, unless it is not wanted."""
    vm, host = centre.vm(), centre.hosts[0]
    host.address, host.port = "127.0.0.1", 9
    folder = Folder(tmp_path)
    engine = f"url={centre.rest.url}\nuser=admin@internal\nengine_events={switch}\n"
    folder.write("20-engine.conf", engine=engine)
    with Running(folder) as service:
        with ServerProxy(service.endpoints["xmlrpc"]) as endpoint:
            answer: Any = endpoint.runFilters(["MdevFilter"], [host.id], vm.id, {})
        _until(lambda: len(centre.codes()) >= len(codes))

    assert [] == answer["result"]
    assert codes == centre.codes()


def _told(api: EngineApi, refused: Decision, condition: Callable[[Portal], bool]) -> None:
    portal = Portal(api)
    portal.start()
    portal.refused(refused)
    _until(lambda: condition(portal))
    portal.stop()


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)
