"""systemd's notification protocol: datagrams to $NOTIFY_SOCKET; nothing at all where there is none."""

import logging
import os
import socket
from collections.abc import Mapping

log = logging.getLogger("systemd")


def notify(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Tells systemd, for example `READY=1`; a service that cannot tell runs on."""
    address = environ.get("NOTIFY_SOCKET")
    if not address:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            # A leading @ stands for the NUL byte of the abstract namespace.
            connection.connect("\0" + address[1:] if address.startswith("@") else address)
            connection.sendall(state.encode())
    except OSError as error:
        log.warning("Cannot notify systemd state=%s error=%s", state, error)


def watchdog_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """How often to send `WATCHDOG=1`, seconds: half of what systemd allows; None where it does not watch."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    allowed = environ.get("WATCHDOG_USEC", "")
    return int(allowed) / 2e6 if allowed.isdecimal() and int(allowed) else None
