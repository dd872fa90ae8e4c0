"""How soon a service that starts gives its first right answer, and what it takes of memory and disk."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.speed import rows
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.stage import processes
from benchmarks.speed.stage.engine_calls import EngineEndpoint, Starts
from benchmarks.speed.stage.fleet import Fleet
from benchmarks.speed.stage.processes import Engine
from benchmarks.speed.timing import Stats
from simulation.vdsm.pki import Authority

HOSTS = 1000
BOUND = Bound(1000)
MORE_STARTS = 5


def measure(folder: Path, effort: float) -> Section:
    """Both shapes of host."""
    section = Section("start", "A service starts with 1,000 hosts in its store")
    for shape in ("cards", "functions"):
        _measure(section, folder / shape, Fleet(shape, HOSTS), max(2, int(5 * effort)))
    return section


@dataclass(slots=True)
class Lives:
    """What came of several starts of the service; times in milliseconds from its call."""

    answered: list[float] = field(default_factory=list)
    """To the first answer."""
    started: list[float] = field(default_factory=list)
    """To the first whole start, filter and weights."""
    memory: list[float] = field(default_factory=list)
    """In MiB, after some more of them."""


def _measure(section: Section, folder: Path, fleet: Fleet, rounds: int) -> None:
    folder.mkdir()
    lives, authority = Lives(), Authority(folder / "pki")
    with processes.engine(fleet, folder) as engine:
        # Filling the store is not part of it; a start finds the one that the last life left, and its modules
        # compiled, as an installation has them.
        (folder / "state").mkdir()
        fleet.fill(folder / "state" / "state.sqlite", time.time())
        with processes.service(fleet, folder, engine.url, fill=False, authority=authority):
            pass
        for number in range(rounds):
            _live(lives, folder, fleet, engine, authority, number)
    size = sum(file.stat().st_size for file in (folder / "state").glob("state.sqlite*"))
    what = f"{fleet.count:,} hosts x {fleet.shape.text}"
    section.rows += [
        Row(f"{what}: from its call to the first answer", Stats.of(lives.answered), bound=BOUND),
        Row(f"{what}: to the first whole start, filter and weights", Stats.of(lives.started)),
        Row(f"{what}: memory (RSS)", Stats.of(lives.memory), "MiB"),
        Row(f"{what}: state file", rows.one(size / 2**20), "MiB"),
    ]


def _live(lives: Lives, folder: Path, fleet: Fleet, engine: Engine, authority: Authority, number: int) -> None:
    """One life of the service, from its call."""
    began = time.perf_counter()
    with processes.service(fleet, folder, engine.url, fill=False, authority=authority) as service:
        starts = Starts(EngineEndpoint(service.xmlrpc), engine, fleet.host_ids)
        starts.filter(fleet.vm_id(number))
        lives.answered.append((time.perf_counter() - began) * 1000)
        starts.start(fleet.vm_id(number))
        lives.started.append((time.perf_counter() - began) * 1000)
        for more in range(MORE_STARTS):
            starts.start(fleet.vm_id(100 + number * 10 + more))
        lives.memory.append(service.rss_mib)
