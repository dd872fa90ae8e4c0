"""Prepares the guest where that was not done before, boots it, and passes its verdict on.

    python -m tests.kernel [--seed N] [--steps N]

Exit status 0: all checks held, or this machine cannot run them, which the output then says.
"""

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.kernel import cache, debian, image, machine
from tests.kernel.guest import PARTS

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
HOOK = PROJECT / "dist/50_mdev_inventory"
# What decides how a guest is made; `init` and the checks are added at each boot.
RECIPE = [HERE / name for name in ("debian.py", "image.py", "cpio.py")]


def main(arguments: Sequence[str]) -> int:
    """The test's life; returns the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that files and emulator go, too
    lacking = debian.lacking()
    if lacking:
        print(f"test-kernel: NOT RUN: {lacking}")
        return 0
    started = time.monotonic()
    try:
        status = boot(prepared(), arguments)
    except (debian.DebianError, machine.MachineError) as error:
        print(f"test-kernel: {error}", file=sys.stderr)
        return 1
    print(f"test-kernel: {'failed' if status else 'passed'} after {time.monotonic() - started:.0f} s")
    return status


def prepared() -> Path:
    """The prepared guest; raises debian.DebianError."""
    found = _find()
    if found:
        return found
    print("test-kernel: preparing the guest, once", flush=True)
    with cache.locked():
        return _find() or _prepare()


def _find() -> Path | None:
    return None if debian.missing_tools() else cache.find(_key())


def _prepare() -> Path:
    debian.refresh()
    debian.install_tools()
    return _find() or cache.make(_key(), image.build)


def _key() -> str:
    return cache.key(debian.kernel_version(), RECIPE)


def boot(guest: Path, arguments: Sequence[str]) -> int:
    """Runs the parts of `tests.kernel.guest` side by side; raises machine.MachineError."""
    with ExitStack() as stack:
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mdev-kernel-")))
        _copy_project(files / "project")
        shutil.copy(HERE / "init", files / "init")
        booted = [stack.enter_context(machine.booted(guest, files, " ".join([part, *arguments]))) for part in PARTS]
        # What the later ones say waits in their pipes meanwhile: it is a few lines.
        return max([one.listen() for one in booted])


def _copy_project(target: Path) -> None:
    """The hook as hosts get it, and what the checks import."""
    (target / "dist").mkdir(parents=True)
    shutil.copy(HOOK, target / "dist")
    for pattern in ("mdev_inventory/**/*.py", "scheduler_plugins/**/*.py", "tests/__init__.py", "tests/kernel/**/*.py"):
        for source in PROJECT.glob(pattern):
            copy = target / source.relative_to(PROJECT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
