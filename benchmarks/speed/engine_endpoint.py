"""The engine endpoint: the filter and the weights of one start, against plugins run as processes."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.speed import naive, processes, rows
from benchmarks.speed.engine_calls import EngineEndpoint, Starts
from benchmarks.speed.fleet import Fleet
from benchmarks.speed.processes import Engine
from benchmarks.speed.proxy import Proxy, at_once
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.timing import Stats, in_turns

AGAINST_TRIVIAL = {10: None, 100: Bound(6, at_least=True), 1000: Bound(2, at_least=True)}
"""By number of hosts."""
AGAINST_NAIVE = {0.0: Bound(50, at_least=True), 0.02: Bound(100, at_least=True)}
POLICIES = (("MdevConsolidate",), ("MdevFragmentation", "MdevReserve"))
"""Weights that a policy has beside MdevFilter."""
VMS = 10
"""A VM starts again after so many others: so many are in flight at most, as inventories never change."""


def measure(folder: Path, effort: float) -> Section:
    """10, 100 and 1,000 hosts against the trivial plugin, 200 against the naive one."""
    section = Section("engine_endpoint", "The engine endpoint: filter and weights of one start")
    for count, bound in AGAINST_TRIVIAL.items():
        here = folder / f"engine-endpoint-trivial-{count}"
        _against_trivial(section, here, Fleet("cards", count), bound, int(60 * effort))
    _against_naive(section, folder / "engine-endpoint-naive", effort)
    return section


def _against_trivial(section: Section, folder: Path, fleet: Fleet, bound: Bound | None, rounds: int) -> None:
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


def _against_naive(section: Section, folder: Path, effort: float) -> None:
    folder.mkdir()
    fleet = Fleet("cards", 200)
    with processes.engine(fleet, folder) as engine, processes.service(fleet, folder, engine.url) as service:
        plugins, next_vm = naive.proxy(folder / "plugins", engine.url), Vms(fleet, engine)
        for delay, bound in AGAINST_NAIVE.items():
            engine.tell("delay", seconds=delay)
            starts, own = Starts(EngineEndpoint(service.xmlrpc), engine, fleet.host_ids), list[float]()
            works: dict[str, Callable[[], float]] = {"ours": partial(_start, starts, next_vm)}
            if plugins:
                naively = partial(naive.start, plugins, fleet.host_ids, fleet.vm_id(0))
                works["naive"] = engine.apart(naively, own)
            rounds = max(2, int((20 if delay == 0 else 3) * effort))
            samples = {name: Stats.of(taken) for name, taken in in_turns(works, rounds).items()}
            what = f"start, 200 hosts, engine at {delay * 1000:.0f} ms a request"
            row = Row(what, samples["ours"], note=starts.note)
            if plugins:
                row = replace(
                    row, note=f"{starts.note}, {statistics.median(own):.0f} ms for the naive plugin"
                )
                row = rows.faster_than(row, "naive plugin", samples["naive"], bound)
            section.rows.append(row)
        _requests(
            section, engine, Starts(EngineEndpoint(service.xmlrpc), engine, fleet.host_ids), next_vm, plugins
        )


def _requests(
    section: Section, engine: Engine, starts: Starts, next_vm: Callable[[], str], plugins: Proxy | None
) -> None:
    """What one start asks the engine, and how often it connects and logs in for that."""
    engine.tell("delay", seconds=0.0)
    engine.tell("count")
    for _ in range(10):
        starts.start(next_vm())
    ours = engine.tell("count")
    filtering = sum(count for kind, count in ours.items() if kind.startswith("GET /vms")) / 10
    # The benchmark's own word to the stub comes on a connection of its own.
    logins = sum(count for kind, count in ours.items() if "token" in kind)
    row = Row(
        "requests to the engine, filter and weights",
        rows.one(filtering),
        "requests",
        bound=Bound(2),
        note=f"{logins} logins in 10 starts; none of the requests for the weights",
    )
    if plugins:
        hosts = starts.hosts
        plugins.run("naive_units", "NaiveFilter", "do_filter", hosts, next_vm())
        told = engine.tell("count")
        naive_requests = sum(count for kind, count in told.items() if kind != "connections")
        row = Row(
            row.what,
            row.figure,
            row.unit,
            f"naive filter alone, {len(hosts)} hosts",
            rows.one(naive_requests),
            None,
            row.bound,
            row.note,
        )
    section.rows.append(row)


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
