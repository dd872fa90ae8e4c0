"""Manual page and shell completion, made from the command itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

from scheduler_plugins.cli.completion import bash
from scheduler_plugins.cli.manual import manual
from scheduler_plugins.cli.tree import Command, program

COMPLETE = """\
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_mdev_scheduler
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def root() -> Command:
    """The command line as it is."""
    return program()


def completed(root: Command, folder: Path, *words: str) -> list[str]:
    """What bash offers for the last word."""
    script = folder / "completion"
    script.write_text(bash(root))
    command = ["bash", "-uc", COMPLETE, "bash", str(script), "mdev-scheduler", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_the_manual_tells_every_command_option_and_argument(root: Command) -> None:
    """With the words of the command's own help."""
    page = manual(root).replace("\\-", "-").replace("\\(aq", "'")

    for command in root.all():
        told = [
            " ".join(command.words),
            *(o.help for o in command.options),
            *(n for n, _ in command.arguments),
        ]
        assert [] == [text for text in told if text not in page]


def test_the_manual_is_read_without_a_warning(root: Command, tmp_path: Path) -> None:
    """By the program that administrators read it with."""
    if not shutil.which("man") or not shutil.which("groff"):
        pytest.skip("no man with groff on PATH")
    (tmp_path / "page.8").write_text(manual(root))

    done = subprocess.run(
        ["man", "--warnings", "-l", str(tmp_path / "page.8")], capture_output=True, text=True, check=True
    )

    assert "" == done.stderr
    assert "EXIT STATUS" in done.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        pytest.param(["ex"], ["explain"], id="a command"),
        pytest.param(["explain", "--"], ["--json", "--url", "--help"], id="a command's options"),
        pytest.param(["serve", "--sh"], ["--show-config"], id="an option begun"),
        pytest.param(["--ve"], ["--version"], id="the program's options"),
        pytest.param(["explain", "--url", ""], [], id="a value that only the user knows"),
    ],
)
def test_bash_offers_what_may_follow(
    root: Command, tmp_path: Path, words: list[str], offered: list[str]
) -> None:
    """Commands first, then the options of the one that was said."""
    assert offered == completed(root, tmp_path, *words)


def test_bash_offers_folders_where_a_folder_is_asked_for(root: Command, tmp_path: Path) -> None:
    """`--config DIR`."""
    (tmp_path / "conf.d").mkdir()

    assert [f"{tmp_path}/conf.d"] == completed(root, tmp_path, "serve", "--config", f"{tmp_path}/con")


def test_bash_offers_every_command(root: Command, tmp_path: Path) -> None:
    """Also those that come in groups."""
    for command in (command for command in root.all() if command.words):
        assert command.words[-1] in completed(root, tmp_path, *command.words)
