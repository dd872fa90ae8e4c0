"""The checks' story, inside the guest: no bus, an empty bus, then the part that was asked for."""

import argparse
import os
import random
import sys
import traceback
from collections.abc import Sequence

from tests.kernel.guest import PARTS, bus, walks
from tests.kernel.guest.churn import churn
from tests.kernel.guest.hook import BreachError, Hook, ready
from tests.kernel.guest.session import Session

CORE = ("vfio", "mdev")
SAMPLES = ("mtty", "mdpy", "mbochs")
# What the drivers have to share out. 70 and 19 MB are no multiples of mbochs' sizes, 64, 16 and 4 MB; 0 of
# mdpy makes a parent whose figures are 0 though it is empty.
ODD = ({"mbochs": "count=70", "mdpy": "count=3"}, {"mbochs": "count=19", "mdpy": "count=0"})
_SCRAPES = 3
_LAST_STEPS = 12


def main(arguments: Sequence[str]) -> int:
    """Runs all checks and prints what they found; returns the exit status."""
    options = _parse(arguments)
    print(f"{options.part}: {', '.join(SAMPLES)} on Linux {os.uname().release}, seed {options.seed}")
    with ready() as hook:
        session = Session(hook)
        try:
            _run(session, hook, options)
        except Exception as error:
            _explain(error, session, options)
            return 1
    print(session.tally.report())
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test-kernel KERNEL=")
    parser.add_argument("part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help="of the random walks")
    parser.add_argument("--steps", type=int, default=140, help="of the walk at random, at least")
    return parser.parse_args(arguments)


def _run(session: Session, hook: Hook, options: argparse.Namespace) -> None:
    session.look()
    for module in CORE:
        bus.load(module)
    session.look()
    for module in SAMPLES:
        bus.load(module)
    session.look()
    if options.part == "exhaustion":
        _exhaustion(session, hook, random.Random(options.seed))
    else:
        _chance(session, random.Random(options.seed), options.steps)


def _exhaustion(session: Session, hook: Hook, chance: random.Random) -> None:
    walks.exhaust_each(session)
    session.tally.churned += churn(hook, runs=12)
    for _ in range(_SCRAPES):
        walks.scrape(session, chance)
        walks.empty(session, chance)


def _chance(session: Session, chance: random.Random, steps: int) -> None:
    walks.wander(session, chance, steps)
    walks.fill(session, chance)
    walks.empty(session, chance)
    bus.unload("mtty")  # it has no parameter
    session.look()
    for parameters in ODD:
        _odd(session, chance, parameters)


def _odd(session: Session, chance: random.Random, parameters: dict[str, str]) -> None:
    for module, parameter in parameters.items():
        bus.unload(module)
        session.look()
        bus.load(module, parameter)
    session.look()
    walks.exhaust_each(session)
    walks.fill(session, chance)
    walks.empty(session, chance)


def _explain(error: Exception, session: Session, options: argparse.Namespace) -> None:
    again = f"make test-kernel KERNEL='--seed {options.seed} --steps {options.steps}'"
    last = "\n".join(f"    {step}" for step in session.log[-_LAST_STEPS:])
    print(f"FAILED at step {len(session.log)}: {error}\n  the last steps:\n{last}\n  again: {again}")
    if not isinstance(error, BreachError):
        traceback.print_exception(error, file=sys.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
