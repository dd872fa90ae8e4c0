"""What a process takes, and when that has grown."""

import os
from pathlib import Path

import pytest

from simulation.soak.footprint import Footprint, footprint, grown, most

SMALL = Footprint(0.0, 1000, 40, 10, 500, 900)


def test_a_real_process(tmp_path: Path) -> None:
    """Its memory, descriptors and threads, and the bytes of its files."""
    (tmp_path / "log").write_bytes(b"x" * 10)
    (tmp_path / "state").mkdir()
    (tmp_path / "state/a").write_bytes(b"x" * 20)
    with (tmp_path / "log").open():
        found = footprint(3.0, os.getpid(), tmp_path / "log", tmp_path / "state")
    less = footprint(3.0, os.getpid(), tmp_path / "log", tmp_path / "state")

    assert found.memory_kib > 1000
    assert found.descriptors == less.descriptors + 1
    assert (3.0, 10, 20) == (found.seconds, found.log_bytes, found.state_bytes)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (SMALL, []),
        (SMALL._replace(memory_kib=1050), []),
        (SMALL._replace(memory_kib=1051), ["memory_kib: 1000 by then, 1051 later"]),
        (SMALL._replace(descriptors=43), ["descriptors: 40 by then, 43 later"]),
        (SMALL._replace(threads=11), ["threads: 10 by then, 11 later"]),
        (SMALL._replace(log_bytes=10**9, state_bytes=10**9), []),
    ],
)
def test_what_has_grown(later: Footprint, expected: list[str]) -> None:
    """More than a twentieth above the most before; the log is meant to grow."""
    assert expected == grown([SMALL, SMALL._replace(memory_kib=900), later._replace(seconds=20.0)], 10.0)


def test_the_most_of_each_figure() -> None:
    """Whichever moment had it."""
    assert Footprint(9.0, 1000, 50, 10, 500, 900) == most([SMALL, Footprint(9.0, 1, 50, 1, 1, 1)])
