"""How lifetimes are learnt from the engine's lists and events, and survive the service."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from mdev_inventory.collector.event_watch import Happened, VmChange
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Vm
from mdev_inventory.store.file import StoreError
from scheduler_plugins.demand.ages import EDGES
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

    def __post_init__(self) -> None:
        """The service starts."""
        self.restart()

    def restart(self) -> None:
        """The service starts anew."""
        self.learning = Learning(self, lambda: self.vms, lambda: self.now)

    def know(self, vm_id: str, *types: str) -> None:
        """The engine showed that VM's request."""
        self.vms[vm_id] = KnownVm(vm_id, vm_id, types, self.now)

    def event(self, vm_id: str, change: VmChange) -> None:
        """Something happened to a VM."""
        self.learning.happened(Happened(vm_id, change, frozenset(), self.now))

    def listed(self, **started_at: float | None) -> None:
        """The engine lists these VMs as running, and one that is down."""
        vms = [Vm(i, i, "up", "c", "h", None, None, started_at=at) for i, at in started_at.items()]
        self.learning.vms_listed([*vms, Vm("off", "off", "down", "c", None, None, None)], self.now, self.now + 1)

    def counted(self) -> dict[str, tuple[float, float]]:
        """By type, departures and hours at risk of those that ended."""
        self.learning.save()
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
    for vm_id in ("a", "b", "plain", "never-seen"):
        world.event(vm_id, VmChange.UP)
    world.now += HOUR
    for vm_id in ("a", "b", "plain", "never-seen"):
        world.event(vm_id, VmChange.DOWN)

    assert {TYPE: (1, 1.0), OTHER: (1, 1.0)} == world.counted()


@pytest.mark.parametrize("change", [VmChange.STARTED, VmChange.FAILED, VmChange.MIGRATED])
def test_other_events_tell_nothing(world: World, change: VmChange) -> None:
    """A start that fails is no life, a migration no end."""
    world.event("a", change)
    world.event("a", VmChange.UP)
    world.now += HOUR
    world.event("a", change)
    world.event("a", VmChange.DOWN)

    assert {TYPE: (1, 1.0)} == world.counted()


def test_lists_tell_what_events_do_not(world: World) -> None:
    """A VM that two near lists show to have come or gone did so half-way between them."""
    world.listed()
    world.now += 60
    world.listed(a=None)
    world.now += 120
    world.listed()

    assert {TYPE: (1, 90 / HOUR)} == world.counted()


def test_who_ran_before_we_looked_does_not_count(world: World) -> None:
    """A VM that ran before we looked does not count, as its age is not known."""
    world.listed(a=None)
    world.now += HOUR
    world.listed()

    assert {} == world.counted()


def test_the_engine_tells_when_a_vm_was_started(world: World) -> None:
    """A start that the engine tells gives the age; the VM is at risk only from when we looked."""
    world.listed(a=world.now - 100 * HOUR)
    world.now += HOUR
    world.event("a", VmChange.DOWN)

    assert {TYPE: (1, 1.0)} == world.counted()
    departures = from_rows(world.rows)[1][TYPE].departures
    assert 100 * HOUR < EDGES[departures.index(1) + 1]


def test_the_engine_tells_later_when_a_vm_was_started(world: World) -> None:
    """A VM of unknown age counts from the moment when the engine tells its start."""
    world.listed(a=None)
    world.learning.save()
    world.now += HOUR
    world.listed(a=world.now - 9 * HOUR)
    world.now += HOUR
    world.event("a", VmChange.DOWN)

    assert {TYPE: (1, 1.0)} == world.counted()


def test_a_restart_between_two_lists(world: World) -> None:
    """A later start that the engine tells ends the earlier life and begins another."""
    world.listed()
    world.listed(a=world.now)
    world.now += HOUR
    world.listed(a=world.now - HOUR / 2)
    world.now += HOUR / 2
    world.event("a", VmChange.DOWN)

    assert {TYPE: (2, 1.5)} == world.counted()


def test_an_empty_list_ends_nobody(world: World) -> None:
    """An empty list ends nobody: a right that was lost looks the same."""
    world.event("a", VmChange.UP)
    world.now += HOUR
    world.learning.vms_listed([], world.now, world.now)
    world.event("a", VmChange.DOWN)

    assert {TYPE: (1, 1.0)} == world.counted()


def test_a_start_after_the_question_is_no_end(world: World) -> None:
    """A VM that came up after the list was asked for is not ended by lacking in it."""
    asked_at = world.now
    world.now += 1
    world.event("a", VmChange.UP)
    world.learning.vms_listed([Vm("off", "off", "down", "c", None, None, None)], asked_at, world.now)
    world.now += HOUR
    world.event("a", VmChange.DOWN)

    assert {TYPE: (1, 1.0)} == world.counted()


def test_a_restart_forgets_nothing(world: World) -> None:
    """After a restart VMs go on ageing, what ended stays counted, and what ended meanwhile ended half-way."""
    world.listed()
    world.event("a", VmChange.UP)
    world.event("b", VmChange.UP)
    world.now += HOUR
    world.event("b", VmChange.DOWN)
    world.listed(a=None)
    world.learning.save()
    world.now += 2 * HOUR
    world.restart()
    world.listed()

    assert {TYPE: (1, 2.0), OTHER: (1, 1.0)} == world.counted()


def test_a_store_that_fails_is_tried_again(world: World) -> None:
    """A store that fails is told and tried again, and nothing is lost."""
    world.event("a", VmChange.UP)
    world.error = StoreError.__new__(StoreError)
    with pytest.raises(StoreError):
        world.learning.save()
    world.error = None
    world.learning.save()
    assert ["vm/a"] == list(world.rows)


def test_what_ended_is_known_in_time(world: World) -> None:
    """Nothing is known before the first save, and lives that ended within ten minutes."""
    known = [world.learning.lives]
    world.learning.save()
    for _ in range(20):
        world.event("a", VmChange.UP)
        world.now += HOUR
        world.event("a", VmChange.DOWN)
    known.append(world.learning.lives)
    world.learning.save()
    known.append(world.learning.lives)

    assert [None, False, True] == [lives and lives.tables.known for lives in known]


def test_ages_by_vm_and_by_instance(world: World) -> None:
    """Since when a VM runs is told by its id and by the UUIDs that its instances may have."""
    world.vms["a"] = world.vms["a"]._replace(devices=("device-1",))
    world.event("a", VmChange.UP)
    world.learning.save()

    assert world.learning.lives is not None
    assert {"a": world.now} == world.learning.lives.since_by_vm
    assert world.now == world.learning.lives.since_by_uuid["device-1"]


def test_lives_are_told_anew_in_time(world: World) -> None:
    """Who runs is told anew every half minute, the rates every ten minutes."""
    world.learning.save()
    first = world.learning.lives
    world.event("a", VmChange.UP)
    world.learning.save()
    assert world.learning.lives is first
    world.now += 31
    world.learning.save()
    second = world.learning.lives
    world.now += 600
    world.learning.save()

    assert first is not None
    assert second is not None
    assert world.learning.lives is not None
    assert ["a"] == list(second.since_by_vm)
    assert second.tables is first.tables
    assert world.learning.lives.tables is not first.tables
