"""The state file as a file: made, opened, and what it is called when anything done with it fails."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mdev_inventory.store.rows import readable
from mdev_inventory.store.schema import VERSION, ForeignFileError, SchemaError, upgrade

FILE_NAME = "state.sqlite"
# The proxy's group may look into the folder (its plugin reads a file there); others see nothing at all.
FILE_MODE, FOLDER_MODE = 0o640, 0o750
# How long (seconds) another process, a backup for example, may hold the file before we give up.
BUSY_TIMEOUT = 5.0
# So long (pages of 4 KiB) SQLite's log may grow before whoever writes then has to copy it and to wait for the
# disk, a decision for example: `checkpoint` does that long before.
LOG_PAGES = 16384


class StoreError(Exception):
    """The state file or its folder cannot be used: the text names it, what is wrong and the remedy."""

    code = "store"

    def __init__(self, path: Path, reason: str, *, broken: bool = False, foreign: bool = False) -> None:
        """`reason` goes on where "state file PATH" ends ("state folder PATH", where it is one)."""
        super().__init__(f"state {'folder' if path.is_dir() else 'file'} {path} {reason}")
        self.path = path
        self.broken = broken
        """The file itself is of no use to us: without it the service could start."""
        self.foreign = foreign
        """It is somebody else's, or somebody else holds it: not ours to work around."""


@contextmanager
def translated(path: Path, verb: str) -> Iterator[None]:
    """What goes wrong inside is a StoreError: the file cannot be `verb`."""
    try:
        yield
    except ForeignFileError as error:
        raise StoreError(path, str(error), foreign=True) from error
    except SchemaError as error:
        raise StoreError(path, str(error), broken=True) from error
    except (sqlite3.Error, OSError, UnicodeError) as error:
        reason = f"cannot be {verb}: {error}: {_remedy(error)}"
        held = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
        raise StoreError(path, reason, broken=_is_damage(error), foreign=held) from error


def _is_damage(error: sqlite3.Error | OSError | UnicodeError) -> bool:
    """Whether it is the file's content that is wrong, or the disk under it, and not the way to it."""
    if isinstance(error, UnicodeError):  # in SQLite's own message, which quotes a damaged schema
        return True
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # raised here, after a check
        return type(error) is sqlite3.DatabaseError
    # Read-only although `create` could open it for writing: the file's header says so, and no version of ours.
    broken = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)
    return code & 0xFF in broken or code == sqlite3.SQLITE_READONLY


def _remedy(error: sqlite3.Error | OSError | UnicodeError) -> str:
    if isinstance(error, (OSError, sqlite3.OperationalError)):
        return "it takes a folder that the service's user may write to, with space left, and no other holder"
    return (
        "move it away; inventories are then collected anew, and the VMs' requests come back with the engine's next list"
    )


def create(path: Path) -> None:
    """The file with our mode before SQLite makes it with the process's; its companions take the file's."""
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        os.fchmod(descriptor, os.fstat(descriptor).st_mode & FILE_MODE)
    finally:
        os.close(descriptor)


def connect(path: Path | str) -> sqlite3.Connection:
    """A connection for any thread, its tables up to date; raises what SQLite raises."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
    try:
        connection.text_factory = readable
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        upgrade(connection)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA user_version = {VERSION}")  # whoever may not write is told now
        connection.execute("ROLLBACK")
    except BaseException:
        connection.close()
        raise
    return connection
