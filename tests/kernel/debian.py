"""What the test takes from Debian: tools on this machine, and packages whose files make the guest.

Of Debian 12 only: the figures that the checks expect are those of its kernel's drivers. Root is needed
only where a tool is missing.
"""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

RELEASE = "12"
SERIES = "6.1"
TOOLS = ("qemu-system-x86", "gcc-12", "make", "libelf1")
"""Packages that are installed on this machine where they are missing."""
KERNEL = "linux-image-amd64"
SOURCE = f"linux-source-{SERIES}"
GUEST = (
    *("busybox-static", "python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib", "libc6"),
    *("zlib1g", "libexpat1", "libffi8", "libuuid1", "liblzma5", "libbz2-1.0"),
)
"""Packages whose files the guest consists of, kernel aside."""


class DebianError(Exception):
    """A command of Debian's failed; the text has the command and what it said."""


def lacking() -> str:
    """Why this machine cannot run the test; empty where it can, if need be after installing tools."""
    release = _os_release()
    if (release.get("ID"), release.get("VERSION_ID")) != ("debian", RELEASE):
        return f"it needs Debian {RELEASE}, this is {release.get('PRETTY_NAME', platform.system())}"
    if platform.machine() != "x86_64":
        return f"it needs x86_64, this is {platform.machine()}"
    missing = missing_tools()
    if missing and os.geteuid() != 0:
        return f"missing, and only root can install them: apt-get install {' '.join(missing)}"
    return ""


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def missing_tools() -> list[str]:
    """The packages of TOOLS that are not installed here."""
    return [package for package in TOOLS if not _installed(package)]


def _installed(package: str) -> bool:
    ask = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    answer = subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return answer.stdout == "installed"


def install_tools() -> None:
    """Installs what `missing_tools` names; raises DebianError."""
    missing = missing_tools()
    if missing:
        wait = ["-o", "DPkg::Lock::Timeout=120"]  # for another apt-get
        _say(["apt-get", "install", *wait, "--yes", "--no-install-recommends", *missing])


def refresh() -> None:
    """Asks the mirrors which packages there are, where we may; raises DebianError where none are known."""
    if os.geteuid() != 0:
        return
    try:
        _say(["apt-get", "update"])
    except DebianError as error:  # another apt-get is at work, or a mirror of something else is down
        if not kernel_version():
            raise
        print(f"  {error}\n  going on with the package lists that are there", flush=True)


def kernel_version() -> str:
    """The version of the newest kernel package; empty where the package lists are missing."""
    found = re.search(r"^Version: (\S+)$", _show(KERNEL), re.M)
    return found[1] if found else ""


def kernel_release() -> str:
    """What that kernel calls itself, `6.1.0-56-amd64`; raises DebianError."""
    found = re.search(r"^Depends:.*linux-image-(\S+-amd64)", _show(KERNEL), re.M)
    if not found:
        raise DebianError(f"apt knows no {KERNEL}: run apt-get update as root")
    return found[1]


def _show(package: str) -> str:
    ask = ["apt-cache", "show", "--no-all-versions", package]
    return subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout


def download(packages: list[str], folder: Path) -> None:
    """The packages' files into a folder, none installed; raises DebianError."""
    folder.mkdir(parents=True, exist_ok=True)
    _say(["apt-get", "download", *packages], folder)


def unpack(package: str, debs: Path, target: Path, *members: str) -> None:
    """A downloaded package's files, or only the members named, below `target`; raises DebianError."""
    target.mkdir(parents=True, exist_ok=True)
    (deb,) = debs.glob(f"{package}_*.deb")
    archive = debs / f"{package}.tar"
    with archive.open("wb") as file:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], stdout=file, check=True)
    # Debian's /lib and /bin are links into /usr; packages may still name them as folders.
    run(["tar", "-x", "--keep-directory-symlink", "-f", str(archive), *members], target)
    archive.unlink()


def run(command: list[str], folder: Path | None = None, **environment: str) -> None:
    """Runs a command, silently; raises DebianError with its last lines where it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise DebianError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout[-2000:]}")


def _say(command: list[str], folder: Path | None = None) -> None:
    print(f"  {' '.join(command)}", flush=True)
    if shutil.which(command[0]) is None:
        raise DebianError(f"{command[0]} is not on PATH")
    run([*command[:1], "--quiet", *command[1:]], folder, DEBIAN_FRONTEND="noninteractive")
