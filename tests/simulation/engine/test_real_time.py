"""The engine in real time: questions to the world outside never hold its lock."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from simulation.engine import SimulatedEngine
from simulation.engine.settings import AT_ONCE, Jitter, Settings
from simulation.engine.state import Cluster, Host, Policy
from simulation.hosts import SimulatedHost
from simulation.kernel.boards import bus_of
from simulation.timeline import RealTime, Timeline, TimelineError
from tests.simulation.engine.centre import FULL_SIZE, Units, with_delays
from tests.simulation.engine.rest.client import Client

DEADLINE_S = 20.0
SPEED = 100.0


class Asking(Units):
    """External units that may do something before they answer, in the thread that asked them."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], object] = dict

    def run_filters(self, names: Sequence[str], hosts: Sequence[str], vm: str, properties: Mapping[str, str]) -> object:
        """As told, afterwards."""
        self.before()
        return super().run_filters(names, hosts, vm, properties)


class Living:
    """Clusters of one host each, with an engine in real time."""

    def __init__(self, real: RealTime, timeline: Timeline, clusters: int, settings: Settings = AT_ONCE) -> None:
        self.real, self.timeline = real, timeline
        self.engine = SimulatedEngine(timeline, settings=settings, real=real)
        self.units = Asking()
        self.clusters = [self.engine.add_cluster(f"c{n}", Policy(("Fits",))) for n in range(clusters)]
        self.hosts = [self._add_host(cluster) for cluster in self.clusters]
        self.engine.start(self.units)
        assert self.wait(lambda: self.engine.units.table != {} and all(host.devices for host in self.hosts))

    def _add_host(self, cluster: Cluster) -> Host:
        driver = SimulatedHost(cluster.name, cluster.name, bus_of("tesla-t4"), self.timeline)
        return self.engine.add_host(cluster.name, cluster, driver)

    def wait(self, condition: Callable[[], bool]) -> bool:
        """Until the condition holds."""
        return self.real.wait_for(condition, DEADLINE_S)


@pytest.fixture
def timeline() -> Timeline:
    """From 0."""
    return Timeline()


@pytest.fixture
def real(timeline: Timeline) -> Iterator[RealTime]:
    """A hundred times faster than life."""
    with RealTime(timeline, SPEED) as driver:
        yield driver


@pytest.fixture
def living(real: RealTime, timeline: Timeline) -> Iterator[Living]:
    """Two clusters."""
    centre = Living(real, timeline, 2)
    yield centre
    centre.engine.stop()


def test_whoever_answers_may_ask_the_engine(living: Living) -> None:
    """A filter that asks the engine's REST API before it answers is not in its own way."""
    vm = living.engine.add_vm("vm", living.clusters[0], mdev_type=FULL_SIZE)
    seen: list[str] = []
    with Client(living.engine) as client:
        living.units.before = lambda: seen.append(client.get(f"vms/{vm.id}")["status"])
        client.ask("POST", f"vms/{vm.id}/start", {})

        assert living.wait(lambda: vm.status == "up")
        assert seen == ["down"]
        assert client.get(f"vms/{vm.id}")["host"]["id"] == living.hosts[0].id


def test_clusters_do_not_wait_for_each_other(living: Living) -> None:
    """While one cluster's question is under way, another cluster schedules."""
    vms = [living.engine.add_vm(f"vm{n}", cluster) for n, cluster in enumerate(living.clusters)]
    both = threading.Barrier(2)
    living.units.before = lambda: both.wait(DEADLINE_S)
    for vm in vms:
        living.engine.start_vm(vm.id)

    assert living.wait(lambda: all(vm.status == "up" for vm in vms))


def test_questions_of_one_cluster_are_serialised(living: Living) -> None:
    """Within a cluster, the next question is asked when the last one was answered."""
    inside, worst = 0, 0
    lock = threading.Lock()

    def note() -> None:
        nonlocal inside, worst
        with lock:
            inside += 1
            worst = max(worst, inside)
        living.engine.call(lambda: None)
        with lock:
            inside -= 1

    living.units.before = note
    vms = [living.engine.add_vm(f"vm{n}", living.clusters[0]) for n in range(10)]
    for vm in vms:
        living.engine.start_vm(vm.id)

    assert living.wait(lambda: all(vm.status == "up" for vm in vms))
    assert worst == 1


def test_refresh_over_rest_waits(real: RealTime, timeline: Timeline) -> None:
    """POST refresh is answered when the devices are fresh; a second one meanwhile is refused."""
    centre = Living(real, timeline, 1, with_delays(refresh=Jitter(20.0)))
    host = centre.hosts[0]
    driver = host.driver
    assert isinstance(driver, SimulatedHost)
    real.call(lambda: driver.bus.create("0000:3b:00.0", FULL_SIZE, "00000000-0000-4000-8000-000000000001"))
    with Client(centre.engine) as client:
        statuses: list[int] = []
        first = threading.Thread(
            target=lambda: statuses.append(client.ask("POST", f"hosts/{host.id}/refresh", {}).status_code)
        )
        first.start()
        assert centre.wait(lambda: host.refreshing)
        stale = real.call(lambda: host.available[FULL_SIZE])
        second = client.ask("POST", f"hosts/{host.id}/refresh", {}).status_code
        first.join()

        assert (stale, second, statuses) == (True, 409, [200])
        assert not real.call(lambda: host.available[FULL_SIZE])


def test_an_answer_after_the_end_is_nobodys(real: RealTime, timeline: Timeline) -> None:
    """A question under way when the data centre stops holds nobody up and breaks nothing."""
    centre = Living(real, timeline, 1)
    asked, answer = threading.Event(), threading.Event()

    def block() -> None:
        asked.set()
        answer.wait(DEADLINE_S)

    centre.units.before = block
    vm = centre.engine.add_vm("vm", centre.clusters[0])
    centre.engine.start_vm(vm.id)
    assert asked.wait(DEADLINE_S)
    real.stop()
    answer.set()
    centre.engine.stop()

    assert vm.status == "down"


def test_a_defect_of_units_surfaces(timeline: Timeline) -> None:
    """An error that is no XmlRpcException is a defect: it stops the timeline and is seen there."""
    driver = RealTime(timeline, SPEED).start()
    centre = Living(driver, timeline, 1)
    centre.units.before = lambda: 1 // 0
    vm = centre.engine.add_vm("vm", centre.clusters[0])
    centre.engine.start_vm(vm.id)
    with pytest.raises(TimelineError, match="ZeroDivisionError"):
        driver.wait_for(lambda: False, DEADLINE_S)
    centre.engine.stop()
    with pytest.raises(TimelineError):
        driver.stop()
