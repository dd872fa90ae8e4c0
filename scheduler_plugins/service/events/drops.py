"""The VMs that the proxy's plugin refused while the service was down.

The plugin runs as another user of our group and may write at any moment, so: the service makes the file,
group-writable; the plugin adds a line in a single write; the service moves the whole file away before it
reads it, and removes it only when what it holds was told. No lock, and no line is lost or told twice: one
written by a plugin that had the file open already is found in the file that was moved.
"""

import os
from pathlib import Path
from typing import NamedTuple

from mdev_inventory.engine.forms import is_uuid
from scheduler_plugins.service.process.groups import give_to

DROPPED_FILE = "dropped"
TAKEN_FILE = "dropped.taken"
MODE = 0o660
LIMIT = 2 * 65536
"""The plugin adds nothing to a file of half that size; what is beyond was never its."""


class Drop(NamedTuple):
    """One VM start that was refused."""

    vm_id: str
    at: float
    """Seconds since the epoch; 0 where the line does not tell."""


class Taken(NamedTuple):
    """What was read, and how far."""

    drops: tuple[Drop, ...]
    """In the order in which they were written."""
    size: int


class DropFile:
    """The file in one state directory; methods raise OSError."""

    def __init__(self, folder: Path, group: str | None) -> None:
        """`group` is the proxy's."""
        self._file, self._taken, self._group = folder / DROPPED_FILE, folder / TAKEN_FILE, group

    def prepare(self) -> None:
        """Make the file for the plugin, where there is none."""
        self._make(self._file)

    def take(self) -> Taken | None:
        """What was refused and not told yet; None where nothing was. Stays until `forget`."""
        if not self._taken.exists():
            if not self._file.exists() or not self._file.stat().st_size:
                return None
            # At no moment is there no file for the plugin to write to.
            new = self._file.with_name(f".{DROPPED_FILE}.new")
            self._make(new)
            os.link(self._file, self._taken)
            new.replace(self._file)
        with self._taken.open("rb") as file:
            data = file.read(LIMIT)
        return Taken(tuple(_drops(data)), len(data))

    def forget(self, taken: Taken) -> None:
        """It was told: only what was added since is kept."""
        with self._taken.open("rb") as file:
            file.seek(taken.size)
            added = file.read(LIMIT)
        self._taken.unlink()
        if added:
            with self._file.open("ab") as file:
                file.write(added)

    def _make(self, path: Path) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
        try:
            os.fchmod(descriptor, MODE)
            give_to(self._group, descriptor)
        finally:
            os.close(descriptor)


def _drops(data: bytes) -> list[Drop]:
    """The lines that make sense."""
    lines = (line.split() for line in data.decode("ascii", "replace").splitlines())
    return [Drop(words[0].lower(), _time(words[1:])) for words in lines if words and is_uuid(words[0])]


def _time(words: list[str]) -> float:
    return float(words[0]) if words and words[0].isdigit() and len(words[0]) < 12 else 0.0
