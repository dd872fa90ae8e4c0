"""How loose is the linear bound? Cases small enough for the integer one, solved exactly.

    python -m benchmarks.placement.small_bounds

Two hosts with four cards of the ladder, 120 VMs a case. Prints, for each mix, GPU-weighted acceptance in %,
the mean over the seeds: both bounds, and what is reached. The integer bound still lets VMs move at any time
and knows the future; no rule that decides as VMs come can be expected to reach it.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.placement import levers
from benchmarks.placement.judging import bound
from benchmarks.placement.judging.report import Row
from benchmarks.placement.judging.run import WARMUP
from benchmarks.placement.replaying.state import EMPTY, Fleet
from benchmarks.placement.workload.demand import Case, demand_of
from benchmarks.placement.workload.fleets import LADDER, places

ARRIVALS = 120
SEEDS = range(5000, 5012)
MIXES = ("uniform", "vdi-small", "large")
REACHED = ("packing", "fragmentation", "clairvoyant-card", "drain", "pool")
COLUMNS = (*REACHED, "integral", "linear")


def small_fleet() -> Fleet:
    """Two hosts with four cards each."""
    return Fleet(np.array([0, 4, 8]), np.zeros(8, np.int64), np.array([places(LADDER)]), np.full(8, EMPTY))


def bounded(mix: str, seed: int) -> dict[str, float]:
    """The bounds and what is reached, of one small case."""
    fleet, job = small_fleet(), levers.Job(Case("2x4", mix, 0.95, 0.1, "exp"), seed, ARRIVALS)
    demand, warmup = demand_of(job.case, fleet, ARRIVALS, seed), int(ARRIVALS * WARMUP)
    found = {name: levers.measure(name, job, fleet, demand).gpu for name in REACHED}
    exact = bound.integral(fleet, demand, warmup)
    return found | {"integral": exact, "linear": bound.linear(fleet, demand, warmup)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 0 when done, 3 where a case was not solved in time."""
    parser = argparse.ArgumentParser(prog="small_bounds", description="How loose the linear bound is.")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="cases for each mix (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures, for programs")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    print(f"{'mix':12}" + "".join(f"{name:>18}" for name in COLUMNS))
    for mix in MIXES:
        try:
            found = [bounded(mix, seed) for seed in SEEDS[: max(1, options.seeds)]]
        except bound.UnsolvedError as error:
            print(error, file=sys.stderr)
            return 3
        mean = {name: float(np.mean([one[name] for one in found])) for name in COLUMNS}
        rows.append({"mix": mix, "seeds": len(found), **mean})
        print(f"{mix:12}" + "".join(f"{mean[name]:18.2f}" for name in COLUMNS), flush=True)
    if options.json:
        options.json.write_text(json.dumps({"bounds": rows}) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
