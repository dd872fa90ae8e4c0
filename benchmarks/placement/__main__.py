"""The judge's command: `python -m benchmarks.placement`."""

import argparse
import json
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from benchmarks.placement import levers, reserving, sanity, trace, troubles
from benchmarks.placement.judging.options import add_replay_options
from benchmarks.placement.judging.policies import BASELINE, POLICIES
from benchmarks.placement.judging.progress import Progress
from benchmarks.placement.judging.report import Results, Row, document
from benchmarks.placement.judging.run import run
from benchmarks.placement.judging.tables import show
from benchmarks.placement.workload.grids import GRIDS

_WIDTH = 150
FULL = ("frozen-close", "families-close", "frozen", "families", "models")
"""The grids of the reported figures; each gets a JSON file of its own, `FILE-GRID.json`."""
_OTHERS = {
    "--sanity": sanity.main,
    "--levers": levers.main,
    "--troubles": troubles.main,
    "--reserve": reserving.main,
    "--trace": trace.main,
}
"""What else is run where the option is given, the first counts; each has options of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one grid, or all that are reported; 0 when it is done."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for option, run_other in _OTHERS.items():
        if option in given:
            return run_other([word for word in given if word != option or option == "--trace"])
    options = _parser().parse_args(given)
    names = FULL if options.full else (options.grid,)
    for name in names:
        report = _report(name, options)
        show(report, Console(width=_WIDTH))
        if options.json:
            target = options.json.with_stem(f"{options.json.stem}-{name}") if options.full else options.json
            target.write_text(json.dumps(report, separators=(",", ":")) + "\n", encoding="utf-8")
    return 0


def _report(name: str, options: argparse.Namespace) -> Row:
    """One grid run and compared."""
    grid = GRIDS[name]
    seeds = grid.seeds if options.seeds is None else _seeds(grid.seeds, options.seeds)
    policies = _policies(options.policies, grid.policies)
    began = time.monotonic()
    found = run(grid.cases, seeds, policies, options.arrivals, options.workers, Progress(name))
    return {
        "schema": 1,
        "grid": name,
        "seeds": list(seeds),
        "arrivals": options.arrivals,
        "baseline": BASELINE,
        "seconds": round(time.monotonic() - began, 1),
        **document(Results(grid.cases, policies, found), BASELINE),
    }


def _parser() -> argparse.ArgumentParser:
    about = (
        "Replays demand against fleets by every rule, and compares what they let in. Instead of a grid: "
        "--trace PATH replays the openb trace; --sanity --trace PATH finds published figures again; "
        "--levers measures what no weight can give, and the bound; --troubles what wrong and old knowledge "
        "costs; --reserve what MdevReserve is worth. Each of them has a --help of its own."
    )
    parser = argparse.ArgumentParser(prog="python -m benchmarks.placement", description=about)
    grids = "; ".join(f"{name}: {grid.help}" for name, grid in GRIDS.items())
    parser.add_argument("--grid", choices=GRIDS, default="quick", help=grids)
    parser.add_argument("--full", action="store_true", help=f"all that is reported: {', '.join(FULL)}")
    own = "so many paired seeds instead of the grid's own number"
    add_replay_options(parser, None, seeds_help=own)
    parser.add_argument("--policies", help="names with commas between; packing always runs; default: the grid's")
    return parser


def _seeds(own: Sequence[int], number: int) -> tuple[int, ...]:
    return tuple(range(own[0], own[0] + max(1, number)))


def _policies(names: str | None, own: Sequence[str] | None) -> list[str]:
    wanted = [*(own or POLICIES)] if names is None else [BASELINE, *names.split(",")]
    for name in wanted:
        if name not in POLICIES:
            sys.exit(f"no rule {name!r}; known: {', '.join(POLICIES)}")
    return list(dict.fromkeys(wanted))


if __name__ == "__main__":
    sys.exit(main())
