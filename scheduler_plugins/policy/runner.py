"""Runs `sdk_child` under the first Python that has the engine's SDK.

Tried in this order, unless one is named: the Python that runs this command (where the extra `sdk` is
installed), EL8's platform Python, EL9's, and the first python3 on PATH. The task goes in on standard input,
because anyone on the machine can read a command line.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scheduler_plugins.policy import sdk_child
from scheduler_plugins.policy.errors import EngineTroubleError
from scheduler_plugins.policy.plan import Step
from scheduler_plugins.policy.state import EngineState, from_document

VARIABLE = "MDEV_SCHEDULER_SDK_PYTHON"
PYTHONS = (sys.executable, "/usr/libexec/platform-python", "/usr/bin/python3", "python3")
DEADLINE_S = 900.0
"""Each request has a deadline of its own, so this one is for a Python that hangs."""
REMEDY = (
    "install it: dnf install python3-ovirt-engine-sdk4 (engine machines have it), or name a Python that has "
    f"it in ${VARIABLE}"
)


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine to ask as somebody; never shown, as it holds the password."""

    url: str
    user: str
    password: str
    ca_file: Path | None
    timeout: float
    """For each request, in seconds."""
    pythons: Sequence[str] = PYTHONS

    def __repr__(self) -> str:
        """Without the password."""
        return f"Engine({self.url}, {self.user})"


def look(engine: Engine) -> EngineState:
    """Units, policies and clusters; EngineTroubleError where they cannot be read."""
    return take(engine, ())


def take(engine: Engine, steps: Sequence[Step]) -> EngineState:
    """Takes the steps, and looks again; EngineTroubleError says how far it got.

    A copy that the engine would not let us finish is removed at once.
    """
    try:
        return from_document(_asked(engine, [step.task for step in steps])["state"])
    except EngineTroubleError as error:
        if error.created and error.kind != "unreachable":
            with contextlib.suppress(EngineTroubleError):
                _asked(engine, [{"do": "remove-policy", "policy": error.created}])
        raise


def _asked(engine: Engine, steps: Sequence[Mapping[str, object]]) -> Mapping[str, Any]:
    task = {
        "url": engine.url,
        "user": engine.user,
        "password": engine.password,
        "ca_file": str(engine.ca_file) if engine.ca_file else None,
        "timeout": max(1, round(engine.timeout)),
        "steps": steps,
    }
    for python in engine.pythons:
        answer = _run(python, json.dumps(task).encode(), engine)
        if "error" not in answer:
            return answer
        error = answer["error"]
        if error["kind"] != "no-sdk":
            raise EngineTroubleError(error["kind"], error["text"], answer["taken"], answer.get("created"))
    tried = ", ".join(dict.fromkeys(engine.pythons))
    raise EngineTroubleError("no-sdk", f"no Python here has the engine's SDK (tried {tried}); {REMEDY}")


def _run(python: str, task: bytes, engine: Engine) -> Mapping[str, Any]:
    """The child's answer; one that cannot be started has no SDK either."""
    command = [python, "-I", sdk_child.__file__]
    # A proxy meant for the web would be asked for the engine.
    environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    try:
        done = subprocess.run(  # noqa: S603 - a Python of this machine, and our own file
            command, input=task, capture_output=True, timeout=DEADLINE_S, check=False, env=environment
        )
    except OSError as error:
        return {"error": {"kind": "no-sdk", "text": str(error)}}
    except subprocess.TimeoutExpired:
        return {"error": {"kind": "failed", "text": f"{python} gave no answer"}, "taken": 0}
    if done.stdout.endswith(b"\n"):
        answer: Mapping[str, Any] = json.loads(done.stdout)
        return answer
    if done.returncode == -signal.SIGALRM:
        text = f"no answer to the login within {engine.timeout:.4g} s"
        return {"error": {"kind": "unreachable", "text": text}, "taken": 0}
    if last := done.stderr.decode(errors="replace").strip().splitlines()[-1:]:
        return {"error": {"kind": "failed", "text": f"{python}: {last[0]}"}, "taken": 0}
    text = (
        f"{python} gave no answer (exit status {done.returncode}): is it a Python that has the engine's SDK? "
        f"Name one in ${VARIABLE}"
    )
    return {"error": {"kind": "failed", "text": text}, "taken": 0}
