"""The service's clock cannot be set: steps of the machine's clock change no order and no age."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdev_inventory
import scheduler_plugins
from mdev_inventory.store.clock import ServiceClock, boot_id, clock_of, since_boot
from mdev_inventory.store.store import Store

NOW = 1_700_000_000.0
DAY_S = 86_400.0
STEPS = st.lists(st.tuples(st.floats(0, DAY_S), st.floats(-365 * DAY_S, 365 * DAY_S)), max_size=20)
"""Seconds that pass, and how far the machine's clock is set then."""


@dataclass
class Machine:
    """A machine whose clock somebody sets."""

    uptime: float = 1000.0
    step: float = 0.0
    boot: str = "first"

    def wall(self) -> float:
        """Its clock."""
        return NOW + self.uptime + self.step

    def clock(self, store: Store) -> ServiceClock:
        """That of a service that starts now."""
        return clock_of(store, self.wall, lambda: self.uptime, lambda: self.boot)


@pytest.fixture
def memory() -> Iterator[Store]:
    """A state file that is gone afterwards."""
    store = Store(Path(), in_memory=True)
    yield store
    store.close()


@given(steps=STEPS, restarts=st.sets(st.integers(0, 19)))
def test_it_runs_as_time_does(steps: list[tuple[float, float]], restarts: set[int]) -> None:
    """However the machine's clock is set, and whenever the service is started again meanwhile."""
    machine, store = Machine(), Store(Path(), in_memory=True)
    clock = machine.clock(store)
    began = clock()
    for number, (passes, step) in enumerate(steps):
        before = clock()
        machine.uptime += passes
        machine.step += step
        if number in restarts:
            clock = machine.clock(store)
        assert clock() == before + passes or abs(clock() - before - passes) < 1e-5
    store.close()

    assert abs(clock() - began - sum(passes for passes, _ in steps)) < 1e-3


def test_it_begins_with_the_machines(memory: Store) -> None:
    """Times of a state file that an earlier version wrote go by the machine's clock, and stay as they are."""
    machine = Machine()

    assert machine.wall() == machine.clock(memory)()


@pytest.mark.parametrize("boot", ["second", ""])
def test_over_a_boot_only_the_machines_clock_can_tell(memory: Store, boot: str) -> None:
    """Also where the kernel does not tell which boot it is."""
    machine = Machine()
    machine.clock(memory)
    machine.uptime, machine.boot, machine.step = 10.0, boot, 5000.0

    assert machine.wall() == machine.clock(memory)()


def test_people_are_shown_the_machines_time(memory: Store) -> None:
    """What happened a minute ago is shown as a minute ago by the clock that they look at; and back."""
    machine = Machine()
    clock = machine.clock(memory)
    happened = clock()
    machine.uptime += 60
    machine.step = -3600.0

    assert machine.wall() - 60 == clock.to_wall(happened)
    assert happened == clock.of_wall(machine.wall() - 60)


def test_this_machines() -> None:
    """The kernel counts, and has a name for this boot."""
    first = since_boot()

    assert 0 < first <= since_boot()
    assert 36 == len(boot_id())


WALL = {
    "mdev_inventory/store/clock.py": "compares it with the service's",
    "mdev_inventory/hook/sysfs.py": "on the host, for people",
    "mdev_inventory/tls/causes.py": "certificates go by it",
    "scheduler_plugins/decisions/scheduler.py": "the default of tests; the service gives its own",
    "scheduler_plugins/doctor/gather/__init__.py": "no service runs",
    "scheduler_plugins/doctor/gather/machine.py": "certificates go by it",
    "scheduler_plugins/proxy/mdev_units.py": "another process, for people",
    "scheduler_plugins/service/events/portal.py": "the default of tests; the service gives its own",
    "scheduler_plugins/service/life.py": "hands it to the service's own clock",
}
"""Who may read the clock that can be set, and why."""
READS_IT = {"time", "time_ns", "gmtime", "localtime", "now", "utcnow", "today"}


def test_nobody_else_reads_the_clock_that_can_be_set() -> None:
    """Whoever reads it anew compares it, sooner or later, with times of the service's own clock."""
    found = set()
    for package in (mdev_inventory, scheduler_plugins):
        root = Path(package.__path__[0])
        for file in root.rglob("*.py"):
            if any(map(_reads_the_wall, ast.walk(ast.parse(file.read_text())))):
                found.add(str(file.relative_to(root.parent)))

    assert set(WALL) == found


def _reads_the_wall(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in READS_IT
        and isinstance(node.value, ast.Name)
        and node.value.id in ("time", "datetime", "date")
    )
