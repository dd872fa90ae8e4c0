"""The storm's referee: what a host can hold, starts under way included."""

from collections.abc import Sequence

import pytest

from simulation.engine.settings import Jitter
from simulation.engine.state import Ending, Vm
from simulation.storm.referee import Referee
from tests.simulation.engine.centre import Centre, with_delays
from tests.simulation.kernel.filling import T4, fill

T4_4Q, T4_8Q = "nvidia-232", "nvidia-233"
"""A T4 holds four of the one, two of the other."""


class Court:
    """One host with a T4, an engine that tells it of a VM 10 s after having decided, and a referee."""

    def __init__(self) -> None:
        self.centre = Centre(hosts=1, settings=with_delays(create=Jitter(10.0)))
        (self.host,) = self.centre.hosts
        self.bus = self.centre.simulated(self.host).bus
        self.referee = Referee(self.centre.engine, {self.host.id: self.centre.simulated(self.host)})

    def vm(self, *types: str) -> Vm:
        """A VM that asks for those."""
        return self.centre.vm(f"vm{len(self.centre.engine.vms)}", ",".join(types))

    def holds(self, *types: str) -> bool:
        """Whether the host can hold such a VM now."""
        return self.host.id in self.referee.able(self.vm(*types).id, [self.host.id])


@pytest.mark.parametrize(
    ("alive", "request_", "expected"),
    [
        pytest.param([], [T4_4Q] * 4, True, id="four of four"),
        pytest.param([], [T4_4Q] * 5, False, id="five of four"),
        pytest.param([T4_4Q] * 3, [T4_4Q], True, id="the last one"),
        pytest.param([T4_4Q] * 3, [T4_4Q] * 2, False, id="two, one is left"),
        pytest.param([T4_8Q], [T4_4Q], False, id="another size lives there"),
    ],
)
def test_what_lives_counts(alive: Sequence[str], request_: Sequence[str], expected: bool) -> None:
    """A host holds what its allocator would place beside what lives, and nothing is left of the trial."""
    court = Court()
    fill(court.bus, T4, *alive)

    assert expected == court.holds(*request_)
    assert len(alive) == len(court.bus.instances())


@pytest.mark.parametrize("until", [5.0, 10.5, 12.0], ids=["not told yet", "told", "device made"])
def test_starts_under_way_count(until: float) -> None:
    """A VM sent to the host takes its place from the decision on, before its device is there."""
    court = Court()
    fill(court.bus, T4, *[T4_4Q] * 2)
    court.centre.engine.start_vm(court.vm(T4_4Q).id)
    court.centre.timeline.run_until(court.centre.timeline.now + until)

    assert court.holds(T4_4Q)
    assert not court.holds(T4_4Q, T4_4Q)


def test_a_start_that_ended_counts_no_more() -> None:
    """A VM that failed on the host leaves its place to others."""
    court = Court()
    vm = court.vm(T4_8Q)
    court.centre.engine.start_vm(vm.id)
    fill(court.bus, T4, T4_4Q)
    court.centre.timeline.run_all()

    assert vm.run is not None
    assert Ending.NO_HOST is vm.run.ending
    assert court.holds(*[T4_4Q] * 3)
