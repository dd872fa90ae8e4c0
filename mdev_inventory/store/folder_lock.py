"""One service to a state folder: a second one would answer by claims that the first does not know.

The lock is the kernel's: it ends with the process that holds it, however that ends. The file stays, with the
holder's process id for people.
"""

import fcntl
import os
from pathlib import Path

from mdev_inventory.store.file import FOLDER_MODE, StoreError

LOCK_FILE = "lock"
LOCK_MODE = 0o640


def hold(folder: Path) -> int | None:
    """The descriptor that holds the folder until it is closed; the folder is made where it is missing.

    None where the folder cannot have a lock file (`store.rescue` goes on without the disk then). Raises
    StoreError where another process holds it.
    """
    path = folder / LOCK_FILE
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, LOCK_MODE)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        reason = f"is another service's: {_holder(descriptor)} holds {path}; stop that one, or set [service] state_dir"
        os.close(descriptor)
        raise StoreError(folder, reason, foreign=True) from error
    _write_holder(descriptor)
    return descriptor


def _write_holder(descriptor: int) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    except OSError:  # a full disk: the lock holds all the same
        return


def _holder(descriptor: int) -> str:
    try:
        text = os.pread(descriptor, 20, 0)
    except OSError:
        text = b""
    return f"process {int(text)}" if text.strip().isdigit() else "a process"
