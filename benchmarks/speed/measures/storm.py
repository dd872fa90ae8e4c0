"""A boot storm: 1,000 starts, one after the other, through the engine endpoint, while the collector runs."""

import time
from pathlib import Path

from benchmarks.speed import rows
from benchmarks.speed.measures.collecting import collected
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.stage.engine_calls import EngineEndpoint, Starts
from benchmarks.speed.stage.fleet import Fleet
from benchmarks.speed.timing import Stats, percentile

HOSTS, STARTS = 1000, 1000
FULL = 900
AGED_S = 30.0
PER_SECOND, P99 = Bound(80, at_least=True), Bound(50)
"""Starts, and the milliseconds that all but one in a hundred of them keep to."""


def measure(folder: Path, effort: float) -> Section:
    """With room everywhere, and with nine of ten hosts full."""
    section = Section("storm", "A boot storm: starts one after the other, the collector running")
    starts = max(20, int(STARTS * min(1.0, effort)))
    _measure(section, folder / "room", Fleet("cards", HOSTS), starts, 1.0, "half full")
    text = f"{FULL} of them full, inventories {AGED_S:.0f} s old at first"
    _measure(section, folder / "full", Fleet("cards", HOSTS, FULL), starts, AGED_S, text)
    return section


def _measure(section: Section, folder: Path, fleet: Fleet, count: int, age_s: float, text: str) -> None:
    with collected(fleet, folder, age_s) as (engine, service, vdsms):
        number = {host_id: n for n, host_id in enumerate(fleet.host_ids)}
        starts = Starts(
            EngineEndpoint(service.xmlrpc), engine, fleet.host_ids, lambda host_id: vdsms.start_vm(number[host_id])
        )
        starts.start(fleet.vm_id(count))
        began = time.perf_counter()
        samples = [starts.start(fleet.vm_id(number)) for number in range(count)]
        took = time.perf_counter() - began
    what = f"{count:,} starts, 1,000 hosts, {text}"
    decided = sum(samples) / 1000
    section.rows += [
        Row(what, Stats.of(samples), note=starts.note),
        Row(f"{what}: p99", rows.one(percentile(samples, 99)), bound=P99),
        Row(
            f"{what}: starts per second",
            rows.one(count / decided),
            "",
            bound=PER_SECOND,
            note=f"{count / took:.0f} with the benchmark's own part of the engine's work between them",
        ),
    ]
