"""What a process takes from its machine, as /proc tells it, and whether it grows."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

GROWS_AT_MOST = 1.05
"""So much more than at the tenth minute counts as flat: memory comes in arenas, and threads in pools."""


class Footprint(NamedTuple):
    """At one moment."""

    seconds: float
    """Since the load began."""
    memory_kib: int
    """Resident."""
    descriptors: int
    threads: int
    log_bytes: int
    state_bytes: int
    """Of all files in the state folder."""


def footprint(seconds: float, pid: int, log: Path, state: Path, proc: Path = Path("/proc")) -> Footprint:
    """Of a process that runs; OSError where it does not any more."""
    folder = proc / str(pid)
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    descriptors = sum(1 for _ in (folder / "fd").iterdir())
    kept = sum(path.stat().st_size for path in state.iterdir())
    memory, threads = (int(status[name].split()[0]) for name in ("VmRSS", "Threads"))
    return Footprint(seconds, memory, descriptors, threads, log.stat().st_size, kept)


def most(footprints: Iterable[Footprint]) -> Footprint:
    """The largest of each figure."""
    return Footprint(*map(max, zip(*footprints, strict=True)))


def grown(footprints: Sequence[Footprint], settled_s: float) -> list[str]:
    """What was more after `settled_s` seconds than before, by more than counts as flat; empty where nothing was."""
    before = most(each for each in footprints if each.seconds <= settled_s)
    after = most(each for each in footprints if each.seconds > settled_s)
    figures = ("memory_kib", "descriptors", "threads")
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in figures]
    return [f"{name}: {was} by then, {now} later" for name, was, now in pairs if now > was * GROWS_AT_MOST]
