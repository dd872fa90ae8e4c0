"""The engine machine's archive, installed into a root."""

import os
import subprocess
from pathlib import Path

import pytest

HOME = "opt/mdev-scheduler"


UNIT = "etc/systemd/system/mdev-scheduler.service"
PLUGINS = "usr/share/ovirt-scheduler-proxy/plugins"


T4_1Q = "nvidia-230"


# What the engine machine has where the proxy runs.
PROXY = f"{PLUGINS}/max_vms.py"


# Under `sh -c`, with the root and a command: what lies under /opt and /usr/local is the root's there.
IN_PLACE = 'mount --bind "$0/opt" /opt && mount --bind "$0/usr/local" /usr/local && exec "$@"'


def install(unpacked: Path, root: Path, *options: str | Path) -> str:
    """Runs the installer without any network; what it says."""
    if os.geteuid() != 0:
        pytest.skip("a machine without a network is made by root only")
    command: list[str | Path] = ["unshare", "--net", unpacked / "install.sh", "--root", root, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def proxy(root: Path) -> None:
    """Puts ovirt-scheduler-proxy's plugin folder there."""
    (root / PLUGINS).mkdir(parents=True)
    (root / PROXY).write_text("# Somebody else's.\n")


def entries(root: Path) -> dict[str, str]:
    """Every path below the root, with what it is and when it was changed."""
    return {
        str(path.relative_to(root)): f"{path.lstat().st_mode:o} {path.lstat().st_mtime_ns}"
        for path in sorted(root.rglob("*"))
        if "__pycache__" not in path.parts
    }


def in_place(root: Path, *command: str) -> list[str]:
    """A command that sees the root's /opt and /usr/local as its own."""
    return ["unshare", "--mount", "sh", "-c", IN_PLACE, str(root), *command]


def uninstall(root: Path, *options: str) -> list[str]:
    """Runs the uninstaller that lies in the root; what it says."""
    command: list[str | Path] = [root / HOME / "uninstall.sh", "--root", root, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "" == done.stderr
    return done.stdout.splitlines()
