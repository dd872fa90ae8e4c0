"""Makes one archive with all that the engine machine needs: python deploy/bundle/build.py FOLDER [PYTHON...].

The wheels of everything pinned in requirements.txt, whose hashes are checked, the service's own wheel, the
files of `FILES`, and the scripts that install and remove them. A wheel that runs anywhere is preferred; what
is compiled is there for each PYTHON (3.11, 3.12 and 3.13 if none is named) on x86_64 with glibc 2.28 (EL8's)
or later. The same sources give the same bytes.
"""

import hashlib
import io
import lzma
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ARCH = "x86_64"
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
SOURCES = ("mdev_inventory", "scheduler_plugins", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")

FILES = {
    "etc/systemd/system/mdev-scheduler.service": "deploy/mdev-scheduler.service",
    "etc/sysusers.d/mdev-scheduler.conf": "deploy/bundle/sysusers.conf",
    "etc/tmpfiles.d/mdev-scheduler.conf": "deploy/bundle/tmpfiles.conf",
    "etc/mdev-scheduler/mdev-scheduler.conf.sample": "deploy/mdev-scheduler.conf",
}
"""Where a file goes on the engine machine, and where it lies here."""
MADE = {
    "usr/local/share/man/man8/mdev-scheduler.8": ("tools.manual", {}),
    "usr/local/share/bash-completion/completions/mdev-scheduler": (
        "scheduler_plugins",
        {"_MDEV_SCHEDULER_COMPLETE": "source_bash"},
    ),
}
"""Likewise, for what a module prints, asked with that in its environment."""


def main(folder: Path, pythons: tuple[str, ...]) -> Path:
    """Builds the archive; its path."""
    version = _printed("-c", "import mdev_inventory as m; print(m.__version__)").decode().strip()
    name = f"mdev-scheduler-{version}-{ARCH}"
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary) / name
        _wheels(top / "wheels", pythons)
        _files(top / "files")
        (top / "requirements.txt").write_text("".join(_requirements(top / "wheels")))
        (top / "supports").write_text("".join(f"{ARCH} {python}\n" for python in pythons))
        (top / "version").write_text(f"{version}\n")
        for script in ("install.sh", "uninstall.sh", "enroll.sh"):
            shutil.copy(HERE / script, top / script)
        shutil.copy(ROOT / "scheduler_plugins/proxy/mdev_units.py", top)
        shutil.copy(ROOT / "LICENSE", top)
        return _archive(top, folder / f"{name}.tar.xz")


def _wheels(folder: Path, pythons: tuple[str, ...]) -> None:
    """Everybody else's wheels, then ours."""
    folder.mkdir(parents=True)
    lock = HERE / "requirements.txt"
    for python in pythons:
        compiled = [f"--platform={platform}_{ARCH}" for platform in PLATFORMS]
        _download(folder, lock, f"--python-version={python}", *compiled)
    for name in {wheel.name.split("-")[0] for wheel in folder.glob("*.whl") if not _pure(wheel)}:
        _replace_by_pure(folder, name, lock.read_text())
    with tempfile.TemporaryDirectory() as copy:
        # A copy: building in place would leave a folder behind, and take from it what is long gone.
        for source in SOURCES:
            _copy(ROOT / source, Path(copy) / source)
        _pip("wheel", "--no-deps", f"--wheel-dir={folder}", copy)


def _replace_by_pure(folder: Path, name: str, lock: str) -> None:
    """One wheel for all instead of several compiled ones, where its authors offer that too."""
    lines = lock.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{name.replace('_', '-')}=="))
    end = next((i for i, line in enumerate(lines) if i > start and not line.startswith(" ")), len(lines))
    with tempfile.TemporaryDirectory() as temporary:
        one = Path(temporary) / "requirements.txt"
        one.write_text("\n".join(lines[start:end]) + "\n")
        try:
            _download(Path(temporary), one, "--platform=any", "--implementation=py", "--abi=none", quiet=True)
        except subprocess.CalledProcessError:
            return
        for wheel in folder.glob(f"{name}-*.whl"):
            wheel.unlink()
        for wheel in Path(temporary).glob("*.whl"):
            shutil.copy(wheel, folder)


def _pure(wheel: Path) -> bool:
    return wheel.stem.endswith("-none-any")


def _download(folder: Path, lock: Path, *options: str, quiet: bool = False) -> None:
    fixed = ("--no-deps", "--require-hashes", "--only-binary=:all:", f"--dest={folder}")
    _pip("download", *fixed, *options, f"--requirement={lock}", quiet=quiet)


def _pip(*arguments: str, quiet: bool = False) -> None:
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(_epoch())}
    errors = subprocess.DEVNULL if quiet else None
    subprocess.run(command, check=True, env=environ, stdout=sys.stderr, stderr=errors)  # noqa: S603


def _requirements(wheels: Path) -> Iterator[str]:
    """What to install from the archive, and with which hashes: those of the very files in it."""
    found: dict[str, list[str]] = {}
    for wheel in sorted(wheels.glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        found.setdefault(f"{name.replace('_', '-')}=={version}", []).append(digest)
    for pinned, digests in sorted(found.items()):
        yield " \\\n".join([pinned, *(f"    --hash=sha256:{digest}" for digest in digests)]) + "\n"


def _files(top: Path) -> None:
    """The tree as it will lie on the engine machine."""
    for target, source in FILES.items():
        _copy(ROOT / source, top / target)
    for target, (module, environment) in MADE.items():
        (top / target).parent.mkdir(parents=True, exist_ok=True)
        (top / target).write_bytes(_printed("-m", module, **environment))


def _printed(*arguments: str, **environment: str) -> bytes:
    command, known = [sys.executable, *arguments], {**os.environ, **environment}
    return subprocess.run(command, check=True, cwd=ROOT, env=known, stdout=subprocess.PIPE).stdout  # noqa: S603


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _archive(top: Path, target: Path) -> Path:
    """Packs the folder, by name, owned by root, at one moment."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted([top, *top.rglob("*")]):
            entry = archive.gettarinfo(path, str(path.relative_to(top.parent)))
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            entry.mtime = _epoch()
            entry.mode = 0o755 if path.is_dir() or path.suffix == ".sh" else 0o644
            archive.addfile(entry, io.BytesIO(path.read_bytes()) if path.is_file() else None)
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"{target.name}.new")
    new.write_bytes(lzma.compress(buffer.getvalue()))
    return new.replace(target)


def _epoch() -> int:
    """The moment that the archive's files bear: the last commit's; without, the earliest that a zip knows."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "log", "-1", "--format=%ct"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    return int(answer) if answer else 315532800


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python deploy/bundle/build.py FOLDER [PYTHON...]")
    sys.stdout.write(f"{main(Path(sys.argv[1]), tuple(sys.argv[2:]) or PYTHONS)}\n")
