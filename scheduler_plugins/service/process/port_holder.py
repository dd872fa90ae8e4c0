"""Who listens on a TCP port of this machine, as far as /proc tells."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LISTENING = "0A"
"""The kernel's number of the state TCP_LISTEN, as /proc/net/tcp prints it."""


def port_holder(port: int, proc: Path = Path("/proc")) -> str | None:
    """`PID (command line)` of the process that listens on the port; None where that cannot be seen.

    Other users' processes show their sockets to root only.
    """
    links = {f"socket:[{inode}]" for inode in _inodes(port, proc)}
    for process in proc.glob("[0-9]*") if links else ():
        if _holds(process, links):
            return f"{process.name} ({_command(process)})"
    return None


def _inodes(port: int, proc: Path) -> Iterator[str]:
    for name in ("net/tcp", "net/tcp6"):
        with suppress(OSError):
            for row in (proc / name).read_text().splitlines()[1:]:
                columns = row.split()
                if columns[3] == LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                    yield columns[9]


def _holds(process: Path, links: set[str]) -> bool:
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                if str(descriptor.readlink()) in links:
                    return True
    return False


def _command(process: Path) -> str:
    with suppress(OSError):
        words = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        return " ".join(word.decode("utf-8", "replace") for word in words)
    return "?"
