"""Sockets that the service listens at: TCP ports, and the unix socket that is shared with a group."""

import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from scheduler_plugins.service.process.groups import give_to

BACKLOG = 512
MODE = 0o660


class EndpointError(Exception):
    """An endpoint that cannot be opened; the text says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A TCP port that is listened at."""

    socket: socket.socket
    url: str
    """Without a path."""


def url_of(host: str, port: int) -> str:
    """The address of an endpoint, without a path."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(host: str, port: int) -> Listener:
    """Listens there, at any port that is free where it is 0; raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Without it, a restart would have to wait until the last connections are forgotten.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return Listener(listener, url_of(host, listener.getsockname()[1]))


def bind_unix(path: Path, group: str | None) -> socket.socket:
    """A unix socket at that path for that group and nobody else; raises OSError and EndpointError.

    It does not listen yet, so there is no moment at which it can be reached with wider rights.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(MODE)
        give_to(group, path)
    except BaseException:
        listener.close()
        raise
    return listener


def _remove_stale(path: Path) -> None:
    """Removes a socket that nobody listens at; raises EndpointError where somebody does."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise EndpointError(f"{path} is in the way: it is no socket; move it away or set another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise EndpointError(f"another process listens at {path}; stop it or set another path")
