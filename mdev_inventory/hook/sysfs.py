"""Reads a host's mdev bus from sysfs into the model (kernel ABI: sysfs-bus-vfio-mdev).

A file may be missing, unreadable or senseless, and a device may vanish between two reads: what cannot be
read is None and an entry in `errors`, never a guess and never fatal. Files that the ABI or the device
may leave out (`name`, `description`, `vendor`, ...) are None without an error.

Runs on Python 3.6: the VDSM hook imports it.
"""

import contextlib
import errno
import os
import time
from typing import Callable, List, Optional, Tuple, TypeVar

from mdev_inventory.model import HostInventory, MdevType, ParentDevice, ReadError

BUS = "/sys/class/mdev_bus"
BOOT_ID = "/proc/sys/kernel/random/boot_id"

# A sysfs attribute is one page at most; what is longer is none.
_LARGEST_TEXT = 4096
# No driver prints a figure beyond 64 bits; JSON readers choke on larger ones.
_FIGURES = range(-(2**63), 2**63)

_Answer = TypeVar("_Answer")


class Files:
    """A host's files below `root`, by the paths under which the host itself sees them (`/sys/...`).

    Each method raises OSError. They are all that the inventory asks of a file system: another object
    with the same three methods can answer in its place.
    """

    def __init__(self, root: str = "/") -> None:
        self._root = root.rstrip("/")

    def text(self, path: str) -> str:
        """What a file holds; bytes that are not UTF-8 are replaced."""
        with open(self._root + path, "rb") as file:
            content = file.read(_LARGEST_TEXT + 1)
        if len(content) > _LARGEST_TEXT:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return content.decode("utf-8", "replace")

    def names(self, path: str) -> List[str]:
        """The names in a folder, in the order of the directory."""
        return os.listdir(self._root + path)

    def target(self, path: str) -> str:
        """Where a symbolic link points."""
        return os.readlink(self._root + path)


def read_inventory(root: str = "/") -> HostInventory:
    """The mdev bus below `root` (which holds `sys/...`) as it is now; see `inventory_of`."""
    return inventory_of(Files(root))


def inventory_of(files: Files) -> HostInventory:
    """The mdev bus as `files` shows it. Never raises; a host without a bus has no parents.

    Which file is read next depends on nothing but the answers so far, so that a reading that was cut off
    can be resumed by answering what is known (`mdev_inventory.hook.deadline`).
    """
    reading = _Reading(files)
    boot_id = reading.text(BOOT_ID) or ""
    addresses = sorted(reading.get(files.names, BUS, optional=True) or ())
    parents = tuple(reading.parent(address) for address in addresses)
    return HostInventory(
        parents=parents,
        errors=tuple(reading.errors),
        collected_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        boot_id=boot_id,
    )


class _Reading:
    """One pass over the bus, gathering what could not be read."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.errors: List[ReadError] = []

    def parent(self, address: str) -> ParentDevice:
        here = f"{BUS}/{address}"
        numa_node = self.number(here + "/numa_node", optional=True)
        return ParentDevice(
            address=_printable(address),
            vendor=self.text(here + "/vendor"),
            device=self.text(here + "/device"),
            driver=self.link_name(here + "/driver"),
            numa_node=None if numa_node == -1 else numa_node,
            physfn=self.link_name(here + "/physfn"),
            types=self.types(here + "/mdev_supported_types"),
        )

    def types(self, folder: str) -> Optional[Tuple[MdevType, ...]]:
        names = self.get(self._files.names, folder)
        return None if names is None else tuple(self.type(folder, name) for name in names)

    def type(self, folder: str, name: str) -> MdevType:
        here = f"{folder}/{name}"
        type_id = _printable(name)
        return MdevType(
            id=type_id,
            name=self.text(here + "/name") or type_id,
            description=self.text(here + "/description") or "",
            device_api=self.text(here + "/device_api") or "",
            available=self.number(here + "/available_instances"),
            instances=self.instances(here + "/devices"),
        )

    def instances(self, folder: str) -> Optional[Tuple[str, ...]]:
        names = self.get(self._files.names, folder)
        return None if names is None else tuple(sorted(_printable(name) for name in names))

    def text(self, path: str, optional: bool = True) -> Optional[str]:
        content = self.get(self._files.text, path, optional)
        return None if content is None else content.strip()

    def number(self, path: str, optional: bool = False) -> Optional[int]:
        """A whole number, read as VDSM's allocator does: by `int`."""
        content = self.text(path, optional)
        if content is None:
            return None
        with contextlib.suppress(ValueError):
            figure = int(content)
            if figure in _FIGURES:
                return figure
        self._fail(path, f"no number: {content!r:.40}")
        return None

    def link_name(self, path: str) -> Optional[str]:
        target = self.get(self._files.target, path, optional=True)
        return None if target is None else _printable(os.path.basename(target))

    def get(self, read: Callable[[str], _Answer], path: str, optional: bool = False) -> Optional[_Answer]:
        """What `read` finds at `path`, or None and an error; where it is `optional`, it may be missing."""
        try:
            return read(path)
        except OSError as error:
            if not (optional and error.errno == errno.ENOENT):
                self._fail(path, errno.errorcode.get(error.errno or 0, "unknown error"))
            return None

    def _fail(self, path: str, error: str) -> None:
        self.errors.append(ReadError(_printable(path), error))


def _printable(name: str) -> str:
    """A file's name as text that every encoder takes: it may hold any bytes."""
    return os.fsencode(name).decode("utf-8", "replace")
