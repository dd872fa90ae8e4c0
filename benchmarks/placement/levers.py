"""What no weight can give, measured beside the weights: the card chosen too, cards drained, and the bound.

    python -m benchmarks.placement.levers --grid frozen --json levers.json

Replays the cases of a grid by rules that no policy unit can follow, and prints GPU-weighted acceptance and
the paired difference to GPU packing (host choice only), in points:

- `packing`, `fragmentation`, `fragmentation-ages`: the host chosen, VDSM takes its first card (`replay.py`);
- `packing-card`, `fragmentation-card`: the card chosen too (`card_choice.py`);
- `clairvoyant`, `clairvoyant-card`: the same two ways for one who knows when every VM will end;
- `drain`: packing, and one card emptied by migration where a start would be refused (`draining.py`);
- `pool`: as if migration were free and everything was packed anew at every start;
- `bound`: nothing can exceed it (`bound.linear`); what lies between is the gap.

The JSON has the judge's `seeds`, `arrivals`, `baseline`, `seconds`, `policies`, `cases`, `runs` (with `gpu`
and `moves`, the VMs moved for 100 arrivals) and `groups`; see the package's docstring.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np

from benchmarks.placement.judging import bound
from benchmarks.placement.judging.options import add_replay_options
from benchmarks.placement.judging.policies import POLICIES
from benchmarks.placement.judging.progress import Progress
from benchmarks.placement.judging.report import Row
from benchmarks.placement.judging.run import WARMUP, edges, setting
from benchmarks.placement.judging.statistics import estimate
from benchmarks.placement.replaying import card_choice, draining
from benchmarks.placement.replaying.replay import replay
from benchmarks.placement.replaying.rules import PACKING
from benchmarks.placement.replaying.state import NOWHERE, Demand, Fleet, Whole
from benchmarks.placement.replaying.weighing import CLAIRVOYANT, FRAGMENTATION
from benchmarks.placement.workload import fleets
from benchmarks.placement.workload.demand import Case, demand_of, mix_of
from benchmarks.placement.workload.grids import GRIDS

BASELINE = "packing"
SEEDS = 8
TITLES = {
    "packing": "GPU packing, the host chosen",
    "fragmentation": "MdevFragmentation, the host chosen",
    "fragmentation-ages": "MdevFragmentation with ages, the host chosen",
    "clairvoyant": "greedy, knows when VMs will end, the host chosen",
    "packing-card": "GPU packing, the card chosen",
    "fragmentation-card": "MdevFragmentation, the card chosen",
    "clairvoyant-card": "greedy, knows when VMs will end, the card chosen",
    "drain": "GPU packing, and one card drained where a start would be refused",
    "pool": "as if migration were free",
    "bound": "bound: nothing exceeds it",
}
_CARD_RULES = {"packing-card": PACKING, "fragmentation-card": FRAGMENTATION, "clairvoyant-card": CLAIRVOYANT}


@dataclass(frozen=True, slots=True)
class Job:
    """One case under one seed."""

    case: Case
    seed: int
    arrivals: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What one way comes to in one job."""

    gpu: float
    """GPU-weighted acceptance, %."""
    moves: float = 0.0
    """VMs moved for 100 arrivals."""


def work(job: Job) -> dict[str, Measured]:
    """All ways."""
    fleet = fleets.fleet(job.case.fleet)
    demand = demand_of(job.case, fleet, job.arrivals, job.seed)
    return {name: measure(name, job, fleet, demand) for name in TITLES}


def measure(name: str, job: Job, fleet: Fleet, demand: Demand) -> Measured:
    """One way, in the job's case."""
    warmup = int(job.arrivals * WARMUP)
    if name == "bound":
        return Measured(bound.linear(fleet, demand, warmup))
    if name == "drain":
        started, moves = draining.replay_draining(fleet, demand)
        return Measured(_gpu(fleet, demand, started, warmup), 100 * moves / job.arrivals)
    if name == "pool":
        started = draining.replay_pool(fleet, demand)
    elif name in _CARD_RULES:
        started = card_choice.replay(_CARD_RULES[name], fleet, demand)
    else:
        told = setting(POLICIES[name], mix_of(fleet, job.case.mix), job.case, job.seed, job.arrivals)
        started = replay(fleet, demand, told, edges(job.case)).host
    return Measured(_gpu(fleet, demand, started, warmup))


def _gpu(fleet: Fleet, demand: Demand, started: Whole, warmup: int) -> float:
    return bound.accepted(fleet, demand, (started != NOWHERE).astype(np.float64), warmup)


def measured(
    jobs: Sequence[Job], workers: int, progress: Callable[[int, int], None]
) -> dict[tuple[str, str], list[Measured]]:
    """By case and way, one figure for each seed in the order of the jobs."""
    found: dict[tuple[str, str], list[Measured]] = {}
    for done, (job, ways) in enumerate(zip(jobs, _results(jobs, workers), strict=True), 1):
        for name, figure in ways.items():
            found.setdefault((job.case.name, name), []).append(figure)
        progress(done, len(jobs))
    return found


def _results(jobs: Sequence[Job], workers: int) -> Iterable[dict[str, Measured]]:
    if workers == 1:
        yield from map(work, jobs)
        return
    work(Job(jobs[0].case, 0, 60))  # compiled once, before the processes part
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(work, jobs)


def document(cases: Sequence[Case], found: dict[tuple[str, str], list[Measured]]) -> Row:
    """The figures, and their comparisons to packing by group."""
    runs = [
        {
            "case": case.name,
            "policy": name,
            "gpu": [round(m.gpu, 4) for m in found[case.name, name]],
            "moves": [round(m.moves, 4) for m in found[case.name, name]],
        }
        for case, name in product(cases, TITLES)
    ]
    return {
        "policies": [{"name": name, "title": title} for name, title in TITLES.items()],
        "cases": [asdict(case) | {"name": case.name} for case in cases],
        "runs": runs,
        "groups": list(_groups(cases, found)),
    }


def _groups(cases: Sequence[Case], found: dict[tuple[str, str], list[Measured]]) -> Iterable[Row]:
    for by in ("all", "fleet", "lifetimes", "load", "pairs"):
        values = [""] if by == "all" else list(dict.fromkeys(str(getattr(case, by)) for case in cases))
        for value, name in product(values, TITLES):
            chosen = [case for case in cases if by == "all" or str(getattr(case, by)) == value]
            yield {"policy": name, "by": by, "value": value} | _group(chosen, name, found)


def _group(cases: Sequence[Case], name: str, found: dict[tuple[str, str], list[Measured]]) -> Row:
    gpu = np.array([[m.gpu for m in found[case.name, name]] for case in cases])
    base = np.array([[m.gpu for m in found[case.name, BASELINE]] for case in cases])
    gain = estimate((gpu - base).mean(axis=0))
    moves = np.mean([m.moves for case in cases for m in found[case.name, name]])
    return {
        "cases": len(cases),
        "gpu": float(gpu.mean()),
        "moves": float(moves),
        "difference": gain.mean,
        "low": gain.low,
        "high": gain.high,
    }


def table(report: Row) -> str:
    """For people: all cases, then the difference by fleet and by lifetimes."""
    groups = report["groups"]
    columns = list(
        dict.fromkeys((group["by"], group["value"]) for group in groups if group["by"] in ("fleet", "lifetimes"))
    )
    heads = "".join(f"{value:>8}" for _, value in columns)
    lines = [f"{'':20}{'GPU %':>7}{'- packing':>11}{'95 %':>18}{'moves/100':>11}{heads}"]
    for name in TITLES:
        own = {(group["by"], group["value"]): group for group in groups if group["policy"] == name}
        whole = own["all", ""]
        interval = f"{whole['low']:+.3f}..{whole['high']:+.3f}"
        parts = "".join(f"{own[column]['difference']:+8.2f}" for column in columns)
        lines.append(
            f"{name:20}{whole['gpu']:7.2f}{whole['difference']:+11.3f}{interval:>18}{whole['moves']:11.2f}{parts}"
        )
    return "\n".join(lines)


def gap(report: Row) -> str:
    """For people: how far MdevFragmentation is from what could be."""
    whole = {group["policy"]: group["gpu"] for group in report["groups"] if group["by"] == "all"}
    away = {name: whole[name] - whole["fragmentation"] for name in ("clairvoyant", "pool", "bound")}
    return (
        f"MdevFragmentation is {away['bound']:.2f} points below the bound, {away['pool']:.2f} below free "
        f"migration, {away['clairvoyant']:.2f} below who knows when VMs will end and chooses hosts"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures a grid; 0 when it is done."""
    parser = argparse.ArgumentParser(prog="levers", description="What no weight can give.")
    parser.add_argument("--grid", choices=GRIDS, default="quick")
    add_replay_options(parser, SEEDS)
    options = parser.parse_args(arguments)
    grid, began = GRIDS[options.grid], time.monotonic()
    seeds = grid.seeds[: max(1, options.seeds)]
    jobs = [Job(case, seed, options.arrivals) for case, seed in product(grid.cases, seeds)]
    found = measured(jobs, options.workers, Progress(options.grid))
    report: Row = {
        "schema": 1,
        "grid": options.grid,
        "seeds": list(seeds),
        "arrivals": options.arrivals,
        "baseline": BASELINE,
        "seconds": round(time.monotonic() - began, 1),
        **document(grid.cases, found),
    }
    print(f"{options.grid}: {len(grid.cases)} cases, {len(seeds)} seeds, {report['seconds']:.0f} s")
    print(table(report))
    print(gap(report))
    if options.json:
        options.json.write_text(json.dumps(report, separators=(",", ":")) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
