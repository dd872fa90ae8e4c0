"""`python -m simulation.storm`: all storms, a table on standard output, JSON in a file.

Exit status 1 where the service as it is missed one of its zeros.
"""

import argparse
import logging
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from simulation.storm import real, virtual
from simulation.storm.figures import Figures
from simulation.storm.plan import Plan
from simulation.storm.report import WANTED_ZERO, Storms, print_table, to_json
from simulation.storm.virtual_service import Make, product, without_claims, without_claims_and_rechecks

KILLED_AT = (4.0, 12.0)
"""Seconds into the storm."""
VIRTUAL: tuple[tuple[str, Make, tuple[float, ...]], ...] = (
    ("claims on", product, ()),
    ("claims on, killed", product, KILLED_AT),
    ("claims off", without_claims, ()),
    ("rechecks off too", without_claims_and_rechecks, ()),
)
SOCKETS: tuple[tuple[str, bool, tuple[float, ...]], ...] = (
    ("engine endpoint", False, ()),
    ("the engine endpoint, killed", False, KILLED_AT),
    ("the proxy socket, killed", True, KILLED_AT),
)
"""Whether the engine asks through the proxy's plugin, and when the service is killed."""


def main() -> int:
    """Runs what the arguments ask for."""
    arguments = _arguments()
    logging.disable(logging.CRITICAL)  # the storms' own services have nothing to tell here
    seeds = range(1, arguments.seeds + 1)
    storms: dict[str, list[Figures]] = {}
    for name, make, killed in VIRTUAL:
        _say(f"virtual time, {name}: {len(seeds)} storms")
        storms[name] = [_virtual(Plan(seed=seed, killed=killed), make) for seed in seeds]
    for name, through_proxy, killed in SOCKETS if arguments.sockets else ():
        _say(f"over sockets, {name}: one storm, about five minutes")
        storms[name] = [_real(replace(real.PLAN, killed=killed), through_proxy)]
    print_table(storms)
    if arguments.json:
        arguments.json.write_text(to_json(storms) + "\n")
    return _status(storms)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="storm", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="storms of each kind in virtual time")
    parser.add_argument("--no-sockets", dest="sockets", action="store_false", help="virtual time alone, a few minutes")
    parser.add_argument("--json", type=Path, help="where to write every figure")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _virtual(plan: Plan, make: Make) -> Figures:
    with _folder() as folder:
        return virtual.storm(plan, make, Path(folder))


def _real(plan: Plan, through_proxy: bool) -> Figures:
    with _folder() as folder:
        return real.storm(plan, Path(folder), through_proxy=through_proxy)


def _folder() -> tempfile.TemporaryDirectory[str]:
    """Many small files that need not outlive us: memory is a hundred times faster than some disks."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is private
    return tempfile.TemporaryDirectory(prefix="mdev-storm-", dir=memory if memory.is_dir() else None)


def _status(storms: Storms) -> int:
    missed = [one for name, several in storms.items() if "off" not in name for one in several if _misses(one)]
    return 1 if missed else 0


def _misses(one: Figures) -> bool:
    return any(getattr(one, name) for name in WANTED_ZERO)


if __name__ == "__main__":
    sys.exit(main())
