"""So many readers at a time, whoever starts them: one that hangs in a driver cannot be killed, and stays.

VDSM runs the hook again and again, several at a time, and each run would leave another reader behind. So a reader
holds a lock for as long as it lives, of which there are two. Where those that hold them hang, no further one
is sent to the driver.

A lock is a file that only its owner may open, in a folder of VDSM's or in /tmp; one that another user has put there,
or a link, is not touched. In it stands since when a reader holds it, by the monotonic clock, or, once it is left
behind, the path at which it hangs.

Runs on Python 3.6: the VDSM hook imports it.
"""

import contextlib
import fcntl
import os
import stat
import time
from types import TracebackType
from typing import List, Optional, Type

SLOTS = 2
FOLDERS = ("/run/vdsm", "/tmp")  # noqa: S108 (opened as the docstring says)

# Seconds after which a reader counts as hanging although nobody has said so: whoever sent it is dead.
_LONGEST = 60.0
_PAUSE = 0.01
_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class HangingError(Exception):
    """No reader may be sent: those that hold the slots hang, or are busy for too long."""

    def __init__(self, paths: List[str]) -> None:
        super().__init__("readers hang")
        self.paths = paths
        """Where they hang, as far as that is known."""


class Slot:
    """The right to one reader, which inherits it; to be used with `with`."""

    def __init__(self, descriptor: int) -> None:
        """-1 where no lock can be had: then nothing is bounded."""
        self.descriptor = descriptor

    def mark(self, path: str) -> None:
        """The reader is left behind, and hangs there."""
        if self.descriptor >= 0:
            with contextlib.suppress(OSError):
                _write(self.descriptor, path or "?")

    def __enter__(self) -> "Slot":
        """Itself."""
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        """Lets go of it here; a reader that lives on keeps it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)


def take(root: str, until: float, kind: str = "reader") -> Slot:
    """A slot of that kind for the tree at `root`, waiting for those that are busy; raises HangingError.

    `until` is the end of the wait, by the monotonic clock.
    """
    names = _names(root, kind)
    while True:
        hanging = []  # type: List[str]
        for name in names:
            descriptor = _open(name)
            if descriptor < 0:
                return Slot(-1)
            if _lock(descriptor):
                with contextlib.suppress(OSError):  # a full disk
                    _write(descriptor, str(int(time.monotonic())))
                return Slot(descriptor)
            hanging += _hangs(descriptor)
            os.close(descriptor)
        if len(hanging) == len(names) or time.monotonic() >= until:
            raise HangingError([path for path in hanging if path.startswith("/")])
        time.sleep(_PAUSE)


def _names(root: str, kind: str) -> List[str]:
    """One name for each slot; trees other than the host's own have slots of their own."""
    folder = next((f for f in FOLDERS if os.path.isdir(f) and os.access(f, os.W_OK | os.X_OK)), FOLDERS[-1])
    tree = ""
    if os.path.abspath(root) != "/":
        with contextlib.suppress(OSError):
            found = os.stat(root)
            tree = f"-{found.st_dev}-{found.st_ino}"
    return [f"{folder}/.mdev_inventory-{os.geteuid()}{tree}-{kind}{number}" for number in range(SLOTS)]


def _open(name: str) -> int:
    """The file, ours alone; -1 where there can be none."""
    try:
        descriptor = os.open(name, _OPEN, 0o600)
    except OSError:
        return -1
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1:
        return descriptor
    os.close(descriptor)
    return -1


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode("utf-8", "surrogateescape"), 0)


def _hangs(descriptor: int) -> List[str]:
    """Where its holder hangs; empty where it may be busy."""
    text = os.pread(descriptor, 4096, 0).decode("utf-8", "surrogateescape")
    if not text.isdigit():
        return [text] if text else []
    return ["?"] if time.monotonic() - int(text) > _LONGEST else []
