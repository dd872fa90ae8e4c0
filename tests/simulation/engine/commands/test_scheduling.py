"""Which host is chosen: filters, weights, faults of external units, locks and rounds."""

import random
from typing import Any

import pytest

from simulation.engine.settings import Jitter
from simulation.engine.state import Ending, Policy
from tests.simulation.engine.centre import FULL_SIZE, T4_1Q, Centre, everyone, with_delays, with_misfortunes


def test_what_units_are_asked() -> None:
    """Filters get all candidates, weights those left; both the cluster's properties, VM and host ids."""
    centre = Centre(3, properties={"strict": "true"})
    centre.units.answer = lambda hosts: {"result_code": 0, "result": hosts[1:]}
    vm = centre.started()
    ids = [host.id for host in centre.hosts]

    assert centre.units.asked == [("runFilters", vm.id, ids), ("runCostFunctions", vm.id, ids[1:])]
    assert centre.units.names == [["Fits"], [("Pack", 1)]]
    assert centre.units.properties == [{"strict": "true"}] * 2
    assert vm.host is centre.hosts[1]


def test_the_record_of_a_round() -> None:
    """Every start tells which filter removed which hosts."""
    centre = Centre(3)
    odd = centre.add_host("odd", board="tesla-m10")
    centre.timeline.run_all()
    centre.units.answer = lambda hosts: {"result_code": 0, "result": hosts[1:]}
    vm = centre.started()

    assert vm.run is not None
    assert vm.run.last_round is not None
    assert vm.run.last_round.removed == {"MDevice": (odd.id,), "[Fits]": (centre.hosts[0].id,)}
    assert vm.run.last_round.chosen == centre.hosts[1].id


def test_candidates_are_up_and_of_the_cluster() -> None:
    """Hosts elsewhere, or not up, are no candidates."""
    centre = Centre(2)
    centre.engine.set_host_status(centre.hosts[0].id, "maintenance")
    other = centre.engine.add_cluster("other")
    centre.engine.add_host("stranger", other, None)
    vm = centre.started(mdev_type=None)

    assert centre.units.asked == [("runFilters", vm.id, [centre.hosts[1].id])]


def test_no_weights_for_one_host() -> None:
    """Weights are asked only where at least two hosts are left."""
    centre = Centre(1)
    centre.started()

    assert [method for method, _, _ in centre.units.asked] == ["runFilters"]


def test_not_asked_without_a_host() -> None:
    """External filters are not called when no host is left for them."""
    centre = Centre(1, version="4.3")
    centre.engine.set_host_status(centre.hosts[0].id, "maintenance")
    vm = centre.started()

    assert centre.units.asked == []
    assert vm.run is not None
    assert vm.run.ending is Ending.REFUSED


@pytest.mark.parametrize(
    ("scores", "chosen"),
    [
        pytest.param([], 0, id="nothing weighed: the first of the list"),
        pytest.param([[0, 5], [1, 3], [2, 4]], 1, id="the lowest"),
        pytest.param([[0, 5], [1, 3]], 2, id="the absent one, as if it had 0"),
        pytest.param([[0, 1, "Pack"], [1, 2, "Pack"], [2, 3, "Pack"], [2, 1], [1, 2], [0, 3]], 0, id="a factor of 3"),
    ],
)
def test_weights(scores: list[list[Any]], chosen: int) -> None:
    """The default selector ranks; results of three members carry their unit's factor."""
    centre = Centre(3, policy=Policy(("Fits",), (("Pack", 3),)))
    ids = [host.id for host in centre.hosts]
    named = [[ids[number], *rest] for number, *rest in scores]
    centre.units.scores = lambda _: {"result_code": 0, "result": named}
    vm = centre.started()

    assert vm.host is centre.hosts[chosen]


def test_internal_weights_outvote_unnamed_ones() -> None:
    """External weights without a name count once, whatever their factor; an internal one by its own."""
    policy = Policy(("Fits",), (("Pack", 100),), ((2, lambda host, _: int(host.name[-1])),))
    centre = Centre(2, policy=policy)
    first, second = (host.id for host in centre.hosts)
    centre.units.scores = lambda _: {"result_code": 0, "result": [[first, 500], [second, 0]]}
    vm = centre.started()

    assert vm.host is centre.hosts[0]


@pytest.mark.parametrize("weight", [1.5, True, "1"])
def test_a_weight_that_is_no_integer_fails_the_start(weight: object) -> None:
    """A cast error ends the scheduling: the VM stays down, the cluster's lock is free again."""
    centre = Centre(2)
    centre.units.scores = lambda hosts: {"result_code": 0, "result": [[hosts[0], weight]]}
    vm = centre.started("unlucky")
    centre.units.scores = lambda _: {"result_code": 0, "result": []}
    second = centre.started("second")

    assert vm.run is not None
    assert (vm.status, vm.run.ending) == ("down", Ending.ABORTED)
    assert "ClassCastException" in vm.run.decisions[0].aborted
    assert second.status == "up"


def test_a_foreign_host_that_wins_fails_the_start() -> None:
    """A score for a host that nobody asked about may win, and then the engine finds no such host."""
    centre = Centre(2)
    stranger = "00000000-0000-4000-8000-000000000001"
    centre.units.scores = lambda hosts: {"result_code": 0, "result": [[h, 9] for h in hosts] + [[stranger, 1]]}
    vm = centre.started()

    assert vm.run is not None
    assert "NullPointerException" in vm.run.decisions[0].aborted


def test_no_mdevice_filter_before_4_4() -> None:
    """4.3 has no filter of its own: validation passes every host."""
    centre = Centre(2, version="4.3")
    vm = centre.vm(mdev_type="nvidia-0")

    assert len(centre.engine.can_schedule(vm.id)) == 2


def test_one_scheduling_at_a_time_per_cluster() -> None:
    """Questions of one cluster never overlap; the lock is free again before anything is created."""
    centre = Centre(4, settings=with_delays(decision=Jitter(1.0), create=Jitter(30.0)))
    for name in "abc":
        centre.engine.start_vm(centre.vm(name).id)
    moments: list[float] = []

    def note(hosts: list[str]) -> object:
        moments.append(centre.timeline.now)
        return everyone(hosts)

    centre.units.answer = note
    centre.timeline.run_all()

    assert moments[:3] == [1.0, 2.0, 3.0]


def test_second_round() -> None:
    """A start that an internal unit delays is filtered twice; the second answer counts."""
    centre = Centre(2, settings=with_misfortunes(second_round=1.0))
    answers = iter([0, 1])
    centre.units.answer = lambda hosts: {"result_code": 0, "result": [hosts[next(answers)]]}
    vm = centre.started()

    assert [method for method, _, _ in centre.units.asked] == ["runFilters"] * 2
    assert vm.host is centre.hosts[1]
    assert vm.run is not None
    assert len(vm.run.decisions[0].rounds) == 2


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_course(seed: int) -> None:
    """Two runs under one seed write the same audit log, and another seed another one."""

    def course(number: int) -> list[tuple[float, str]]:
        settings = with_delays(create=Jitter(0.05, 1.0, 0.05, 5.0), monitoring=Jitter(0.0, 0.5))
        centre = Centre(4, settings=settings, seed=number)
        chance = random.Random(number)
        for name in range(12):
            centre.engine.start_vm(centre.vm(f"vm{name}", chance.choice([T4_1Q, FULL_SIZE])).id)
        centre.timeline.run_all()
        return [(event.time, event.description) for event in centre.engine.audit.events]

    assert course(seed) == course(seed)
    assert course(seed) != course(seed + 10)
