"""The decision alone: no endpoint, and an engine in the same process whose answers cost nothing."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import time

from benchmarks.speed import rows
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.stage.engine_answers import device_id
from benchmarks.speed.stage.fleet import CLUSTER, Fleet
from benchmarks.speed.timing import Stats, in_turns, timed
from mdev_inventory.engine.model import MediatedDevice, Vm
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.store import Store
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.service.process.garbage import collect_seldom

HOSTS = (10, 100, 1000)
SHAPES = {"cards": 40, "functions": 20}
"""Shapes of host, each with its number of rounds."""
MEDIANS = {10: Bound(1), 1000: Bound(5)}
"""In milliseconds by number of hosts, of the usual host (4 cards) while inventories are as they were."""
GROWTH = Bound(HOSTS[-1] / HOSTS[0])
"""Of every shape, fresh inventories or not: no worse than linear."""


class QuietEngine:
    """Shows each VM where it was sent, at once."""

    def __init__(self, type_id: str) -> None:
        """`type_id` is what every VM asks for."""
        self._type_id = type_id
        self.placed: dict[str, str] = {}

    def vms_by_id(
        self,
        vm_ids: Iterable[str],
        timeout_s: float | None = None,  # noqa: ARG002 - no question takes time
        *,
        starting: bool = False,  # noqa: ARG002 - nothing else starts
    ) -> list[Vm]:
        """The VMs asked about."""
        return [self.find_vm(vm_id) for vm_id in vm_ids]

    def devices_of(
        self,
        vm_id: str,
        timeout_s: float | None = None,  # noqa: ARG002 - no question takes time
    ) -> tuple[MediatedDevice, ...]:
        """One instance of the type."""
        return (MediatedDevice(device_id(vm_id), {"mdevType": self._type_id}),)

    def find_vm(
        self,
        name_or_id: str,
        timeout_s: float | None = None,  # noqa: ARG002 - no question takes time
    ) -> Vm:
        """The VM, down until it was sent somewhere."""
        host_id = self.placed.get(name_or_id)
        status = "up" if host_id else "down"
        return Vm(name_or_id, name_or_id, status, CLUSTER, host_id, None, None)


class Decisions:
    """One scheduler over a fleet that lies in a store, as the service has it."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        """Fills the store and loads it."""
        self._fleet, self._number, self._more = fleet, 0, 0
        path = folder / f"{fleet.shape_name}-{fleet.count}.sqlite"
        fleet.fill(path, time())
        self.store = Store(path)
        self._inventories = Inventories(self.store)
        self._engine = QuietEngine(fleet.shape.type_id)
        self._scheduler = Scheduler(self._engine, self._inventories, store=self.store)

    def start(self) -> float:
        """Milliseconds of the filter and the weights of one start, of a new VM each time."""
        vm_id = self._fleet.vm_id(self._number)
        self._number += 1
        fitting: tuple[str, ...] = ()
        scores: list[tuple[str, int]] = []

        def decide() -> None:
            nonlocal fitting, scores
            fitting = self._scheduler.filter("MdevFilter", vm_id, self._fleet.host_ids, {}).fitting
            scores = self._scheduler.weigh("MdevConsolidate", vm_id, fitting, {})

        took = timed(decide)
        self._engine.placed[vm_id] = min(scores, key=lambda score: score[1])[0]
        return took

    def news(self) -> float:
        """As `start`, after every host has shown something else: nothing that was worked out holds."""
        now, self._more = time(), 1 - self._more
        for number in range(self._fleet.count):
            self._inventories.put(self._fleet.observation(number, now, self._more))
        return self.start()


def measure(folder: Path, effort: float) -> Section:
    """Both shapes of host, by number of hosts."""
    section = Section("decisions", "The decision alone: filter and weights of one start, without endpoints and engine")
    for shape, rounds in SHAPES.items():
        _measure(section, folder, shape, int(rounds * effort))
    return section


def _measure(section: Section, folder: Path, shape: str, rounds: int) -> None:
    worlds = {count: Decisions(Fleet(shape, count), folder) for count in HOSTS}
    collect_seldom()  # as the service does
    warm = in_turns({str(count): world.start for count, world in worlds.items()}, rounds, warm_up=3)
    cold = in_turns({str(count): world.news for count, world in worlds.items()}, max(2, rounds // 8))
    for world in worlds.values():
        world.store.close()
    text = Fleet(shape, 1).shape.text
    _add(section, text, warm, MEDIANS if shape == "cards" else {})
    _add(section, f"{text}, all inventories changed", cold, {})


def _add(section: Section, what: str, samples: Mapping[str, Sequence[float]], bounds: Mapping[int, Bound]) -> None:
    """The figures by number of hosts, and how they grow from the fewest to the most."""
    stats = {count: Stats.of(samples[str(count)]) for count in HOSTS}
    section.curves[what] = list(stats.items())
    section.rows += [Row(f"{count:,} hosts x {what}", stats[count], bound=bounds.get(count)) for count in HOSTS]
    least, most = HOSTS[0], HOSTS[-1]
    growth = Row(f"growth to {most:,} hosts x {what}", stats[most])
    section.rows.append(rows.against(growth, f"{least} hosts", stats[least], GROWTH))
