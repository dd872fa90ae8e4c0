"""`python -m scheduler_plugins.simulation.storm`: all storms, a table on standard output, JSON in a file.

Exit status 1 where the service as it is missed one of its zeros.
"""

import argparse
import logging
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from scheduler_plugins.simulation.storm import real, virtual
from scheduler_plugins.simulation.storm.figures import Figures
from scheduler_plugins.simulation.storm.plan import Plan
from scheduler_plugins.simulation.storm.report import WANTED_ZERO, Storms, print_table, to_json
from scheduler_plugins.simulation.storm.virtual_service import (
    Make,
    product,
    without_claims,
    without_claims_and_rechecks,
)

KILLED_AT = (4.0, 12.0)
"""Seconds into the storm."""


def main() -> int:
    """Runs what the arguments ask for."""
    arguments = _arguments()
    logging.disable(logging.CRITICAL)  # the storms' own services have nothing to tell here
    seeds = range(1, arguments.seeds + 1)
    storms: dict[str, list[Figures]] = {
        "claims on": [_virtual(Plan(seed=seed), product) for seed in seeds],
        "claims on, killed": [_virtual(Plan(seed=seed, killed=KILLED_AT), product) for seed in seeds],
        "claims off": [_virtual(Plan(seed=seed), without_claims) for seed in seeds],
        "rechecks off too": [_virtual(Plan(seed=seed), without_claims_and_rechecks) for seed in seeds],
    }
    if arguments.sockets:
        killed = replace(real.PLAN, killed=KILLED_AT)
        storms["door 2"] = [_real(real.PLAN)]
        storms["door 2, killed"] = [_real(killed)]
        storms["door 1, killed"] = [_real(killed, through_proxy=True)]
    print_table(storms)
    if arguments.json:
        arguments.json.write_text(to_json(storms) + "\n")
    return _status(storms)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="storm", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="storms of each kind in virtual time")
    parser.add_argument(
        "--no-sockets", dest="sockets", action="store_false", help="virtual time alone, a few minutes"
    )
    parser.add_argument("--json", type=Path, help="where to write every figure")
    return parser.parse_args()


def _virtual(plan: Plan, make: Make) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        return virtual.storm(plan, make, Path(folder))


def _real(plan: Plan, through_proxy: bool = False) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        return real.storm(plan, Path(folder), through_proxy=through_proxy)


def _status(storms: Storms) -> int:
    missed = [one for name, several in storms.items() if "off" not in name for one in several if _misses(one)]
    return 1 if missed else 0


def _misses(one: Figures) -> bool:
    return any(getattr(one, name) for name in WANTED_ZERO)


if __name__ == "__main__":
    sys.exit(main())
