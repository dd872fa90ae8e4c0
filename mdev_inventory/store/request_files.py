"""Two small files in the state directory, for the proxy's plugin while the service is down.

`vms-with-request` holds the VMs that ask for mediated devices, one UUID a line; `on-failure` holds one word
that says what becomes of them: `drop` (they start nowhere) or `pass` (they start anywhere). The plugin runs
as another user of our group, on an older Python, and may read at any moment: so the files are plain text,
readable by the group, and replaced whole.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

VMS_FILE = "vms-with-request"
ON_FAILURE_FILE = "on-failure"
FILE_MODE = 0o640
# What would break the file's form, or could never equal an id on the plugin's command line.
UNFIT = re.compile(r"[^!-~]")


class RequestFiles:
    """The two files of one state directory. Methods raise OSError; each file is old or new, never half."""

    def __init__(self, folder: Path, on_failure: str) -> None:
        """`on_failure` is the configured word, `drop` or `pass`."""
        self._folder, self._on_failure = folder, on_failure
        self._written: tuple[str, ...] | None = None

    def write_on_failure(self) -> None:
        """Write the configured word."""
        replace(self._folder / ON_FAILURE_FILE, f"{self._on_failure}\n")

    def write_vms(self, vm_ids: Iterable[str]) -> bool:
        """Write the list, sorted; False where it is what was written last. An unfit id is left out."""
        lines = tuple(sorted(vm_id for vm_id in vm_ids if vm_id and not UNFIT.search(vm_id)))
        if lines == self._written:
            return False
        replace(self._folder / VMS_FILE, "".join(f"{line}\n" for line in lines))
        self._written = lines
        return True


def replace(path: Path, text: str) -> None:
    """Put the text in the file's place in one step, on the disk before it is seen."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    with open(descriptor, "w", encoding="ascii") as file:
        os.fchmod(descriptor, FILE_MODE)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)
