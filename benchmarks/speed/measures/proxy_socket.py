"""The proxy socket: a unit run as the proxy runs it, against a plugin that prints its input back."""

import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.speed import rows
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.stage import naive, processes
from benchmarks.speed.stage.fleet import Fleet
from benchmarks.speed.stage.processes import Engine
from benchmarks.speed.stage.proxy import Proxy
from benchmarks.speed.timing import Stats, in_turns

HOSTS = (10, 100, 1000)
BOUND = Bound(1.15)
UNITS = {
    "filter": ("do_filter", ("mdev_units", "MdevFilter"), ("trivial_units", "TrivialFilter")),
    "weights": ("do_score", ("mdev_units", "MdevConsolidate"), ("trivial_units", "TrivialWeight")),
}


def measure(folder: Path, effort: float) -> Section:
    """All sizes; `effort` scales the number of rounds."""
    section = Section("proxy_socket", "The proxy socket: one unit, a new interpreter for each call")
    for count in HOSTS:
        fleet = Fleet("cards", count)
        here = folder / f"proxy-socket-{count}"
        here.mkdir()
        with processes.engine(fleet, here) as engine, processes.service(fleet, here, engine.url) as service:
            where = {"MDEV_SCHEDULER_SOCKET": service.socket}
            proxy = Proxy(here / "plugins", where)
            _measure(section, proxy, engine, fleet, int(60 * effort))
            if sdk := naive.proxy(here / "plugins", engine.url, where):
                _naive(section, sdk, engine, fleet, max(2, int((100 if count < 1000 else 10) * effort / 10)))
    return section


def _measure(section: Section, proxy: Proxy, engine: Engine, fleet: Fleet, rounds: int) -> None:
    vm_id = fleet.vm_id(0)
    works: dict[str, Callable[[], float]] = {}
    own: dict[str, list[float]] = {name: [] for name in UNITS}
    for name, (method, ours, trivial) in UNITS.items():
        works[f"{name} ours"] = engine.apart(partial(_run, proxy, ours, method, fleet, vm_id), own[name])
        works[f"{name} trivial"] = partial(_run, proxy, trivial, method, fleet, vm_id)
    samples = in_turns(works, rounds, warm_up=2)
    for name in UNITS:
        figure, floor = Stats.of(samples[f"{name} ours"]), Stats.of(samples[f"{name} trivial"])
        taken = statistics.median(own[name])
        note = f"without the {taken:.2f} ms that the engine's stub takes itself" if taken else ""
        row = Row(f"{name}, {fleet.count:,} hosts", figure, note=note)
        section.rows.append(rows.against(row, "trivial plugin", floor, BOUND))
        section.curves.setdefault(f"{name}: mdev_units.py", []).append((fleet.count, figure))
        section.curves.setdefault(f"{name}: trivial plugin", []).append((fleet.count, floor))


def _naive(section: Section, proxy: Proxy, engine: Engine, fleet: Fleet, rounds: int) -> None:
    vm_id = fleet.vm_id(0)
    units = {"ours": ("mdev_units", "MdevFilter"), "naive": ("naive_units", "NaiveFilter")}
    own: dict[str, list[float]] = {name: [] for name in units}
    works = {
        name: engine.apart(partial(_run, proxy, unit, "do_filter", fleet, vm_id), own[name])
        for name, unit in units.items()
    }
    samples = {name: Stats.of(taken) for name, taken in in_turns(works, rounds, warm_up=1).items()}
    ours, naively = (statistics.median(own[name]) for name in units)
    note = f"without the {ours:.2f} and {naively:.0f} ms that the engine's stub takes itself"
    row = Row(f"filter, {fleet.count:,} hosts", samples["ours"], note=note)
    section.rows.append(rows.faster_than(row, "naive plugin", samples["naive"]))
    section.curves.setdefault("filter: naive plugin", []).append((fleet.count, samples["naive"]))


def _run(proxy: Proxy, unit: tuple[str, str], method: str, fleet: Fleet, vm_id: str) -> float:
    return proxy.run(*unit, method, fleet.host_ids, vm_id)[1]
