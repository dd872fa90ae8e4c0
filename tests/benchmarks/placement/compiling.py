"""Compiled code is made once for all processes of a test run; where many are busy, that takes its time."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 300
"""Seconds that a test may take whose process compiles first."""


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Inside, no other process compiles the same; what comes second takes it from the disk."""
    with (Path(tempfile.gettempdir()) / f"mdev-scheduler-{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
