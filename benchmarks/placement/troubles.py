"""What is left of the weights' gain when what they know is wrong or old.

    python -m benchmarks.placement --troubles

Replays some cases of the frozen grid under each trouble, by packing and by MdevFragmentation with and without
ages, and prints the paired difference to packing under the same trouble, in points:

- `none`: everything is known as it is;
- `mix`: each share of the mix that the weight believes in is 30 % too high or too low, at random, and so is
  the share of requests of two instances;
- `old`: VMs come twenty at a time, within a minute, and inventories are up to 60 s old; what was started
  since is known from the claims;
- `orphans`: one in twenty of the instances that would run on average is there from the start, belongs to no
  VM and never ends.
"""

import argparse
import json
import sys
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np

from benchmarks.placement.judging import bound
from benchmarks.placement.judging.options import add_replay_options
from benchmarks.placement.judging.policies import POLICIES
from benchmarks.placement.judging.progress import followed
from benchmarks.placement.judging.report import Row
from benchmarks.placement.judging.run import MEAN_S, WARMUP, edges, setting
from benchmarks.placement.judging.statistics import estimate
from benchmarks.placement.replaying.replay import replay
from benchmarks.placement.replaying.state import NOWHERE, Demand, Fleet, Real
from benchmarks.placement.replaying.weighing import Setting
from benchmarks.placement.workload import fleets
from benchmarks.placement.workload.demand import Case, demand_of, mix_of
from benchmarks.placement.workload.grids import LADDER_FLEETS, PAIRS, REPORTED_SEEDS, THREE_MIXES
from scheduler_plugins.demand.mix import several_value

TROUBLES = {
    "none": "none",
    "mix": "the mix 30 % wrong",
    "old": "inventories 60 s old, bursts of 20 starts",
    "orphans": "5 % orphaned instances",
}
RULES = ("packing", "fragmentation", "fragmentation-ages")
CASES = tuple(Case(*parts, "exp") for parts in product(LADDER_FLEETS, THREE_MIXES, (0.95,), PAIRS))
SEEDS = 24
WRONG = 0.3
BURST, AGE_S = 20, 60.0
ORPHANED = 0.05


@dataclass(frozen=True, slots=True)
class Job:
    """One case with one trouble under one seed."""

    case: Case
    trouble: str
    seed: int
    arrivals: int


def wrong_mix(mix: Real, rng: np.random.Generator) -> Real:
    """Shares that are too high or too low by WRONG, at random."""
    told = mix * (1.0 + WRONG * rng.choice((-1.0, 1.0), mix.size))
    shares: Real = told / told.sum()
    return shares


def in_bursts(demand: Demand) -> Demand:
    """The VMs BURST at a time, evenly within AGE_S, when the first of them would have come."""
    when = np.repeat(demand.when[::BURST], BURST)[: demand.when.size]
    when = when + np.resize(np.arange(BURST) * (AGE_S / MEAN_S / BURST), when.size)
    when = np.maximum.accumulate(when)
    ends = when + (demand.ends - demand.when)
    return demand._replace(when=when, ends=ends, leaving=np.argsort(ends, kind="stable").astype(np.int64))


def orphaned(fleet: Fleet, mix: Real, case: Case, rng: np.random.Generator) -> Fleet:
    """The fleet with an instance that never ends on some cards, of classes as they are asked for."""
    asked = float((mix / fleet.places.max(axis=0)).sum())
    number = round(ORPHANED * case.load * fleet.model.size / asked)
    cards = rng.choice(fleet.model.size, min(number, fleet.model.size), replace=False)
    orphans = fleet.orphans.copy()
    orphans[cards] = rng.choice(mix.size, cards.size, p=mix)
    return fleet._replace(orphans=orphans)


def work(job: Job) -> list[tuple[float, float]]:
    """GPU-weighted acceptance in %, and failed starts for 1,000 VMs, by rule."""
    case, fleet = job.case, fleets.fleet(job.case.fleet)
    demand, mix = demand_of(case, fleet, job.arrivals, job.seed), mix_of(fleet, case.mix)
    rng = np.random.default_rng([job.seed, zlib.crc32(f"{case.name} {job.trouble}".encode())])
    if job.trouble == "orphans":
        fleet = orphaned(fleet, mix, case, rng)
    if job.trouble == "old":
        demand = in_bursts(demand)
    told = wrong_mix(mix, rng) if job.trouble == "mix" else mix
    pairs = case.pairs * (1.0 + WRONG * rng.choice((-1.0, 1.0))) if job.trouble == "mix" else case.pairs
    return [_replayed(fleet, demand, _told(job, name, told, pairs), case) for name in RULES]


def _told(job: Job, name: str, mix: Real, pairs: float) -> Setting:
    told = setting(POLICIES[name], mix, job.case, job.seed, job.arrivals)
    lag = AGE_S / MEAN_S if job.trouble == "old" else 0.0
    return told._replace(several=several_value(pairs), lag=lag)


def _replayed(fleet: Fleet, demand: Demand, told: Setting, case: Case) -> tuple[float, float]:
    outcome = replay(fleet, demand, told, edges(case))
    started = (outcome.host != NOWHERE).astype(np.float64)
    accepted = bound.accepted(fleet, demand, started, int(demand.when.size * WARMUP))
    return accepted, 1000.0 * outcome.failed / demand.when.size


def compared(jobs: Sequence[Job], found: Iterable[list[tuple[float, float]]], seeds: int) -> list[Row]:
    """By trouble and rule: acceptance, the difference to packing over all cases, the worst case, failures."""
    by_trouble: dict[str, list[list[tuple[float, float]]]] = {}
    for job, row in zip(jobs, found, strict=True):
        by_trouble.setdefault(job.trouble, []).append(row)
    rows = []
    for trouble, outcomes in by_trouble.items():
        cube, failed = np.moveaxis(np.array(outcomes).reshape(-1, seeds, len(RULES), 2), -1, 0)
        for number, rule in enumerate(RULES):
            gain = cube[:, :, number] - cube[:, :, 0]
            whole = estimate(gain.mean(axis=0))
            rows.append(
                {
                    "trouble": trouble,
                    "policy": rule,
                    "gpu": float(cube[:, :, number].mean()),
                    "difference": whole.mean,
                    "low": whole.low,
                    "high": whole.high,
                    "worst": float(gain.mean(axis=1).min()),
                    "failed": float(failed[:, :, number].mean()),
                }
            )
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 0."""
    parser = argparse.ArgumentParser(prog="troubles", description="What wrong and old knowledge costs.")
    add_replay_options(parser, SEEDS)
    options = parser.parse_args(arguments)
    seeds = REPORTED_SEEDS[: max(1, options.seeds)]
    jobs = [Job(case, trouble, seed, options.arrivals) for trouble, case, seed in product(TROUBLES, CASES, seeds)]
    work(Job(CASES[0], "old", 0, 60))  # compiled once, before the processes part
    with ProcessPoolExecutor(options.workers) as pool:
        found = followed("troubles", pool.map(work, jobs, chunksize=4), len(jobs))
        rows = compared(jobs, found, len(seeds))
    for row in rows:
        interval = f"{row['low']:+.3f}..{row['high']:+.3f}"
        figures = f"{row['gpu']:8.2f}{row['difference']:+9.3f}  {interval}{row['failed']:8.2f} failed of 1,000"
        print(f"{row['trouble']:10}{row['policy']:20}{figures}")
    if options.json:
        options.json.write_text(json.dumps({"troubles": rows}) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
