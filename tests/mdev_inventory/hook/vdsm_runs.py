"""Runs the hook as VDSM does (vdsm/lib/vdsm/common/hooks.py): a file of JSON, and pipes read to their end."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What the capabilities may hold: numbers as they are written, and text of all kinds.
CAPABILITIES = '{"cpuCores": "16", "hooks": {}, "big": 123456789012345678901234567890, "e": 1.10, "n": "\\u00e9"}'


@dataclass(frozen=True)
class Run:
    """What VDSM saw of one run."""

    status: int
    output: bytes
    errors: bytes
    seconds: float
    """From the start of the process to the end of its pipes."""
    text: str
    """The file afterwards."""

    @property
    def inventory(self) -> dict[str, Any]:
        """Our member of the file; fails where the file is no JSON."""
        key: dict[str, Any] = json.loads(self.text)["mdev_inventory"]
        return key


def run(command: list[str | Path], caps: Path, **popen: Any) -> Run:
    """Runs a hook on the file `caps` as VDSM does; `popen` is for `subprocess.Popen`."""
    environment = {**os.environ, "_hook_json": str(caps), **popen.pop("env", {})}
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **popen) as process:
        output, errors = process.communicate(timeout=20)
        seconds = time.monotonic() - began
    return Run(process.returncode, output, errors, seconds, caps.read_text())


def after(preparation: str, command: list[str | Path]) -> list[str | Path]:
    """The command, run in a process that was prepared by Python statements before.

    Instead of `preexec_fn`, which must not be used where there are threads, as in a test runner.
    """
    become = f"import os, sys; {preparation}; os.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-c", become, *command]


def quiet(done: Run) -> bool:
    """Whether the run was as every run must be: status 0, nothing said, and valid JSON left."""
    json.loads(done.text)
    return (0, b"", b"") == (done.status, done.output, done.errors)
