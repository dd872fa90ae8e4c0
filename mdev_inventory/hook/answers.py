"""The answers of a reader, in memory that it shares with whoever waits for it.

A reader may stop for ever in the middle of a read. What it has told by then must be there, and telling it must
cost next to nothing: a pipe with a system call for each of tens of thousands of answers costs more than the
reads themselves. So each record is written behind the last one, and the number of bytes is set after it.

Runs on Python 3.6: the VDSM hook imports it.
"""

import io
import marshal
import mmap
import struct
from typing import Dict, List, Union

Answer = Union[str, List[str], int, None]
"""A file's text, a folder's names, a link's target, the errno of the failure; None where it never came."""

# Never touched, a page costs nothing. A host of 1,000 functions with 60 types each tells less.
_MOST_BYTES = 32 * 1024 * 1024
_LENGTH = struct.Struct("q")


class FullError(Exception):
    """There is no room for another answer: no host has so many files."""


class Answers:
    """One writer, and one who reads when the writer has stopped."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        """To be made before the fork. Raises OSError where there is no memory."""
        self._memory = mmap.mmap(-1, most_bytes)
        self._end = _LENGTH.size

    def tell(self, path: str, answer: Answer) -> None:
        """One more; raises FullError."""
        record = marshal.dumps((path, answer))
        end = self._end + len(record)
        if end > len(self._memory):
            raise FullError
        self._memory[self._end : end] = record
        self._end = end
        _LENGTH.pack_into(self._memory, 0, end - _LENGTH.size)

    @property
    def told(self) -> int:
        """Bytes so far: it grows as long as the writer gets on."""
        (count,) = _LENGTH.unpack_from(self._memory, 0)
        return int(count)

    def into(self, known: Dict[str, Answer]) -> None:
        """Adds all that was told."""
        count = self.told
        records = io.BytesIO(self._memory[_LENGTH.size : _LENGTH.size + count])
        while records.tell() < count:
            path, answer = marshal.load(records)  # noqa: S302 (written by a fork of this very process)
            known[path] = answer

    def close(self) -> None:
        """Lets go of the memory here; a writer that lives on keeps its own hold."""
        self._memory.close()
