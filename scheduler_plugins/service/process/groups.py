"""Files that the proxy's group shares with the service."""

import grp
import os
from pathlib import Path


class NoSuchGroupError(OSError):
    """The group of the configuration does not exist on this machine."""


def give_to(group: str | None, file: Path | int) -> None:
    """Make the file, a path or a descriptor, that group's; None leaves it. Raises OSError.

    Under systemd it is our own group already, and a chown may be filtered away with a signal.
    """
    if group and os.stat(file).st_gid != _group_id(group):
        os.chown(file, -1, _group_id(group))


def _group_id(group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise NoSuchGroupError(f"no group {group!r} for the proxy's socket; create it or set another one") from None
