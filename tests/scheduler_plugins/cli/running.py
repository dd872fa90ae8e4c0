"""The command, run in this process or in one of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

GOLDEN = Path(__file__).parent / "golden"


NOWHERE = "http://127.0.0.1:9"


class Ran(NamedTuple):
    """What the command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document printed by a command that said nothing else."""
        assert (0, "") == (self.status, self.err)
        return json.loads(self.out)


def run(*words: str, **environ: str) -> Ran:
    """The command in a process of its own; a proxy for the web must not matter."""
    done = subprocess.run(
        [sys.executable, "-m", "scheduler_plugins", *words],
        capture_output=True,
        text=True,
        timeout=50,
        env={**os.environ, "HTTP_PROXY": NOWHERE, "http_proxy": NOWHERE, "COLUMNS": "80", **environ},
    )
    return Ran(done.returncode, done.stdout, done.stderr)
