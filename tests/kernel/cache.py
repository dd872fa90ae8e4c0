"""Where a prepared guest is kept: outside the work tree, complete or not at all."""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_UNUSED_S = 30 * 24 * 3600.0
"""A guest that nobody booted for so long is removed when a new one is made: each takes 80 MB."""


def base() -> Path:
    """The folder of all prepared guests."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home).absolute() / "mdev-scheduler"


def key(version: str, files: list[Path]) -> str:
    """What tells guests apart: the kernel's version and the files that say how to make one."""
    digest = hashlib.sha256(version.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def find(name: str) -> Path | None:
    """The guest of that key, where it was prepared; counts as its use."""
    folder = base() / f"kernel-{name}"
    if not folder.is_dir():
        return None
    os.utime(folder)
    return folder


@contextmanager
def locked() -> Iterator[None]:
    """One run prepares at a time; the kernel drops the lock when its holder ends, however that happens."""
    base().mkdir(parents=True, exist_ok=True)
    with (base() / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"  another run is preparing: waiting for {file.name}", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make(name: str, build: Callable[[Path], None]) -> Path:
    """A new guest of that key; only under the lock.

    `build` fills a folder beside, which gets its name once it is complete: a run that was interrupted
    leaves nothing that looks prepared, and the next one clears it away.
    """
    _clear()
    new, folder = base() / f"kernel-{name}.new", base() / f"kernel-{name}"
    new.mkdir()
    build(new)
    return new.rename(folder)


def _clear() -> None:
    """Removes what interrupted runs left, and guests long unused."""
    for folder in base().glob("kernel-*"):
        if folder.suffix == ".new" or time.time() - folder.stat().st_mtime > _UNUSED_S:
            shutil.rmtree(folder)
