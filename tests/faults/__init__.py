"""Faults below the state file: a library in front of the C library's that fails, delays, cuts or changes calls.

`shim.c` is built by the test that wants it (`build`), and preloaded into a process of its own; `Faults` tells it,
through a file that both map, what becomes of which calls on which file, and counts them.
"""

import mmap
import os
import shutil
import struct
import subprocess
from enum import IntEnum, IntFlag
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
CONTROL = "FAULTS_CONTROL"
"""The variable that names the file that both map."""
FORM = struct.Struct("iiiiq")


class Call(IntFlag):
    """Which calls on the state file and its log."""

    READ, WRITE, SYNC = 1, 2, 4


class Fault(IntEnum):
    """What becomes of them."""

    NONE, EIO, FULL, SHORT, SLOW, FLIP, HANG = range(7)


def build(folder: Path) -> Path | None:
    """The library, built; None where there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-o", library, SOURCE, "-ldl"], check=True)
    return library


class Faults:
    """What the library is told; any process that maps the same file may tell it."""

    def __init__(self, control: Path) -> None:
        """The file is made where it is missing; no call fails before `set`."""
        with control.open("a+b") as file:
            file.truncate(FORM.size)
            self._shared = mmap.mmap(file.fileno(), FORM.size)
        self.environ = {CONTROL: str(control)}

    @classmethod
    def of_this_process(cls) -> "Faults":
        """Those that were preloaded here."""
        return cls(Path(os.environ[CONTROL]))

    def set(self, calls: Call, fault: Fault, *, after: int = 0, slow_ms: int = 0) -> None:
        """From the call number `after` on, counted from now."""
        self._shared[:] = FORM.pack(calls, fault, after, slow_ms, 0)

    def lift(self) -> int:
        """No more faults; how many there were."""
        hits: int = FORM.unpack(self._shared[:])[-1]
        self.set(Call(0), Fault.NONE)
        return hits
