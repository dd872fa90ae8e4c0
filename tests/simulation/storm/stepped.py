"""The service on a machine whose clock is set while it runs: a file holds by how many seconds it is off.

Run as the command is: `python -m tests.simulation.storm.stepped serve --config DIR`. The clock is replaced below
everything, before anything of the product is imported.
"""

import os
import time
from pathlib import Path

VARIABLE = "STEPPED_CLOCK"
"""Names the file."""


class Stepped:
    """The machine's clock, as somebody has set it."""

    def __init__(self, file: Path) -> None:
        """The file may be missing, and is replaced whole."""
        self._file, self._right = file, time.time

    def __call__(self) -> float:
        """Seconds since the epoch, or so it says."""
        try:
            return self._right() + float(self._file.read_text())
        except FileNotFoundError:
            return self._right()


def set_clock(file: Path, off_s: float) -> None:
    """It is off by so many seconds from now on."""
    new = file.with_suffix(".new")
    new.write_text(repr(off_s))
    new.replace(file)


if __name__ == "__main__":
    time.time = Stepped(Path(os.environ[VARIABLE]))
    from scheduler_plugins.cli.app import main

    main()
