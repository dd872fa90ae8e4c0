"""How soon a service that starts gives its first right answer, and what it takes of memory and disk."""

import time
from pathlib import Path

from benchmarks.speed import processes, rows
from benchmarks.speed.engine_calls import EngineEndpoint, Starts
from benchmarks.speed.fleet import Fleet
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.timing import Stats
from simulation.vdsm.pki import Authority

HOSTS = 1000
BOUND_MS = 1000


def measure(folder: Path, effort: float) -> Section:
    """Both shapes of host."""
    section = Section("start", "A service starts with 1,000 hosts in its store")
    for shape in ("cards", "functions"):
        _measure(section, folder / shape, Fleet(shape, HOSTS), max(2, int(5 * effort)))
    return section


def _measure(section: Section, folder: Path, fleet: Fleet, rounds: int) -> None:
    folder.mkdir()
    took, weighed, memory, size = list[float](), list[float](), list[float](), 0
    authority = Authority(folder / "pki")
    with processes.engine(fleet, folder) as engine:
        # Filling the store is not part of it; a start finds the one that the last life left, and its modules
        # compiled, as an installation has them.
        (folder / "state").mkdir()
        fleet.fill(folder / "state" / "state.sqlite", time.time())
        with processes.service(fleet, folder, engine.url, fill=False, authority=authority):
            pass
        for number in range(rounds):
            began = time.perf_counter()
            with processes.service(fleet, folder, engine.url, fill=False, authority=authority) as service:
                starts = Starts(EngineEndpoint(service.xmlrpc), engine, fleet.host_ids)
                starts.filter(fleet.vm_id(number))
                took.append((time.perf_counter() - began) * 1000)
                starts.start(fleet.vm_id(number))
                weighed.append((time.perf_counter() - began) * 1000)
                for more in range(5):
                    starts.start(fleet.vm_id(100 + number * 10 + more))
                memory.append(service.rss_mib)
            size = sum(file.stat().st_size for file in (folder / "state").glob("state.sqlite*"))
    what = f"1,000 hosts x {fleet.shape.text}"
    section.rows += [
        Row(f"{what}: from its call to the first answer", Stats.of(took), bound=Bound(BOUND_MS)),
        Row(f"{what}: to the first whole start, filter and weights", Stats.of(weighed)),
        Row(f"{what}: memory (RSS)", Stats.of(memory), "MiB"),
        Row(f"{what}: state file", rows.one(size / 2**20), "MiB"),
    ]
