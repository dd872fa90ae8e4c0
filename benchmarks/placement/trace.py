"""Demand from the openb trace, for the judge's replay: a pod list, or the folder of the CSV files.

    python -m benchmarks.placement --trace PATH

What a request asks for becomes the smallest mdev type that holds it: a share of a GPU is rounded up to the
next size of the card's own table, and how much is lost by that is printed. One or two whole GPUs are one or
two instances of the largest type. Left out, and counted: requests without a GPU, and those for more GPUs than
the two instances that the judge knows.

Requests and their lifetimes are drawn together, with replacement, and come at random times, as many as make
the load; so the same trace gives as many paired seeds as wanted, and its mix and its lifetimes stay what they
are. Half of the requests live for nine minutes and a few for months, so the replay starts with those that
would run at any moment: drawn in proportion to their lifetimes, of which a random part is left. Of several
models each is asked for in proportion to its cards. What still ran when the trace ended counts as ending
there. openb is machine learning in containers: no desktops.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.placement.judging.options import add_replay_options
from benchmarks.placement.judging.policies import BASELINE, POLICIES
from benchmarks.placement.judging.report import Results, Row, document
from benchmarks.placement.judging.run import WARMUP, Figures, figures, setting
from benchmarks.placement.judging.tables import show
from benchmarks.placement.replaying.replay import replay
from benchmarks.placement.replaying.state import PAIR, Demand, Fleet, Real, Whole
from benchmarks.placement.workload import fleets, openb
from benchmarks.placement.workload.demand import CPUS, Case
from benchmarks.placement.workload.grids import LADDER_FLEETS, LOADS, REPORTED_SEEDS
from benchmarks.placement.workload.openb import WHOLE, Pod, TraceError
from scheduler_plugins.demand.ages import EDGES

NAME = "trace"
"""Stands for mix and lifetimes in the case's name."""
_WIDTH = 150


@dataclass(frozen=True, slots=True)
class Mapped:
    """A pod list on one card's table."""

    kind: Whole
    """By request that is taken: the class, an index into the table."""
    count: Whole
    """Instances of it."""
    life: Real
    """Seconds."""
    without_gpu: int
    too_many: int
    """Requests for more GPUs than a VM may have instances."""
    waste: float
    """What rounding up adds to the GPU asked for, in %."""


def mapped(pods: Sequence[Pod], table: Sequence[int]) -> Mapped:
    """The requests by the table: how many instances of each class a card holds."""
    taken = [pod for pod in pods if 0 < pod.gpus <= PAIR]
    kind = [ceiling(pod.milli, table) for pod in taken]
    asked = sum(pod.gpus * pod.milli for pod in taken) / WHOLE
    given = sum(pod.gpus / table[k] for pod, k in zip(taken, kind, strict=True))
    return Mapped(
        np.array(kind, np.int64),
        np.array([pod.gpus for pod in taken], np.int64),
        np.array([pod.deleted - pod.created for pod in taken], np.float64),
        sum(pod.gpus == 0 for pod in pods),
        sum(pod.gpus > PAIR for pod in pods),
        100 * (given / asked - 1) if asked else 0.0,
    )


def ceiling(milli: int, table: Sequence[int]) -> int:
    """The class with the smallest instances that hold the share."""
    fitting = [k for k, most in enumerate(table) if most and milli * most <= WHOLE]
    return max(fitting, key=lambda k: table[k])


def demand_of(pods: Sequence[Pod], fleet: Fleet, load: float, arrivals: int, seed: int) -> Demand:
    """VMs drawn from the trace, in seconds, that ask for `load` times the cards there are, on average."""
    rng = np.random.default_rng([seed, int(100 * load), fleet.model.size])
    maps = [mapped(pods, table) for table in fleet.places.tolist()]
    life, most = maps[0].life, fleet.places.max(axis=0)
    busy = float(np.mean([np.mean(m.count / most[m.kind] * m.life) for m in maps]))
    rate = load * fleet.model.size / busy
    running = min(arrivals, round(rate * float(life.mean())))
    residents = rng.choice(life.size, running, p=life / life.sum())
    drawn = np.concatenate([residents, rng.integers(life.size, size=arrivals - running)])
    when = np.concatenate([np.zeros(running), np.cumsum(rng.exponential(1 / rate, arrivals - running))])
    left = np.concatenate([rng.random(running), np.ones(arrivals - running)])
    ends = when + np.maximum(1.0, left * life[drawn])
    model = rng.choice(fleet.model, arrivals)
    kind = np.array([maps[m].kind[i] for m, i in zip(model, drawn, strict=True)], np.int64)
    leaving, cpus = np.argsort(ends, kind="stable").astype(np.int64), rng.choice(CPUS, arrivals)
    return Demand(when, ends, leaving, kind, maps[0].count[drawn], cpus.astype(np.int64))


def mix_of(pods: Sequence[Pod], fleet: Fleet) -> tuple[Real, float]:
    """The share of each class among the trace's requests, and that of requests for two instances."""
    shares = np.zeros(fleet.places.shape[1])
    pairs = 0.0
    for model, table in enumerate(fleet.places.tolist()):
        found, part = mapped(pods, table), float(np.mean(fleet.model == model))
        shares += part * np.bincount(found.kind, minlength=shares.size) / found.kind.size
        pairs += part * float(np.mean(found.count == PAIR))
    return shares, pairs


def work(pods: Sequence[Pod], arrivals: int, job: tuple[Case, int]) -> list[list[float]]:
    """The judge's metrics by rule, of one case under one seed."""
    case, seed = job
    fleet = fleets.fleet(case.fleet)
    demand = demand_of(pods, fleet, case.load, arrivals, seed)
    mix, rows = mix_of(pods, fleet)[0], []
    for policy in POLICIES.values():
        began = time.perf_counter()
        outcome = replay(fleet, demand, setting(policy, mix, case, seed, arrivals), np.array(EDGES))
        rows.append(figures(fleet, demand, outcome, int(arrivals * WARMUP), time.perf_counter() - began))
    return rows


def replayed(pods: Sequence[Pod], cases: Sequence[Case], seeds: Sequence[int], options: argparse.Namespace) -> Figures:
    """All rules in all cases under all seeds."""
    jobs, found = list(product(cases, seeds)), dict[tuple[str, str], list[list[float]]]()
    task = partial(work, pods, options.arrivals)
    task((cases[0], seeds[0]))  # compiled once, before the processes part
    with ProcessPoolExecutor(options.workers) as pool:
        for (case, _), rows in zip(jobs, pool.map(task, jobs), strict=True):
            for policy, row in zip(POLICIES, rows, strict=True):
                found.setdefault((case.name, policy), []).append(row)
    return found


def rounding(pods: Sequence[Pod], names: Sequence[str]) -> str:
    """For people: what becomes of the trace on each table, a line each."""
    lines = []
    for model in dict.fromkeys(model for name in names for model in fleets.models(name)):
        table = fleets.places(model)
        found = mapped(pods, table)
        shares = np.bincount(found.kind, minlength=len(table)) / max(1, found.kind.size)
        sizes = ", ".join(f"{100 * share:.1f} % 1/{most}" for share, most in zip(shares, table, strict=True))
        lines.append(
            f"{model}: {found.kind.size} requests ({sizes}), rounding adds {found.waste:.1f} %; left out: "
            f"{found.without_gpu} without a GPU, {found.too_many} for more than {PAIR}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Replays the trace; 0 when it is done, 3 where it cannot be read."""
    parser = argparse.ArgumentParser(prog="placement --trace", description="The openb trace, replayed.")
    parser.add_argument("--trace", type=Path, required=True, help="a pod list, or the folder of the CSV files")
    parser.add_argument("--fleets", default=",".join(LADDER_FLEETS), help=f"of {', '.join(fleets.FLEETS)}")
    add_replay_options(parser, len(REPORTED_SEEDS))
    options = parser.parse_args(arguments)
    names, seeds = options.fleets.split(","), REPORTED_SEEDS[: max(1, options.seeds)]
    unknown = [name for name in names if name not in fleets.FLEETS]
    if unknown:
        parser.error(f"no fleet {unknown[0]!r}; known: {', '.join(fleets.FLEETS)}")
    try:
        pods = openb.read_pods(openb.pod_list(options.trace))
    except TraceError as error:
        print(error, file=sys.stderr)
        return 3
    print(rounding(pods, names))
    report = _report(pods, names, seeds, options)
    show(report, Console(width=_WIDTH))
    if options.json:
        options.json.write_text(json.dumps(report, separators=(",", ":")) + "\n", encoding="utf-8")
    return 0


def _report(pods: Sequence[Pod], names: Sequence[str], seeds: Sequence[int], options: argparse.Namespace) -> Row:
    began = time.monotonic()
    pairs = {name: round(mix_of(pods, fleets.fleet(name))[1], 4) for name in names}
    cases = [Case(name, NAME, load, pairs[name], NAME) for name, load in product(names, LOADS)]
    found = replayed(pods, cases, seeds, options)
    return {
        "schema": 1,
        "grid": NAME,
        "seeds": list(seeds),
        "arrivals": options.arrivals,
        "baseline": BASELINE,
        "seconds": round(time.monotonic() - began, 1),
        **document(Results(cases, list(POLICIES), found), BASELINE),
    }


if __name__ == "__main__":
    sys.exit(main())
