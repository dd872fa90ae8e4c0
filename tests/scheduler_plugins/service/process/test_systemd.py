"""systemd's notification protocol."""

import os
import socket
from pathlib import Path

import pytest

from scheduler_plugins.service.process.systemd import notify, watchdog_s


@pytest.mark.parametrize("abstract", [False, True])
def test_a_state_is_one_datagram(tmp_path: Path, abstract: bool) -> None:
    """To a path, or to a name in the abstract namespace, which begins with @."""
    name = f"@mdev-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0", 1))
        systemd.settimeout(10)
        notify("READY=1", {"NOTIFY_SOCKET": name})

        assert b"READY=1" == systemd.recv(100)


def test_without_systemd_nothing_happens(tmp_path: Path) -> None:
    """Nor where its socket has gone: the service runs on."""
    notify("READY=1", {})
    notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, None, id="not watched"),
        pytest.param({"WATCHDOG_USEC": "30000000"}, 15.0, id="half of it"),
        pytest.param({"WATCHDOG_USEC": "2", "WATCHDOG_PID": str(os.getpid())}, 1e-6, id="us by name"),
        pytest.param({"WATCHDOG_USEC": "2", "WATCHDOG_PID": "1"}, None, id="another process"),
        pytest.param({"WATCHDOG_USEC": "0"}, None, id="zero"),
        pytest.param({"WATCHDOG_USEC": "x"}, None, id="no number"),
    ],
)
def test_how_often_the_watchdog_is_fed(environ: dict[str, str], expected: float | None) -> None:
    """Half of what systemd allows."""
    assert expected == watchdog_s(environ)
