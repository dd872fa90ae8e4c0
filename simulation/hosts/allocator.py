"""How VDSM chooses a parent device for one requested instance, mistakes included.

Written from the contract (section 6, "Host allocation algorithm" and "Read off the running code"), not
from the scheduler's replay, which it judges.
"""

import errno
import os

from simulation.kernel import Bus

HOMOGENEOUS_VENDOR = "0x10de"
"""Compared as this exact string, as VDSM does."""


def choose(bus: Bus, type_id: str, separate: bool = False) -> str | None:
    """The parent device on which VDSM would create the next instance of the type; None where it finds none.

    Raises what VDSM's walk dies of: FileNotFoundError at a parent without `vendor` (also where the bus
    itself is missing), ValueError at a figure of the wanted type that is no number or cannot be read.
    """
    found = _walk(bus, type_id, separate)
    if found is None and separate:
        return _walk(bus, type_id, separate=False)
    return found


def _walk(bus: Bus, type_id: str, separate: bool) -> str | None:
    if not bus.present:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/sys/class/mdev_bus")
    return next((p for p in sorted(bus.parents()) if _suits(bus, p, type_id, separate)), None)


def _suits(bus: Bus, parent: str, type_id: str, separate: bool) -> bool:
    """Whether the parent is taken: its types are gone through in directory order."""
    homogeneous = bus.vendor(parent) == HOMOGENEOUS_VENDOR
    suits = False
    for offered in bus.types(parent):
        if offered == type_id:
            if separate and bus.devices(parent, type_id):
                return False
            suits = int(_figure(bus, parent, type_id)) >= 1
        elif homogeneous and bus.devices(parent, offered):
            return False
    return suits


def _figure(bus: Bus, parent: str, type_id: str) -> str:
    """The figure's text, empty where it cannot be read."""
    try:
        return bus.available(parent, type_id).strip()
    except OSError:
        return ""
