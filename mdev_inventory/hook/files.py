"""A host's files as the hook reads them: texts, folders, links.

Plain system calls, because a host has tens of thousands of these files. Runs on Python 3.6.
"""

import errno
import os
from typing import List

# A sysfs attribute is one page at most; what is longer is none.
_LARGEST_TEXT = 4096


class NotReadError(OSError):
    """The time was over before a file answered: that says nothing about the file."""


class Files:
    """A host's files below `root`, by the paths under which the host itself sees them (`/sys/...`).

    Each method raises OSError. They are all that the inventory asks of a file system: another object
    with the same three methods can answer in its place, and raise NotReadError.
    """

    def __init__(self, root: str = "/") -> None:
        self._root = root.rstrip("/")

    def text(self, path: str) -> str:
        """What a file holds; bytes that are no UTF-8 are smuggled through, as `os.fsdecode` does it."""
        descriptor = os.open(self._root + path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            content = os.read(descriptor, _LARGEST_TEXT + 1)
        finally:
            os.close(descriptor)
        if len(content) > _LARGEST_TEXT:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return content.decode("utf-8", "surrogateescape")

    def names(self, path: str) -> List[str]:
        """The names in a folder, in the order of the directory."""
        return os.listdir(self._root + path)

    def target(self, path: str) -> str:
        """Where a symbolic link points."""
        return os.readlink(self._root + path)


def printable(text: str) -> str:
    """The text as every encoder takes it: U+FFFD for bytes that are no UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text
