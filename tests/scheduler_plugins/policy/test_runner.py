"""Which Python is asked, how it is told, and what is made of its answers."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scheduler_plugins.policy import runner, sdk_child
from scheduler_plugins.policy.errors import EngineTroubleError
from scheduler_plugins.policy.plan import Step
from scheduler_plugins.policy.runner import Engine

EMPTY: dict[str, list[object]] = {"units": [], "policies": [], "clusters": []}


def python(folder: Path, name: str, *lines: str) -> str:
    """A program that is started as a Python would be."""
    path = folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return str(path)


def answering(folder: Path, name: str, answer: object) -> str:
    """One that notes how it was started and what it was told, and answers so."""
    words = f'echo "$@" > {folder}/{name}.words; cat > {folder}/{name}.task'
    return python(folder, name, words, f"echo '{json.dumps(answer)}'")


def engine(*pythons: str) -> Engine:
    """An engine, to be asked by these."""
    return Engine("https://engine/ovirt-engine/api", "admin@internal", "pass'word", None, 10.0, pythons)


def without_sdk(folder: Path, name: str) -> str:
    """One that lacks the SDK."""
    return answering(folder, name, {"error": {"kind": "no-sdk", "text": "No module named 'ovirtsdk4'"}})


def trouble(asked: Engine, *steps: Step) -> EngineTroubleError:
    """What became of it."""
    with pytest.raises(EngineTroubleError) as caught:
        runner.take(asked, steps)
    return caught.value


def test_the_first_python_with_the_sdk_is_asked(tmp_path: Path) -> None:
    """Those without it, and those that do not exist, are passed over; the rest is not started."""
    first = without_sdk(tmp_path, "first")
    second = answering(tmp_path, "second", {"state": EMPTY})
    third = answering(tmp_path, "third", {"state": EMPTY})

    assert () == runner.look(engine("/nowhere/python", first, second, third)).units
    assert (tmp_path / "first.task").exists()
    assert not (tmp_path / "third.task").exists()


def test_the_password_is_not_on_the_command_line(tmp_path: Path) -> None:
    """Nor where an error would show it; the Python is isolated from the environment's packages."""
    asked = engine(answering(tmp_path, "a", {"state": EMPTY}))
    runner.look(asked)
    task = json.loads((tmp_path / "a.task").read_text())

    assert f"-I {sdk_child.__file__}\n" == (tmp_path / "a.words").read_text()
    assert ("pass'word", 10, []) == (task["password"], task["timeout"], task["steps"])
    assert "pass" not in repr(asked)


def test_what_is_no_python(tmp_path: Path) -> None:
    """A program that ends without an answer is named, with the remedy."""
    error = trouble(engine(python(tmp_path, "a", "exit 1")))

    assert f"{tmp_path}/a gave no answer (exit status 1): is it a Python that has the engine's SDK?" in str(error)
    assert "$MDEV_SCHEDULER_SDK_PYTHON" in str(error)


def test_no_python_has_the_sdk(tmp_path: Path) -> None:
    """All that were tried are named, with the remedy."""
    error = trouble(engine(without_sdk(tmp_path, "a"), "/nowhere/python"))

    assert "no-sdk" == error.kind
    assert f"tried {tmp_path}/a, /nowhere/python" in str(error)
    assert "dnf install python3-ovirt-engine-sdk4" in str(error)
    assert "$MDEV_SCHEDULER_SDK_PYTHON" in str(error)


def test_the_order_is_as_documented() -> None:
    """Ours, EL8's, EL9's, any."""
    assert (sys.executable, "/usr/libexec/platform-python", "/usr/bin/python3", "python3") == runner.PYTHONS


@pytest.mark.parametrize(
    ("lines", "kind", "words"),
    [
        pytest.param(["kill -ALRM $$"], "unreachable", "no answer to the login within 10 s", id="login hangs"),
        pytest.param(
            ["echo Traceback >&2; echo ImportError: libxml2 >&2; exit 1"], "failed", "ImportError: libxml2", id="crash"
        ),
        pytest.param(["kill -SEGV $$"], "failed", "-11", id="killed"),
        pytest.param(["printf '{\"sta'"], "failed", "python", id="half an answer"),
    ],
)
def test_a_python_that_gives_no_answer(tmp_path: Path, lines: list[str], kind: str, words: str) -> None:
    """It is the last one asked: it had the SDK, or it is broken."""
    error = trouble(engine(python(tmp_path, "python", *lines), answering(tmp_path, "other", {"state": EMPTY})))

    assert (kind, True) == (error.kind, words in str(error))
    assert not (tmp_path / "other.task").exists()


STEP = Step({"do": "add-policy", "name": "x", "description": ""}, "make policy x")


@pytest.mark.parametrize(("kind", "removed"), [("refused", True), ("denied", True), ("unreachable", False)])
def test_a_copy_that_cannot_be_finished_is_removed(tmp_path: Path, kind: str, removed: bool) -> None:
    """Unless nobody answers; the error is that of the step."""
    answer = {"error": {"kind": kind, "text": "no"}, "taken": 1, "created": "id-x"}
    error = trouble(engine(answering(tmp_path, "a", answer)), STEP)
    task = json.loads((tmp_path / "a.task").read_text())

    assert (kind, 1, "no") == (error.kind, error.taken, str(error))
    assert ([{"do": "remove-policy", "policy": "id-x"}] if removed else [dict(STEP.task)]) == task["steps"]


def test_each_python_answers_without_the_sdk(interpreter: Path) -> None:
    """The child starts where it may have to, and says that there is nothing to ask with, or nobody to ask."""
    error = trouble(replace(engine(str(interpreter)), url="https://127.0.0.1:9/ovirt-engine/api"))

    assert error.kind in ("no-sdk", "unreachable")
