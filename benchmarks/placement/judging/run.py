"""Runs a grid: every case under every seed by every rule, several processes side by side."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from benchmarks.placement.judging.policies import POLICIES, Policy
from benchmarks.placement.replaying.replay import Outcome, replay
from benchmarks.placement.replaying.state import NOWHERE, Demand, Fleet, Real
from benchmarks.placement.replaying.weighing import Setting
from benchmarks.placement.workload import fleets
from benchmarks.placement.workload.demand import Case, demand_of, mix_of
from scheduler_plugins.demand.ages import EDGES
from scheduler_plugins.demand.mix import class_value, several_value

METRICS = ("gpu", "count", "largest", "spare", "failed", "decision_us")
"""What is kept of a replay, in this order."""
WARMUP = 0.25
"""Share of the arrivals that fill the fleet and are not counted."""
MEAN_S = 8 * 3600.0
"""How many seconds a mean lifetime is: the product's bins of age are in seconds."""
DAY_S = 24 * 3600.0

Figures = dict[tuple[str, str], list[list[float]]]
"""By case and policy: for each seed in order, the METRICS."""


@dataclass(frozen=True, slots=True)
class Job:
    """One case under one seed."""

    case: Case
    seed: int
    policies: tuple[str, ...]
    arrivals: int


def setting(policy: Policy, mix: Real, case: Case, seed: int, arrivals: int) -> Setting:
    """What the policy is told; `mix` is the one it believes in, by class."""
    value = np.array([class_value(float(share)) for share in mix])
    tasks = np.concatenate([mix * (1.0 - case.pairs), mix * case.pairs])
    warmup = int(arrivals * WARMUP)
    several = several_value(case.pairs)
    return Setting(policy.rule, policy.random_ties, seed, value, several, tasks, warmup, 0.0, True)


def edges(case: Case) -> Real:
    """The product's bins of age in the case's unit of time."""
    return np.array(EDGES) / (DAY_S if case.lifetimes == "vdi" else MEAN_S)


def figures(fleet: Fleet, demand: Demand, outcome: Outcome, warmup: int, seconds: float) -> list[float]:
    """The METRICS of one replay."""
    weight = (demand.count / fleet.places.max(axis=0)[demand.kind])[warmup:]
    accepted = outcome.host[warmup:] != NOWHERE
    return [
        100.0 * float(weight[accepted].sum() / weight.sum()),
        100.0 * float(accepted.mean()),
        100.0 * outcome.largest,
        outcome.spare,
        float(outcome.failed),
        1e6 * seconds / outcome.host.size,
    ]


def work(job: Job) -> list[list[float]]:
    """The METRICS by policy."""
    fleet = _fleet(job.case.fleet)
    demand = demand_of(job.case, fleet, job.arrivals, job.seed)
    mix, rows = mix_of(fleet, job.case.mix), []
    for name in job.policies:
        told = setting(POLICIES[name], mix, job.case, job.seed, job.arrivals)
        began = time.process_time()
        outcome = replay(fleet, demand, told, edges(job.case))
        rows.append(figures(fleet, demand, outcome, told.warmup, time.process_time() - began))
    return rows


@cache
def _fleet(name: str) -> Fleet:
    return fleets.fleet(name)


def run(
    cases: Sequence[Case],
    seeds: Sequence[int],
    policies: Sequence[str],
    arrivals: int,
    workers: int,
    progress: Callable[[int, int], None],
) -> Figures:
    """All figures; `progress` is told how many of how many jobs are done."""
    jobs = [Job(case, seed, tuple(policies), arrivals) for case, seed in product(cases, seeds)]
    found: Figures = {}
    for done, (job, rows) in enumerate(zip(jobs, _results(jobs, workers), strict=True), 1):
        for policy, row in zip(policies, rows, strict=True):
            found.setdefault((job.case.name, policy), []).append(row)
        progress(done, len(jobs))
    return found


def _results(jobs: Sequence[Job], workers: int) -> Iterable[list[list[float]]]:
    if workers == 1:
        yield from map(work, jobs)
        return
    work(Job(jobs[0].case, 0, jobs[0].policies, 50))  # compiled once, before the processes part
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(work, jobs, chunksize=4)
