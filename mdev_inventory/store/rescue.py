"""A state file that cannot be used does not keep the service from answering.

Nothing in it is the only copy of something: inventories are collected anew, the VMs' requests come back with
the engine's next list, and claims are starts of the last minutes. So a file that is damaged, or of a newer
version, is moved aside under a name with the time, for whoever wants to look into it, and an empty one takes
its place. Where the disk does not allow even that, the state is kept in memory until the service ends.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from mdev_inventory.store.file import StoreError
from mdev_inventory.store.store import Store

COMPANIONS = ("", "-wal", "-shm")
"""The file itself, and what SQLite keeps beside it: they belong together under any name."""

log = logging.getLogger("store")


class Opened(NamedTuple):
    """A store that can be used, and what was wrong."""

    store: Store
    trouble: str = ""
    """For people: what was wrong and what was done; empty where all was well."""


def open_store(path: Path, clock: Callable[[], float]) -> Opened:
    """The store at that path, checked, or one that takes its place.

    StoreError only where the file is another program's, or another process holds it.
    """
    try:
        return Opened(_checked(path))
    except StoreError as error:
        if error.foreign:
            raise
        opened = _replaced(path, error, clock()) if error.broken else _in_memory(path, str(error))
        log.error("Starting without what was remembered: %s", opened.trouble)  # noqa: TRY400 (the text says it all)
        return opened


def _checked(path: Path) -> Store:
    store = Store(path)
    try:
        store.check()
    except BaseException:
        store.close()
        raise
    return store


def _replaced(path: Path, error: StoreError, now: float) -> Opened:
    try:
        kept = move_aside(path, now)
        return Opened(_checked(path), f"{error}. It is kept as {kept}; the service began with an empty one")
    except (StoreError, OSError) as second:
        return _in_memory(path, f"{error}; nor can another take its place: {second}")


def _in_memory(path: Path, reason: str) -> Opened:
    text = f"{reason}. The state is kept in memory: a restart forgets it, so mend this before"
    return Opened(Store(path, in_memory=True), text)


def move_aside(path: Path, now: float) -> Path:
    """Move the file to a name that is free, which is returned; OSError.

    Its companions go with it: SQLite would replay a log that stayed behind into the new file.
    """
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    kept, number = path.with_name(f"{path.name}.damaged-{stamp}"), 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    for companion in COMPANIONS:
        file = Path(f"{path}{companion}")
        if file.exists():
            file.rename(f"{kept}{companion}")
    return kept
