"""What the weights are told in a decision: the cluster's mix, its properties, starts in flight, ages."""

from dataclasses import replace
from pathlib import Path

import pytest

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.store import Store
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.demand.ages import BINS, EDGES, Lives, Tables
from scheduler_plugins.units.context import Context
from scheduler_plugins.units.parameters import AGES, BadPropertyError, Parameter
from scheduler_plugins.units.registry import WEIGHTS
from tests.scheduler_plugins.fleet import VMS, A, B, Fleet
from tests.scheduler_plugins.world import CLUSTER, NOW, OTHER_CLUSTER, PLAIN, TYPE, observation, vm

LIVES = Lives(Tables({TYPE: [9.0] * BINS}, {TYPE: [9.0] * BINS}))


class Listening:
    """A weight that remembers what it was told, and likes the last host best."""

    name = "Listening"
    description = "Listens"
    parameters: tuple[Parameter, ...] = (AGES,)
    properties = ""
    with_request = True

    def __init__(self) -> None:
        """Nothing was told yet."""
        self.told: list[Context] = []

    def cache_key(self, context: Context) -> object:
        """Something else each time."""
        del context
        return object()

    def weigh(self, request: Request, host: HostView, context: Context) -> int:
        """The fewer hosts were weighed before, the worse."""
        self.told.append(context)
        return 1000 - len(self.told) % 1000


@pytest.fixture
def fleet() -> Fleet:
    """Two hosts with room."""
    return Fleet(2, 2)


def listening(fleet: Fleet) -> tuple[Scheduler, Listening]:
    """A scheduler whose only weight listens."""
    unit = Listening()
    return Scheduler(fleet, fleet, fleet.clock, weights={unit.name: unit}, lives=lambda: LIVES), unit


def test_one_context_for_all_hosts(fleet: Fleet) -> None:
    """All hosts of a decision are weighed by one context: the cluster's mix, settings, ages and the time."""
    scheduler, unit = listening(fleet)
    for number, cluster in enumerate([CLUSTER, CLUSTER, OTHER_CLUSTER]):
        fleet.vms[str(number)] = KnownVm(str(number), "", ("other",), NOW, (), cluster)
    scheduler.filter("MdevFilter", VMS[0], [A, B], {})
    scheduler.weigh("Listening", VMS[0], [A, B], {AGES.key: "no", "HighUtilization": "80"})
    first, second = unit.told

    assert first is second
    assert {"other": 2, TYPE: 1} == first.mix.counts
    assert not first.settings.ages
    assert (LIVES, NOW) == (first.lives, first.now)


def test_a_bad_property(fleet: Fleet) -> None:
    """A property that is not understood costs its unit's weights; the filter and other units go on."""
    bad = {AGES.key: "maybe"}
    assert (A, B) == fleet.scheduler.filter("MdevFilter", VMS[0], [A, B], bad).fitting
    with pytest.raises(BadPropertyError, match="MdevFragmentationAges is 'maybe', not yes or no; set it in"):
        fleet.scheduler.weigh("MdevFragmentation", VMS[0], [A, B], bad)

    assert 2 == len(fleet.scheduler.weigh("MdevConsolidate", VMS[0], [A, B], bad))


def test_who_only_asks_gets_the_clusters_own_properties(fleet: Fleet) -> None:
    """`explain` weighs by the properties that the cluster was last seen to have."""
    scheduler, unit = listening(fleet)
    scheduler.explain(VMS[0])
    scheduler.filter("MdevFilter", VMS[0], [A, B], {})
    scheduler.weigh("Listening", VMS[0], [A, B], {AGES.key: "no"})
    scheduler.explain(VMS[0])

    assert [True, True, False, False, False, False] == [context.settings.ages for context in unit.told]


def test_the_best_host_is_chosen_by_what_the_cluster_uses() -> None:
    """Where no host keeps room, the one that the cluster's own weights like best is answered."""
    fleet = Fleet(1, 1)
    scheduler, _ = listening(fleet)
    assert (B,) == scheduler.filter("MdevFilter", VMS[0], [A, B], {}).fitting


def test_starts_in_flight_are_taken_where_they_were_liked_best(fleet: Fleet) -> None:
    """A start in flight is weighed as taken where the weights liked it best."""
    weigh = fleet.scheduler.weigh
    fleet.scheduler.filter("MdevFilter", VMS[0], [A, B], {})
    alone = dict(weigh("MdevFragmentation", VMS[0], [A, B], {}))
    fleet.scheduler.filter("MdevFilter", VMS[1], [A, B], {})
    beside = dict(weigh("MdevFragmentation", VMS[1], [A, B], {}))

    assert alone[A] == alone[B]
    assert beside[A] < beside[B] == alone[B]


@pytest.mark.parametrize("unit", WEIGHTS)
@pytest.mark.parametrize("name", [VMS[0], PLAIN], ids=["with a request", "without"])
def test_every_host_asked_about_has_a_weight(fleet: Fleet, unit: str, name: str) -> None:
    """Every host asked about has a weight, in the order asked; one never seen is worst where it matters."""
    unknown = "c0000000-0000-4000-8000-000000000000"
    fleet.engine_vms.append(vm(PLAIN, "plain", None))
    del fleet.observations[B]
    weights = fleet.scheduler.weigh(unit, name, [unknown, B, A], {})

    assert [unknown, B, A] == [host for host, _ in weights]
    assert all(type(weight) is int and 0 <= weight <= 1000 for _, weight in weights)
    assert {weights[0][1], weights[1][1]} == {1000 if WEIGHTS[unit].with_request is (name != PLAIN) else 0}


@pytest.mark.parametrize("unit", WEIGHTS)
def test_the_order_asked_changes_no_weight(unit: str) -> None:
    """Hosts asked about in another order, or alone, weigh the same."""
    fleet = Fleet(1, 2, 0)
    ids = list(fleet.observations)
    together = dict(fleet.scheduler.weigh(unit, VMS[0], ids, {}))

    assert together == dict(fleet.scheduler.weigh(unit, VMS[0], ids[::-1], {}))
    assert together == {i: fleet.scheduler.weigh(unit, VMS[0], [i], {})[0][1] for i in ids}


def test_explain_shows_the_weights_that_are_for_such_vms(fleet: Fleet) -> None:
    """`explain` shows MdevReserve for a VM without a request, the other weights for one with."""
    fleet.engine_vms.append(replace(vm(PLAIN, "plain", None)))

    assert ["MdevReserve"] == list(fleet.scheduler.explain(PLAIN).weights_of(A))
    assert "MdevReserve" not in fleet.scheduler.explain(VMS[0]).weights_of(A)


def test_weights_that_are_kept_are_those_of_the_hosts_as_they_are(fleet: Fleet) -> None:
    """Weights are worked out anew for a host that shows something else, and for no other."""
    inventories = Inventories(Store(Path(), in_memory=True))
    inventories.set_hosts(fleet.host_list)
    scheduler = Scheduler(fleet, inventories, fleet.clock)
    told = []
    for number, free in enumerate([2, 1, 2]):
        seen = observation(A, free, tuple(f"u{n}" for n in range(2 - free)))
        inventories.put(replace(seen, requested_at=NOW + number, received_at=NOW + number))
        told.append(dict(scheduler.weigh("MdevConsolidate", VMS[0], [A, B], {})))

    assert [(999, 1000), (0, 1000), (999, 1000)] == [(weights[A], weights[B]) for weights in told]


def test_kept_weights_follow_time_and_properties(fleet: Fleet) -> None:
    """Weights are worked out anew when neighbours have aged, and when a property is another one."""
    kept = Inventories(Store(Path(), in_memory=True))
    kept.set_hosts(fleet.host_list)
    kept.put(observation(A, 1, ("u0",)))
    tables = Tables({TYPE: [float(number == 20) * 99 for number in range(BINS)]}, {TYPE: [float(10**5)] * BINS})
    lives = Lives(tables, since_by_uuid={"u0": NOW})

    scheduler = Scheduler(fleet, kept, fleet.clock, lives=lambda: lives)
    told, questions = [], [({}, 0.0), ({AGES.key: "no"}, 0.0), ({}, 0.0), ({}, EDGES[20])]
    for properties, later in questions:
        fleet.now = NOW + later
        told.append(dict(scheduler.weigh("MdevFragmentation", VMS[0], [A, B], properties))[A])
    young, ageless, again, old = told

    assert young == again
    assert 3 == len({young, ageless, old})
