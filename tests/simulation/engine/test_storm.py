"""Many starts at once in virtual time: nothing is lost, nothing is left behind."""

import random
import time

import pytest

from simulation.engine import SimulatedEngine
from simulation.engine.settings import Misfortunes, Settings
from simulation.engine.state import Cluster, Ending, Policy
from simulation.hosts import SimulatedHost
from simulation.kernel.boards import bus_of
from simulation.timeline import Timeline
from tests.simulation.engine.centre import T4_1Q, Units

HOSTS, PER_HOST = 10, 16


class Storm:
    """Two clusters of hosts with a T4 each, and more starts than fit."""

    def __init__(self, version: str, seed: int, starts: int = 2 * HOSTS * PER_HOST + 20) -> None:
        self.timeline = Timeline()
        chance = Misfortunes(create_fails=0.02, launch_fails=0.03, second_round=0.05)
        self.engine = SimulatedEngine(self.timeline, version, seed, settings=Settings(misfortunes=chance))
        self.units = Units()
        clusters = [self._cluster(name) for name in ("a", "b")]
        self.engine.start(self.units)
        self.timeline.run_all()
        self.vms = [self.engine.add_vm(f"vm{n}", clusters[n % 2], mdev_type=T4_1Q) for n in range(starts)]
        self._run(random.Random(seed))

    def _cluster(self, name: str) -> Cluster:
        cluster = self.engine.add_cluster(name, Policy(("Fits",), (("Pack", 1),)))
        for number in range(HOSTS):
            host_name = f"{name}{number}"
            driver = SimulatedHost(host_name, host_name, bus_of("tesla-t4"), self.timeline)
            self.engine.add_host(host_name, cluster, driver)
        return cluster

    def _run(self, source: random.Random) -> None:
        self.units.scores = lambda hosts: [[host, source.randrange(1000)] for host in hosts]
        for vm in self.vms:
            self.engine.start_vm(vm.id)
        self.timeline.run_until(20.0)
        for vm in self.vms[:30]:
            if vm.status == "up":
                self.engine.stop_vm(vm.id)
        self.timeline.run_all()

    def instances(self) -> set[str]:
        """UUIDs of all instances on all hosts."""
        drivers = [host.driver for host in self.engine.hosts.values()]
        return {uuid for driver in drivers if isinstance(driver, SimulatedHost) for uuid in driver.bus.instances()}


@pytest.mark.parametrize(("version", "seed"), [("4.4", 1), ("4.5", 2)])
def test_storm(version: str, seed: int) -> None:
    """In the end every VM is up or down, every start is accounted for, every instance belongs to a VM."""
    storm = Storm(version, seed)
    up = [vm for vm in storm.vms if vm.status == "up"]

    assert {vm.status for vm in storm.vms} == {"up", "down"}
    assert all(run.ending is not None for vm in storm.vms for run in vm.runs)
    assert {uuid for vm in up for uuid, _ in vm.instances} == storm.instances()
    assert all(len(run.history) <= 3 for vm in storm.vms for run in vm.runs)
    assert Ending.FAILED in {ending for vm in storm.vms for run in vm.runs for _, ending in run.history}


def test_speed() -> None:
    """A thousand starts in virtual time take seconds, even on a busy machine."""
    begin = time.process_time()
    Storm("4.5", 3, starts=1000)

    assert time.process_time() - begin < 10.0
