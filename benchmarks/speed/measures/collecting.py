"""The collector at 1,000 hosts, and what decisions notice of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.speed import rows
from benchmarks.speed.measures.engine_endpoint import Vms
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.stage import processes
from benchmarks.speed.stage.engine_calls import EngineEndpoint, Starts
from benchmarks.speed.stage.fleet import Fleet
from benchmarks.speed.stage.processes import Engine, Service, Vdsms
from benchmarks.speed.timing import Stats, in_turns
from simulation.vdsm.pki import Authority

HOSTS = 1000
INTERVAL_S = 60
CORE, SLOWED = Bound(20), Bound(1.2)
THREADS = Bound(64)
"""Sixteen for decisions, the collector's own few, and those that wait for the engine."""
OPTIONS = """
[engine]
engine_events = no
[log]
level = warning
"""
"""As production runs it: every host each minute, the engine's events, lists and copies besides."""


@contextmanager
def collected(fleet: Fleet, folder: Path, age_s: float = 1.0) -> Iterator[tuple[Engine, Service, Vdsms]]:
    """A service whose collector has every host of the fleet to ask, and the engine beside it."""
    folder.mkdir()
    authority = Authority(folder / "pki")
    with (
        processes.vdsms(fleet, folder, authority) as vdsms,
        processes.engine(fleet, folder, vdsms.ports) as engine,
        processes.service(
            fleet, folder, engine.url, OPTIONS, ports=vdsms.ports, age_s=age_s, authority=authority
        ) as service,
    ):
        yield engine, service, vdsms


def measure(folder: Path, effort: float) -> Section:
    """Its share of a core over a whole interval, and decisions beside it and without it in turns."""
    section = Section("collector", f"The collector: 1,000 hosts every {INTERVAL_S} s over TLS")
    fleet = Fleet("cards", HOSTS)
    with collected(fleet, folder / "busy") as (engine, service, _):
        began, used, threads = time.monotonic(), service.cpu_s, 0
        while time.monotonic() < began + max(10.0, INTERVAL_S * min(1.0, effort)):
            threads = max(threads, service.threads)
            time.sleep(0.5)
        share = 100 * (service.cpu_s - used) / (time.monotonic() - began)
        asked = engine.tell("count")
        section.rows += [
            Row("share of a core, no decisions meanwhile", rows.one(share), "%", bound=CORE),
            Row("threads of the service, at most", rows.one(threads), "", bound=THREADS),
            Row("memory of the service (RSS)", rows.one(service.rss_mib), "MiB"),
            Row("requests to the engine meanwhile", rows.one(sum(asked.values())), ""),
        ]
        _beside(section, folder / "calm", fleet, engine, service, int(300 * effort))
    return section


def _beside(section: Section, folder: Path, fleet: Fleet, engine: Engine, service: Service, rounds: int) -> None:
    """Starts through the engine endpoint, in turns with a service that collects nothing."""
    folder.mkdir()
    with processes.engine(fleet, folder) as other, processes.service(fleet, folder, other.url) as calm:
        works = {}
        for name, (an_engine, a_service) in {"busy": (engine, service), "calm": (other, calm)}.items():
            starts = Starts(EngineEndpoint(a_service.xmlrpc), an_engine, fleet.host_ids)
            works[name] = _start(starts, Vms(fleet, an_engine))
        samples = {name: Stats.of(taken) for name, taken in in_turns(works, rounds, 3).items()}
    row = Row("start, 1,000 hosts, while it collects", samples["busy"])
    section.rows.append(rows.against(row, "without collecting", samples["calm"], SLOWED))


def _start(starts: Starts, next_vm: Vms) -> Callable[[], float]:
    return lambda: starts.start(next_vm())
