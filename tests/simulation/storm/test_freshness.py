"""A device that was freed a moment ago, behind an inventory that does not know it yet."""

from pathlib import Path

import pytest

from simulation.engine.state import Ending, Run
from simulation.storm.course import PacedHost
from simulation.storm.plan import A40_4Q, PER_HOST, Plan
from simulation.storm.virtual import VirtualStorm
from simulation.storm.virtual_service import product

QUIET = Plan(hosts=3, starts=0, collect_interval=1000.0, events_interval=1000.0)
"""Every host is asked once, when the service starts, and never again by itself."""
MINUTE = 60.0


class Full:
    """A cluster of full hosts, as the service saw them a minute ago."""

    def __init__(self, folder: Path) -> None:
        self.storm = VirtualStorm(QUIET, product, folder)
        self.hosts = [host for host in self.storm.hosts.values() if host.name.startswith("a")]
        for host in self.hosts:
            for number in range(PER_HOST):
                parent = next(p for p in host.bus.parents() if host.bus.available(p, A40_4Q) != "0")
                host.bus.create(parent, A40_4Q, f"{number:08x}-0000-4000-8000-{host.id[-12:]}")
        self.storm.endpoint.open()
        self.storm.engine.start(self.storm.judge)
        self.storm.timeline.run_until(MINUTE)

    def free(self, host: PacedHost) -> None:
        """Now; the engine's own filter knows it at once, the service does not."""
        host.bus.remove(next(iter(host.bus.instances())))
        self.storm.engine.refresh_host(host.id)

    def silence(self, host: PacedHost) -> None:
        """Its VDSM answers nobody from now on."""
        assert self.storm.endpoint.service is not None
        self.storm.endpoint.service.parts.collector.silent.add(host.id)

    def start(self) -> Run:
        """A VM that wants one device, until its start has ended."""
        cluster = self.storm.engine.hosts[self.hosts[0].id].cluster
        vm = self.storm.engine.add_vm("late", cluster, mdev_type=A40_4Q)
        self.storm.timeline.run_until(self.storm.timeline.now + 1)
        run = self.storm.engine.start_vm(vm.id)
        self.storm.timeline.run_until(self.storm.timeline.now + 30)
        return run


@pytest.fixture
def full(tmp_path: Path) -> Full:
    """Three hosts, no device left."""
    return Full(tmp_path)


def test_a_device_freed_a_second_ago_is_found(full: Full) -> None:
    """No VM is refused on old data: the full hosts are asked again, and the VM starts."""
    full.free(full.hosts[1])
    run = full.start()
    full.storm.close()

    assert [(full.hosts[1].id, Ending.UP)] == run.history
    (question,) = full.storm.judge.questions
    assert question.took_s < 1.5
    assert 1 <= question.hosts_asked <= 16


def test_a_host_that_does_not_answer_costs_the_deadline_at_most(full: Full) -> None:
    """The refusal comes in time, and says which host was asked in vain."""
    full.free(full.hosts[1])
    full.silence(full.hosts[1])
    run = full.start()
    service = full.storm.endpoint.service
    assert service is not None
    decision = service.scheduler.decisions[0]
    full.storm.close()

    assert Ending.NO_HOST is run.ending
    (question,) = full.storm.judge.questions
    assert question.took_s <= 1.6
    texts = {verdict.host_name: verdict.text for verdict in decision.verdicts}
    assert "gave no answer within 1.5 s" in texts[full.hosts[1].name]
    assert full.hosts[1].name in decision.note
