"""One target, fuzzed by libFuzzer until a time is over: `python -m tests.fuzz.one TARGET [libFuzzer's options]`.

Everything of the product is instrumented, so atheris comes before it; a process does this once.
"""

import logging
import sys

import atheris

with atheris.instrument_imports(include=["mdev_inventory", "scheduler_plugins"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Does not return: libFuzzer ends the process."""
    logging.disable(logging.CRITICAL)
    _, name, *options = sys.argv
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
