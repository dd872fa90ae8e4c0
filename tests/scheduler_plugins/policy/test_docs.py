"""docs/policy.md says what the commands do: their options, their output, their refusals."""

import re
from pathlib import Path

import pytest
from typer.main import get_group

from scheduler_plugins.cli import policy
from scheduler_plugins.policy import runner
from tests import golden

PAGE = Path(__file__).parents[3] / "docs/policy.md"
GOLDEN = Path(__file__).parent / "golden"
SOURCES = Path(policy.__file__).parents[1]


def test_every_command_and_option_is_documented() -> None:
    """With its name as one types it, and nothing that there is not."""
    page = PAGE.read_text()
    commands = get_group(policy.app).commands
    options = {each for command in commands.values() for option in command.params for each in option.opts}

    assert [] == [name for name in commands if f"policy {name}" not in page]
    assert options - {"--help"} == set(re.findall(r"^\| `(--[a-z-]+)", page, re.M))


def test_examples_are_what_the_commands_print() -> None:
    """As their own tests have it; REGENERATE=1 takes it over."""
    examples = re.compile(r"(<!-- golden: ([a-z-]+) -->\n```\n).*?(```)", re.S)

    def printed(found: re.Match[str]) -> str:
        return found[1] + (GOLDEN / f"{found[2]}.txt").read_text() + found[3]

    assert 2 == len(examples.findall(PAGE.read_text()))
    golden.check(PAGE, examples.sub(printed, PAGE.read_text()))


def test_every_refusal_is_one_that_the_code_says() -> None:
    """The words of the page's last table stand in the code, names of units and clusters apart."""
    table = PAGE.read_text().split("## When it says no")[1]
    said = [words for cell in re.findall(r"^\| (`.*?`) \|", table, re.M) for words in re.findall(r"`([^`]+)`", cell)]
    code = "".join(path.read_text() for path in [*SOURCES.glob("policy/*.py"), SOURCES / "cli/policy.py"])
    plain = re.sub(r'"\s*\n\s*f?"|`|\{[a-z_.]+\}|\{\' and \'.join\([a-z]+\)\}', "", code)

    assert len(said) > 10
    assert [] == [words for words in said if _without_names(words) not in re.sub(r"\s+", " ", plain)]


def _without_names(words: str) -> str:
    cut = re.sub(r"\b(Mdev\w+|gpu)\b", "", words).split(" … ")[0]
    return re.sub(r"\s+", " ", cut).strip()


@pytest.mark.parametrize("python", [*runner.PYTHONS[1:], f"${runner.VARIABLE}"])
def test_where_the_sdk_is_looked_for_is_documented(python: str) -> None:
    """In that order."""
    page = PAGE.read_text()

    assert f"`{python}`" in page
    places = [page.index(f". `{each}`") for each in runner.PYTHONS[1:]]
    assert places == sorted(places)
