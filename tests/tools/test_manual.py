"""Manual page and shell completion, made from the command itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperArgument

from scheduler_plugins.cli.app import app
from tools.manual import commands, manual

COMMANDS = list(commands(typer.main.get_command(app)))
SERVICE = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
COMPLETE = """\
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_mdev_scheduler_completion mdev-scheduler
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What bash-completion loads, as the bundle makes it."""
    file = tmp_path_factory.mktemp("completion") / "mdev-scheduler"
    asked = {**os.environ, "_MDEV_SCHEDULER_COMPLETE": "source_bash"}
    command = [sys.executable, "-m", "scheduler_plugins"]
    file.write_bytes(subprocess.run(command, env=asked, capture_output=True, check=True).stdout)
    return file


def completed(script: Path, *words: str) -> list[str]:
    """What bash offers for the last word."""
    command = ["bash", "-uc", COMPLETE, "bash", str(script), "mdev-scheduler", *words]
    env = {**os.environ, **SERVICE}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.split()


def test_the_manual_tells_every_command_option_and_argument() -> None:
    """With the words of the command's own help."""
    page = manual().replace("\\-", "-").replace("\\(aq", "'").replace("\\e", "\\")

    for words, command in COMMANDS:
        arguments = [str(p.metavar) for p in command.params if isinstance(p, TyperArgument)]
        told = [" ".join(words), *(str(getattr(p, "help", "")) for p in command.params), *arguments]
        assert [] == [text for text in told if text not in page]


def test_the_manual_is_read_without_a_warning(tmp_path: Path) -> None:
    """By the program that administrators read it with."""
    if not shutil.which("man") or not shutil.which("groff"):
        pytest.skip("no man with groff on PATH")
    (tmp_path / "page.8").write_text(manual())

    done = subprocess.run(
        ["man", "--warnings", "-l", str(tmp_path / "page.8")], capture_output=True, text=True, check=True
    )

    assert "" == done.stderr
    assert "EXIT STATUS" in done.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        pytest.param(["ex"], ["explain"], id="a command"),
        pytest.param(["policy", "en"], ["enable"], id="a command of a group"),
        pytest.param(["explain", "--"], ["--json", "--url", "--help"], id="a command's options"),
        pytest.param(["serve", "--sh"], ["--show-config"], id="an option begun"),
        pytest.param(["--ve"], ["--version"], id="the program's options"),
        pytest.param(["explain", "--url", ""], [], id="a value that only the user knows"),
    ],
)
def test_bash_offers_what_may_follow(script: Path, words: list[str], offered: list[str]) -> None:
    """Commands first, then the options of the one that was said; files are bash's own business."""
    assert offered == completed(script, *words)
