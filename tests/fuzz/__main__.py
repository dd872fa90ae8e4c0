"""`python -m tests.fuzz`: every target guided by coverage, side by side, for so many seconds in all.

What was found interesting stays in the folder of the corpus, and the next run goes on from there. Exit status 1 where
a target raised what nobody foresaw: the input that did it is kept, and named.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.seeds import inputs
from tests.fuzz.targets import TARGETS

LONGEST = 4096
"""Bytes of an input."""
SLOWEST_S, MOST_MB = 10, 2048
"""An input that takes longer, or more memory, is a finding as well."""
START_S = 60.0
"""So long a process may take beyond its time."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one target."""

    name: str
    status: int
    runs: int
    edges: int
    log: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzzes what the arguments ask for."""
    options = _options(arguments)
    if importlib.util.find_spec("atheris") is None:
        print(
            "not fuzzed: atheris, which guides by coverage, is not to be had for this Python; `make test` has the rest"
        )
        return 0
    names = options.target or list(TARGETS)
    each = max(1, round(options.seconds * options.jobs / len(names)))
    with ThreadPoolExecutor(options.jobs) as pool:
        told = list(pool.map(lambda name: _fuzzed(name, each, options.corpus), names))
    print(f"{'target':20} {'inputs':>10} {'edges':>6}  {each} s each")
    for one in told:
        print(f"{one.name:20} {one.runs:10,} {one.edges:6,}  {'FOUND' if one.status else ''}")
    print(f"{'in all':20} {sum(one.runs for one in told):10,}")
    found = [one for one in told if one.status]
    for one in found:
        print(f"\n{one.name}, exit status {one.status}:\n{one.log[-3000:]}", file=sys.stderr)
    return 1 if found else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all of them together")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="so many at a time")
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="only this one; may be repeated")
    parser.add_argument("--corpus", type=Path, default=Path("build/fuzz"), help="folder of what was found interesting")
    return parser.parse_args(arguments)


def _fuzzed(name: str, seconds: int, folder: Path) -> Outcome:
    corpus, first, found = folder / name, folder / f"{name}.first", folder / "found"
    for each in (corpus, first, found):
        each.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(inputs(name)):
        (first / str(number)).write_bytes(content)
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SLOWEST_S}", f"-rss_limit_mb={MOST_MB}"]
    command = [sys.executable, "-m", "tests.fuzz.one", name, *limits, f"-artifact_prefix={found}/{name}-"]
    command += ["-print_final_stats=1", str(corpus), str(first)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds + START_S)
    log = done.stdout + done.stderr
    return Outcome(
        name, done.returncode, _last(r"number_of_executed_units: (\d+)", log), _last(r"cov: (\d+)", log), log
    )


def _last(pattern: str, log: str) -> int:
    numbers = re.findall(pattern, log)
    return int(numbers[-1]) if numbers else 0


if __name__ == "__main__":
    sys.exit(main())
