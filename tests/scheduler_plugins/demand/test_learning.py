"""How lifetimes are learnt from the engine's lists and events, and survive the service."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import exp, isclose

import pytest

from mdev_inventory.collector.event_watch import Happened, VmChange
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Vm
from mdev_inventory.store.file import StoreError
from scheduler_plugins.demand.ages import BINS, EDGES, Lives
from scheduler_plugins.demand.learning import Learning
from scheduler_plugins.demand.life_rows import from_rows

TYPE, OTHER = "nvidia-231", "nvidia-222"
HOUR = 3600.0


@dataclass
class World:
    """A clock, the VMs as known, and a store."""

    now: float = 1_000_000.0
    vms: dict[str, KnownVm] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    error: StoreError | None = None

    def lifetimes(self) -> Mapping[str, str]:
        """What was written."""
        return dict(self.rows)

    def save_lifetimes(self, put: Mapping[str, str], gone: Iterable[str]) -> None:
        """Written."""
        if self.error:
            raise self.error
        self.rows.update(put)
        for key in gone:
            del self.rows[key]

    def learning(self) -> Learning:
        """A service that starts now."""
        return Learning(self, lambda: self.vms, lambda: self.now)

    def know(self, vm_id: str, *types: str) -> None:
        """The engine showed that VM's request."""
        self.vms[vm_id] = KnownVm(vm_id, vm_id, types, self.now)

    def event(self, learning: Learning, vm_id: str, change: VmChange) -> None:
        """Something happened to a VM."""
        learning.happened(Happened(vm_id, change, frozenset(), self.now))

    def listed(self, learning: Learning, **started_at: float | None) -> None:
        """The engine lists these VMs as running, and one that is down."""
        vms = [Vm(i, i, "up", "c", "h", None, None, started_at=at) for i, at in started_at.items()]
        learning.vms_listed([*vms, Vm("off", "off", "down", "c", None, None, None)], self.now, self.now + 1)

    def counted(self, learning: Learning) -> dict[str, tuple[float, float]]:
        """By type, departures and hours at risk of those that ended."""
        learning.save()
        counted = from_rows(self.rows)[1]
        return {t: (sum(one.departures), round(sum(one.exposure) / HOUR, 6)) for t, one in counted.items()}


@pytest.fixture
def world() -> World:
    """Two VMs with requests, one without."""
    world = World()
    world.know("a", TYPE)
    world.know("b", OTHER, TYPE)
    world.know("plain")
    return world


def test_events_tell_a_life(world: World) -> None:
    """Up to down is a life of the first type asked for; VMs without a request have none."""
    learning = world.learning()
    for vm_id in ("a", "b", "plain", "never-seen"):
        world.event(learning, vm_id, VmChange.UP)
    world.now += HOUR
    for vm_id in ("a", "b", "plain", "never-seen"):
        world.event(learning, vm_id, VmChange.DOWN)

    assert {TYPE: (1, 1.0), OTHER: (1, 1.0)} == world.counted(learning)


@pytest.mark.parametrize("change", [VmChange.STARTED, VmChange.FAILED, VmChange.MIGRATED])
def test_other_events_tell_nothing(world: World, change: VmChange) -> None:
    """A start that fails is no life, a migration no end."""
    learning = world.learning()
    world.event(learning, "a", change)
    world.event(learning, "a", VmChange.UP)
    world.now += HOUR
    world.event(learning, "a", change)
    world.event(learning, "a", VmChange.DOWN)

    assert {TYPE: (1, 1.0)} == world.counted(learning)


def test_lists_tell_what_events_do_not(world: World) -> None:
    """Between two near lists a VM started and ended half-way."""
    learning = world.learning()
    world.listed(learning)
    world.now += 60
    world.listed(learning, a=None)
    world.now += 120
    world.listed(learning)

    assert {TYPE: (1, 90 / HOUR)} == world.counted(learning)


def test_who_ran_before_we_looked_does_not_count(world: World) -> None:
    """Its age is not known."""
    learning = world.learning()
    world.listed(learning, a=None)
    world.now += HOUR
    world.listed(learning)

    assert {} == world.counted(learning)


def test_the_engine_tells_when_a_vm_was_started(world: World) -> None:
    """Its age is known, and counts from when we looked: who ended before then was never seen."""
    learning = world.learning()
    world.listed(learning, a=world.now - 100 * HOUR)
    world.now += HOUR
    world.event(learning, "a", VmChange.DOWN)

    assert {TYPE: (1, 1.0)} == world.counted(learning)
    departures = from_rows(world.rows)[1][TYPE].departures
    assert 100 * HOUR < EDGES[departures.index(1) + 1]


def test_a_restart_between_two_lists(world: World) -> None:
    """The engine tells a later start: that was another life."""
    learning = world.learning()
    world.listed(learning)
    world.listed(learning, a=world.now)
    world.now += HOUR
    world.listed(learning, a=world.now - HOUR / 2)
    world.now += HOUR / 2
    world.event(learning, "a", VmChange.DOWN)

    assert {TYPE: (2, 1.5)} == world.counted(learning)


def test_an_empty_list_ends_nobody(world: World) -> None:
    """A right that was lost looks the same."""
    learning = world.learning()
    world.event(learning, "a", VmChange.UP)
    world.now += HOUR
    learning.vms_listed([], world.now, world.now)
    world.event(learning, "a", VmChange.DOWN)

    assert {TYPE: (1, 1.0)} == world.counted(learning)


def test_a_start_after_the_question_is_no_end(world: World) -> None:
    """The list was asked for before the VM was up."""
    learning = world.learning()
    asked_at = world.now
    world.now += 1
    world.event(learning, "a", VmChange.UP)
    learning.vms_listed([Vm("off", "off", "down", "c", None, None, None)], asked_at, world.now)
    world.now += HOUR
    world.event(learning, "a", VmChange.DOWN)

    assert {TYPE: (1, 1.0)} == world.counted(learning)


def test_a_restart_forgets_nothing(world: World) -> None:
    """Running VMs go on ageing, what ended stays counted, and what ended meanwhile ended half-way."""
    first = world.learning()
    world.listed(first)
    for vm_id in ("a", "b"):
        world.event(first, vm_id, VmChange.UP)
    world.now += HOUR
    world.event(first, "b", VmChange.DOWN)
    world.listed(first, a=None)
    first.save()
    world.now += 2 * HOUR
    second = world.learning()
    world.listed(second)

    assert {TYPE: (1, 2.0), OTHER: (1, 1.0)} == world.counted(second)


def test_a_store_that_fails_is_tried_again(world: World) -> None:
    """Nothing is lost, and what failed is told."""
    learning = world.learning()
    world.event(learning, "a", VmChange.UP)
    world.error = StoreError.__new__(StoreError)
    with pytest.raises(StoreError):
        learning.save()
    world.error = None
    learning.save()

    assert ["vm/a"] == list(world.rows)


@pytest.mark.parametrize(
    "row",
    [
        ("vm/a", "7"),
        ("vm/a", '["t", "x", 1]'),
        ("vm/a", "{"),
        (f"type/{TYPE}", "[[1],[1]]"),
        (f"type/{TYPE}", f"[{[-1.0] * BINS},{[1.0] * BINS}]"),
        (f"type/{TYPE}", f"[{[1.0] * BINS},{['NaN'] * BINS}]"),
        ("listed", '"x"'),
        ("listed", "[" * 100_000),
        ("who", "knows"),
    ],
    ids=lambda row: f"{row[0]} {row[1][:12]}",
)
def test_a_damaged_row_costs_itself_alone(world: World, row: tuple[str, str]) -> None:
    """The others count."""
    world.rows = dict([row]) | {f"type/{OTHER}": f"[{[1.0] * BINS},{[HOUR] * BINS}]"}

    assert (BINS, BINS) == world.counted(world.learning())[OTHER]


def test_what_was_long_ago_fades(world: World) -> None:
    """A type never counts more than 10,000 departures, and what is new weighs more."""
    learning = world.learning()
    for _ in range(10_000):
        world.event(learning, "a", VmChange.UP)
        world.now += HOUR
        world.event(learning, "a", VmChange.DOWN)

    assert {TYPE: (5000, 5000.0)} == world.counted(learning)


def lived(world: World, learning: Learning, lifetimes: Iterable[float]) -> Lives:
    """What is known after VMs of the first type have lived so long, one after the other."""
    for life in lifetimes:
        world.event(learning, "a", VmChange.UP)
        world.now += life
        world.event(learning, "a", VmChange.DOWN)
    learning.save()
    assert learning.lives is not None
    return learning.lives


def test_few_lives_say_nothing(world: World) -> None:
    """Until 20 have ended; they are taken into account within ten minutes."""
    learning = world.learning()

    assert learning.lives is None
    assert not lived(world, learning, [HOUR] * 19).tables.known
    assert lived(world, learning, [HOUR]).tables.known


@pytest.mark.parametrize("neighbours", [0, 1, 3, 7])
def test_memoryless_lives_are_recovered(world: World, neighbours: int) -> None:
    """With exponential lifetimes neighbours' ages do not count, only how many there are."""
    rng = random.Random(4)
    tables = lived(world, world.learning(), (rng.expovariate(1 / HOUR) for _ in range(3000))).tables
    young = tables.extension(TYPE, [(TYPE, 60.0)] * neighbours)
    old = tables.extension(TYPE, [(TYPE, 1.5 * HOUR)] * neighbours)

    assert isclose(tables.mean_s, HOUR, rel_tol=0.06)
    assert isclose(young, old, rel_tol=0.15)
    assert isclose(young, discounted(neighbours), rel_tol=0.1)


def discounted(neighbours: int) -> float:
    """The exact extension: the integral of exp(-t/4) exp(-t) (1 - exp(-t))^n."""
    steps = [n / 1000 for n in range(30_000)]
    return sum(exp(-1.25 * t) * (1 - exp(-t)) ** neighbours for t in steps) / 1000


def test_regular_lives_are_recovered(world: World) -> None:
    """Where all live about an hour, a newcomer outlives an old neighbour by far and a young one hardly."""
    rng = random.Random(5)
    tables = lived(world, world.learning(), (rng.uniform(0.8, 1.2) * HOUR for _ in range(3000))).tables
    beside = [tables.extension(TYPE, [(TYPE, age * HOUR)]) for age in (0.05, 0.4, 0.7, 0.95)]

    assert sorted(beside) == beside
    assert beside[0] < 0.25
    assert beside[-1] > 0.6


def test_a_type_never_seen_follows_all(world: World) -> None:
    """It has the rates of all types together."""
    tables = lived(world, world.learning(), [HOUR] * 100).tables

    assert isclose(tables.extension("x-1", []), tables.extension(TYPE, []), rel_tol=0.1)


def test_ages_by_vm_and_by_instance(world: World) -> None:
    """Since when a VM runs is told by its id and by the UUIDs that its instances may have."""
    learning = world.learning()
    world.vms["a"] = world.vms["a"]._replace(devices=("device-1",))
    world.event(learning, "a", VmChange.UP)
    learning.save()

    assert learning.lives is not None
    assert {"a": world.now} == learning.lives.since_by_vm
    assert world.now == learning.lives.since_by_uuid["device-1"]


def test_lives_are_told_anew_in_time(world: World) -> None:
    """Who runs, every half minute; the rates, every ten minutes."""
    learning = world.learning()
    learning.save()
    first = learning.lives
    world.event(learning, "a", VmChange.UP)
    learning.save()
    assert learning.lives is first
    world.now += 31
    learning.save()
    second = learning.lives
    world.now += 600
    learning.save()

    assert first is not None
    assert second is not None
    assert learning.lives is not None
    assert ["a"] == list(second.since_by_vm)
    assert second.tables is first.tables
    assert learning.lives.tables is not first.tables
