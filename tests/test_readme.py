"""The README's commands do what it says, in the order in which a newcomer would type them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# This very run, and what follows it in `.ci/run`.
RUN_BY_CI = ["make test", "make fuzz-short", "make test-kernel", "make test-install", "make lint"]


def commands() -> list[str]:
    """What stands behind a prompt in the README's console blocks."""
    blocks = re.findall(r"^```console\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.timeout(600)
def test_every_command_of_the_readme_succeeds() -> None:
    """Each command but those that CI runs itself exits 0, and none waits for input."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
    failed = {}
    for command in (c for c in commands() if c not in RUN_BY_CI):
        done = subprocess.run(
            command, shell=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            failed[command] = f"{done.stdout[-500:]}{done.stderr[-1500:]}"

    assert {} == failed


def test_ci_runs_the_commands_that_the_readme_names_for_it() -> None:
    """What a developer is told to run is what every submission must pass."""
    script = (ROOT / ".ci/run").read_text().splitlines()

    assert [line for line in script if line.startswith("make ")] == RUN_BY_CI
    assert set(RUN_BY_CI) <= set(commands())


def test_every_file_that_the_readme_points_to_exists() -> None:
    """A link or a path in the README leads somewhere."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / "README.md").read_text())

    assert [] == [link for link in links if not (ROOT / link).exists()]
