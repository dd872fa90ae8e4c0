"""Who holds a port, read from /proc or a tree like it."""

import os
import socket
from pathlib import Path

from scheduler_plugins.service.process.port_holder import port_holder

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROW = "   0: 0100007F:495D 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 108 0 4711 1 0 100\n"


def proc(root: Path, state: str = "0A") -> Path:
    """A /proc in which process 42 has the socket 4711, bound to port 18781."""
    (root / "net").mkdir()
    (root / "net/tcp").write_text(HEADER + ROW.format(state=state))
    (root / "42/fd").mkdir(parents=True)
    (root / "42/fd/3").symlink_to("socket:[4711]")
    (root / "42/cmdline").write_bytes(b"python3\0-m\0ovirtscheduler.oschedproxyd\0")
    (root / "43/fd").mkdir(parents=True)
    (root / "43/fd/0").symlink_to("/dev/null")
    (root / "self").mkdir()
    return root


def test_the_holder_is_told_with_its_command(tmp_path: Path) -> None:
    """By the number of the listening socket."""
    assert "42 (python3 -m ovirtscheduler.oschedproxyd)" == port_holder(18781, proc(tmp_path))


def test_a_connection_on_the_port_is_no_holder(tmp_path: Path) -> None:
    """Only who listens keeps us out."""
    assert None is port_holder(18781, proc(tmp_path, state="01"))
    assert None is port_holder(18782, tmp_path)


def test_a_process_that_hides_its_files_is_not_told(tmp_path: Path) -> None:
    """Another user's: nothing is known, which is no error."""
    (proc(tmp_path) / "42/fd/3").unlink()

    assert None is port_holder(18781, tmp_path)


def test_a_holder_without_a_command_line(tmp_path: Path) -> None:
    """It may end while we look."""
    (proc(tmp_path) / "42/cmdline").unlink()

    assert "42 (?)" == port_holder(18781, tmp_path)


def test_ourselves() -> None:
    """The real /proc."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        holder = port_holder(listener.getsockname()[1])

    assert holder
    assert holder.startswith(f"{os.getpid()} (")
