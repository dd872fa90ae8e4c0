"""One pass over a host's files that notes what it could not read, and what time did not suffice for.

A file may be missing, unreadable or senseless: it is then None and an entry in `errors`, never a guess and
never fatal. What was not read in time is None without an error: it is noted in `short`, for the caller to
tell what it belongs to. Runs on Python 3.6.
"""

import contextlib
import errno
import os
from typing import Callable, List, Optional, TypeVar

from mdev_inventory.hook.files import Files, NotReadError, printable
from mdev_inventory.model import NO_TEXT, ReadError

# No driver prints a figure beyond 64 bits; JSON readers choke on larger ones.
_FIGURES = range(-(2**63), 2**63)

_Answer = TypeVar("_Answer")


class Reading:
    """Reads files by their meaning: a text, a number, a link's last part."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.errors: List[ReadError] = []
        self._short = False

    def was_short(self) -> bool:
        """Whether time ran out for something since this was asked last."""
        short, self._short = self._short, False
        return short

    def text(self, path: str, optional: bool = True) -> Optional[str]:
        """A file's text without surrounding blanks. Bytes that are no UTF-8 are replaced, and an error."""
        content = self.get(self.files.text, path, optional)
        if content is None:
            return None
        readable = printable(content)
        if readable is not content:
            self._fail(path, NO_TEXT)
        return readable.strip()

    def number(self, path: str, optional: bool = False) -> Optional[int]:
        """A whole number, read as VDSM's allocator does: by `int`."""
        content = self.get(self.files.text, path, optional)
        if content is None:
            return None
        with contextlib.suppress(ValueError):
            figure = int(content)
            if figure in _FIGURES:
                return figure
        self._fail(path, f"no number: {printable(content).strip()!r:.40}")
        return None

    def link_name(self, path: str) -> Optional[str]:
        """The last part of where a link points; None where there is none."""
        target = self.get(self.files.target, path, optional=True)
        return None if target is None else printable(os.path.basename(target))

    def names(self, path: str, optional: bool = False) -> Optional[List[str]]:
        """The names in a folder, in the order of the directory."""
        return self.get(self.files.names, path, optional)

    def get(self, read: Callable[[str], _Answer], path: str, optional: bool = False) -> Optional[_Answer]:
        """What `read` finds at `path`, or None and an error; where it is `optional`, it may be missing."""
        try:
            return read(path)
        except NotReadError:
            self._short = True
        except OSError as error:
            if not (optional and error.errno == errno.ENOENT):
                self._fail(path, errno.errorcode.get(error.errno or 0, "unknown error"))
        return None

    def _fail(self, path: str, error: str) -> None:
        self.errors.append(ReadError(printable(path), error))
