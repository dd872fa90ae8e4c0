"""Boots the guest under plain emulation and passes on what it says."""

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kernel import cpio, image

TIMEOUT_S = 600.0
"""The longest that one boot may take, on a busy machine too; a quiet one needs an eighth of that."""

_DONE = "guest: exit status "
_LOG = "console.log"
# The clock counts the guest's own instructions and skips its idle time: a busy machine makes the guest
# slower, but not the hook late for its deadline, and the same seed gives the same run.
_EMULATION = ("-accel", "tcg", "-cpu", "qemu64", "-smp", "1", "-m", "512", "-icount", "shift=0,sleep=off")
_PLAIN = ("-M", "pc,hpet=off,usb=off,vmport=off", "-nodefaults", "-no-user-config", "-no-reboot")
# Without norandmaps the emulator would have to translate a program again each time that it starts.
_BOOT = "console=ttyS0 reboot=t panic=-1 quiet loglevel=4 mitigations=off norandmaps"


class MachineError(Exception):
    """The guest did not come to its end; the text has what its kernel said last."""


class Machine:
    """One guest that runs."""

    def __init__(self, qemu: "subprocess.Popen[bytes]", log: Path) -> None:
        self._qemu = qemu
        self._log = log

    def listen(self) -> int:
        """Prints what the guest says until it ends; returns its exit status. Raises MachineError."""
        assert self._qemu.stdout
        for raw in self._qemu.stdout:
            line = raw.decode(errors="replace").rstrip()
            if line.startswith(_DONE):
                return int(line.removeprefix(_DONE))
            print(line, flush=True)
        said = self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""
        raise MachineError(f"the guest ended without a status, or took over {TIMEOUT_S:.0f} s\n{said}")


@contextmanager
def booted(prepared: Path, files: Path, arguments: str) -> Iterator[Machine]:
    """A guest with a copy of `files` at the root, gone at the end; `arguments` are those of the checks."""
    with tempfile.TemporaryDirectory(prefix="mdev-kernel-") as name:
        folder = Path(name)
        (folder / "more").mkdir()
        (folder / "more/arguments").write_text(arguments)
        shutil.copy(prepared / image.ROOT, folder / "initrd")
        with (folder / "initrd").open("ab") as archive:
            cpio.pack(files, archive)
            cpio.pack(folder / "more", archive)
            cpio.finish(archive)
        with subprocess.Popen(
            _command(prepared / image.KERNEL, folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as qemu:
            timer = threading.Timer(TIMEOUT_S, qemu.kill)
            timer.start()
            try:
                yield Machine(qemu, folder / _LOG)
            finally:
                timer.cancel()
                qemu.kill()


def _command(kernel: Path, folder: Path) -> list[str]:
    # The emulator dies with this process, even if that is killed.
    command = ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", *_PLAIN, *_EMULATION]
    command += ["-display", "none", "-kernel", str(kernel), "-initrd", str(folder / "initrd")]
    return [*command, "-append", _BOOT, "-serial", f"file:{folder / _LOG}", "-serial", "stdio"]
