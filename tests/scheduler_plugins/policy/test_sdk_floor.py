"""The SDK's child does all its work under every Python that may have the SDK."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scheduler_plugins.policy import sdk_child

FAKE = Path(__file__).parent / "fake_sdk.py"
NEW: dict[str, Any] = {"do": "add-policy", "name": "copy", "description": "déjà vu"}
STEPS: list[dict[str, Any]] = [
    NEW,
    {"do": "attach", "policy": "", "kind": "filter", "unit": "u", "number": -1},
    {"do": "attach", "policy": "", "kind": "weight", "unit": "w", "number": 3},
    {"do": "attach", "policy": "", "kind": "balance", "unit": "b", "number": 0},
    {"do": "set-properties", "policy": "", "properties": {"High": "80"}},
    {"do": "point-cluster", "cluster": "c", "from": "even", "policy": "", "properties": {"k": "v"}},
]


def asked(python: Path, steps: list[dict[str, Any]]) -> Any:
    """The child's answer; it says nothing on standard error."""
    task = {"url": "", "user": "", "password": "secret", "ca_file": None, "timeout": 10, "steps": steps}
    done = subprocess.run(
        [python, "-I", FAKE, sdk_child.__file__],
        input=json.dumps(task, ensure_ascii=False).encode(),
        capture_output=True,
        env={"LC_ALL": "C"},
    )
    assert b"" == done.stderr
    return json.loads(done.stdout)


def test_all_steps(interpreter: Path) -> None:
    """InFlight, and what is there afterwards; text is UTF-8 whatever the locale."""
    answer = asked(interpreter, STEPS)

    assert "copy" == answer["created"]
    assert {
        "id": "copy",
        "name": "copy",
        "description": "déjà vu",
        "locked": False,
        "properties": {"High": "80"},
        "filters": [["u", -1]],
        "weights": [["w", 3]],
        "balances": [["b", 0]],
    } == answer["state"]["policies"][1]
    assert [{"id": "c", "name": "gpu", "policy": "copy", "properties": {"k": "v"}}] == answer["state"]["clusters"]
    assert [("MdevFilter", "filter", True, False)] == [
        (unit["name"], unit["type"], unit["enabled"], unit["internal"]) for unit in answer["state"]["units"]
    ]


@pytest.mark.parametrize(
    ("steps", "taken", "words"),
    [
        pytest.param([NEW, NEW], 1, "there is a policy copy by now", id="name taken"),
        pytest.param([{**STEPS[1], "policy": "even"}], 0, "policy even is locked", id="locked"),
        pytest.param([NEW, STEPS[1], STEPS[1]], 2, "filter u is attached by now", id="attached"),
        pytest.param([{**STEPS[5], "from": "other"}], 0, "another policy by now (even)", id="cluster changed"),
        pytest.param([{"do": "remove-policy", "policy": "x"}], 0, "no x", id="gone"),
    ],
)
def test_what_has_changed_meanwhile(interpreter: Path, steps: list[dict[str, Any]], taken: int, words: str) -> None:
    """How far it got, and why no further."""
    answer = asked(interpreter, steps)

    assert ("changed", taken) == (answer["error"]["kind"], answer["taken"])
    assert words in answer["error"]["text"]
    assert ("copy" if steps[0] is NEW else None) == answer["created"]
