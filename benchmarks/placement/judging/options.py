"""What all commands of the judge can be told."""

import argparse
import os
from pathlib import Path

from benchmarks.placement.workload.grids import ARRIVALS


def add_replay_options(
    parser: argparse.ArgumentParser, seeds: int | None, arrivals: int = ARRIVALS, *, seeds_help: str = ""
) -> None:
    """How many seeds, VMs and processes, and where the figures go; `seeds` is the default."""
    told = seeds_help or "paired seeds (default: %(default)s)"
    parser.add_argument("--seeds", type=int, default=seeds, help=told)
    parser.add_argument("--arrivals", type=int, default=arrivals, help="VMs of each replay")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures, for programs")
