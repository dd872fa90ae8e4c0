"""The engine endpoint: the filter and the weights of one start, against plugins run as processes."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.speed import rows
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.stage import naive, processes
from benchmarks.speed.stage.engine_calls import EngineEndpoint, Starts
from benchmarks.speed.stage.fleet import Fleet
from benchmarks.speed.stage.processes import Engine
from benchmarks.speed.stage.proxy import Proxy, at_once
from benchmarks.speed.timing import Stats, in_turns

AGAINST_TRIVIAL = {100: Bound(6, at_least=True), 1000: Bound(2, at_least=True)}
"""By number of hosts."""
AGAINST_NAIVE = {0.0: Bound(50, at_least=True), 0.02: Bound(100, at_least=True)}
"""By seconds that the engine waits before each answer."""
NAIVE_HOSTS = 200
REQUESTS = Bound(2)
STARTS = 10
"""So many are counted to tell what one asks the engine."""
POLICIES = (("MdevConsolidate",), ("MdevFragmentation", "MdevReserve"))
"""Weights that a policy has beside MdevFilter."""
VMS = 10
"""A VM starts again after so many others: so many are in flight at most, as inventories never change."""


def measure(folder: Path, effort: float) -> Section:
    """100 and 1,000 hosts against the trivial plugin, 200 against the naive one."""
    section = Section("engine_endpoint", "The engine endpoint: filter and weights of one start")
    for count, bound in AGAINST_TRIVIAL.items():
        _against_trivial(section, folder / f"trivial-{count}", Fleet("cards", count), bound, int(60 * effort))
    _against_naive(section, folder / "naive", Fleet("cards", NAIVE_HOSTS), effort)
    return section


def _against_trivial(section: Section, folder: Path, fleet: Fleet, bound: Bound, rounds: int) -> None:
    folder.mkdir()
    with processes.engine(fleet, folder) as engine, processes.service(fleet, folder, engine.url) as service:
        proxy, endpoint = Proxy(folder / "plugins"), EngineEndpoint(service.xmlrpc)
        for weights in POLICIES:
            next_vm = Vms(fleet, engine)
            starts = Starts(endpoint, engine, fleet.host_ids, weights=weights)
            works: dict[str, Callable[[], float]] = {
                "ours": partial(_start, starts, next_vm),
                "trivial": partial(_trivial, proxy, fleet.host_ids, fleet.vm_id(0), len(weights)),
            }
            samples = {name: Stats.of(taken) for name, taken in in_turns(works, rounds, warm_up=2).items()}
            what = f"start, {fleet.count:,} hosts x {fleet.shape.text}, MdevFilter and {', '.join(weights)}"
            row = Row(what, samples["ours"], note=starts.note)
            section.rows.append(rows.faster_than(row, "trivial plugin", samples["trivial"], bound))


def _start(starts: Starts, next_vm: Callable[[], str]) -> float:
    return starts.start(next_vm())


def _against_naive(section: Section, folder: Path, fleet: Fleet, effort: float) -> None:
    folder.mkdir()
    with processes.engine(fleet, folder) as engine, processes.service(fleet, folder, engine.url) as service:
        plugins = naive.proxy(folder / "plugins", engine.url)
        next_vm = Vms(fleet, engine)
        for delay, bound in AGAINST_NAIVE.items():
            engine.tell("delay", seconds=delay)
            rounds = max(2, int((20 if delay == 0 else 3) * effort))
            starts = Starts(EngineEndpoint(service.xmlrpc), engine, fleet.host_ids)
            row = _beside_naive(starts, next_vm, plugins, rounds, bound)
            what = f"start, {fleet.count} hosts, engine at {delay * 1000:.0f} ms a request"
            section.rows.append(replace(row, what=what))
        engine.tell("delay", seconds=0.0)
        starts = Starts(EngineEndpoint(service.xmlrpc), engine, fleet.host_ids)
        section.rows.append(_requests(starts, next_vm, plugins))


def _beside_naive(starts: Starts, next_vm: Callable[[], str], plugins: Proxy | None, rounds: int, bound: Bound) -> Row:
    """Starts of ours in turns with those of the naive plugin, where that can run."""
    works: dict[str, Callable[[], float]] = {"ours": partial(_start, starts, next_vm)}
    own: list[float] = []
    if plugins:
        naively = partial(naive.start, plugins, starts.hosts, next_vm())
        works["naive"] = starts.engine.apart(naively, own)
    samples = {name: Stats.of(taken) for name, taken in in_turns(works, rounds).items()}
    row = Row("", samples["ours"], note=starts.note)
    if not plugins:
        return replace(row, note=f"{starts.note}; {naive.MISSING}")
    row = replace(row, note=f"{starts.note}, {statistics.median(own):.0f} ms for the naive plugin")
    return rows.faster_than(row, "naive plugin", samples["naive"], bound)


def _requests(starts: Starts, next_vm: Callable[[], str], plugins: Proxy | None) -> Row:
    """What one start asks the engine, and how often it logs in for that."""
    starts.engine.tell("count")
    for _ in range(STARTS):
        starts.start(next_vm())
    asked = starts.engine.tell("count")
    filtering = sum(count for kind, count in asked.items() if kind.startswith("GET /vms")) / STARTS
    logins = sum(count for kind, count in asked.items() if "token" in kind)
    row = Row(
        "requests to the engine, filter and weights",
        rows.one(filtering),
        "requests",
        bound=REQUESTS,
        note=f"{logins} logins in {STARTS} starts; none of the requests for the weights",
    )
    if not plugins:
        return row
    plugins.run("naive_units", "NaiveFilter", "do_filter", starts.hosts, next_vm())
    # The benchmark's own word to the stub comes on a connection of its own.
    naively = sum(count for kind, count in starts.engine.tell("count").items() if kind != "connections")
    return replace(row, against=f"naive filter alone, {len(starts.hosts)} hosts", other=rows.one(naively))


class Vms:
    """One VM after the other, each down again when its turn comes once more."""

    def __init__(self, fleet: Fleet, engine: Engine) -> None:
        """None has started."""
        self._fleet, self._engine, self._number = fleet, engine, 0

    def __call__(self) -> str:
        """The next one."""
        self._number += 1
        vm_id = self._fleet.vm_id(self._number % VMS)
        self._engine.tell("forget", vm=vm_id)
        return vm_id


def _trivial(proxy: Proxy, hosts: Sequence[str], vm_id: str, weights: int) -> float:
    """Milliseconds of one start: a process for the filter, then, side by side, one for each weight."""
    filtering = proxy.run("trivial_units", "TrivialFilter", "do_filter", hosts, vm_id)[1]
    weigh = partial(proxy.run, "trivial_units", "TrivialWeight", "do_score", hosts, vm_id)
    return filtering + at_once([weigh] * weights)
