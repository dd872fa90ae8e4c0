"""How far a run of the judge is, for who waits."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Result = TypeVar("Result")
_EVERY_S = 5.0


class Progress:
    """One line on standard error, every few seconds."""

    def __init__(self, name: str) -> None:
        """`name` is what runs."""
        self._name = name
        self._began = self._told = time.monotonic()

    def __call__(self, done: int, jobs: int) -> None:
        """So many of so many are done."""
        now = time.monotonic()
        if now - self._told >= _EVERY_S or done == jobs:
            self._told = now
            line = f"{self._name}: {done} of {jobs} replayed, {now - self._began:.0f} s"
            print(line, file=sys.stderr, flush=True)


def followed(name: str, results: Iterable[Result], jobs: int) -> Iterator[Result]:
    """The results as they come, with a line now and then."""
    progress = Progress(name)
    for done, result in enumerate(results, 1):
        progress(done, jobs)
        yield result
