"""docs/messages.md has every message that there is."""

import ast
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest

import scheduler_plugins
from mdev_inventory.engine.errors import Code
from mdev_inventory.tls import remedies
from mdev_inventory.tls.causes import Cause
from mdev_inventory.vdsm.errors import ErrorCode
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.config import options
from scheduler_plugins.errors import SchedulerError
from scheduler_plugins.service.web.api import STATUSES
from tests.golden import REGENERATE
from tools.messages import TITLE, section

ROOT = Path(scheduler_plugins.__file__).parent.parent
PAGE = ROOT / "docs/messages.md"
NEXT = re.compile(r"^## ", re.M)
SOURCES = [*ROOT.glob("mdev_inventory/**/*.py"), *ROOT.glob("scheduler_plugins/service/**/*.py")]
TROUBLES = ("failed", "_paced", "_try")
"""Whoever has a trouble names it in a call of one of these."""


def parts() -> tuple[str, str, str]:
    """What stands before the doctor's section, the section, and what follows."""
    text = PAGE.read_text()
    start = text.index(TITLE)
    end = NEXT.search(text, start + len(TITLE))
    assert end
    return text[:start], text[start : end.start()], text[end.start() :]


def named(title: str) -> set[str]:
    """The codes in a section's tables."""
    body = NEXT.split(PAGE.read_text().partition(f"## {title}\n")[2])[0]
    cells = [line.split("|")[1] for line in body.splitlines() if line.startswith("| `")]
    return {code for cell in cells for code in re.findall(r"`([^`]+)`", cell)}


def test_the_doctors_findings() -> None:
    """As the catalogue has them; REGENERATE=1 writes the section anew."""
    before, found, after = parts()
    if os.environ.get(REGENERATE):
        PAGE.write_text(f"{before}{section()}\n{after}")
        return

    assert f"{section()}\n" == found, f"{REGENERATE}=1 writes it anew"


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("Why a host refuses a VM", {code.value for code in RefusalCode}),
        ("Errors of the engine's REST API", {*get_args(Code), *Cause, "empty-list"}),
        ("Errors of a host's VDSM", {*ErrorCode, *Cause, "bad-inventory", "no-address", "unexpected", "os"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_code_stands_in_its_table(title: str, codes: set[str]) -> None:
    """None is missing, and none is left of an earlier version."""
    assert codes == named(title)


@pytest.mark.parametrize(
    ("title", "table"),
    [("Errors of the engine's REST API", remedies.ENGINE), ("Errors of a host's VDSM", remedies.HOST)],
    ids=["engine", "hosts"],
)
def test_a_cause_of_failed_tls_has_its_remedy_there(title: str, table: Mapping[str, str]) -> None:
    """In the words that the error itself has."""
    body = NEXT.split(PAGE.read_text().partition(f"## {title}\n")[2])[0]
    lines = [line.split("|") for line in body.splitlines() if line.startswith("| `")]
    rows = {cells[1].strip(" `"): cells[3].strip() for cells in lines}

    assert {cause: table[cause] for cause in Cause} == {cause: rows[cause] for cause in Cause}


def test_every_error_of_the_api_is_there() -> None:
    """Those that have a status, and those that only units and commands meet."""
    own = {error.code for error in SchedulerError.__subclasses__()} | set(STATUSES)

    assert own <= named("Errors of the API and of the commands that ask it")


def trouble_names(file: Path) -> Iterator[str]:
    """What a module calls the things that may fail."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if node.args else None
            if node.func.attr in TROUBLES and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
        names = [getattr(target, "id", "") for target in getattr(node, "targets", [])]
        if names == ["TROUBLE"] and isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def test_every_trouble_of_the_service_is_there() -> None:
    """Whatever may stand in /healthz and behind FAILED in the log."""
    troubles = {name for file in SOURCES for name in trouble_names(file)} - {"timeout"}

    assert {"engine hosts", "engine refresh", "portal events"} <= troubles
    assert troubles | {"store", "request files", "claims"} <= named("What the service says does not work")


TELLING = 10
"""A part so long tells a text from others."""
ENDS = ("fail", "RefusalError", "WishError", "ChangedError")
"""Whoever ends a command with a text names it in a call of one of these."""


def literals(file: Path) -> Iterator[list[str]]:
    """The fixed parts of each text that ends a command."""
    for node in ast.walk(ast.parse(file.read_text())):
        name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in ENDS and node.args:
            constants = [n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)]
            texts = [text for text in constants if isinstance(text, str)]
            parts = [part.strip() for text in texts for part in re.split(r"[;:,()]|{}", text)]
            if telling := [part for part in parts if len(part) >= TELLING]:
                yield telling


@pytest.mark.parametrize("folder", ["cli/client.py", "cli/policy.py", "policy"])
def test_every_text_that_ends_a_command_is_there(folder: str) -> None:
    """By one of the parts of it that are always the same."""
    page, path = PAGE.read_text(), ROOT / "scheduler_plugins" / folder
    files = sorted(path.glob("*.py")) if path.is_dir() else [path]
    texts = [text for file in files for text in literals(file)]

    assert texts
    assert [] == [parts for parts in texts if not any(part in page for part in parts)]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("scheduler_plugins/service/events/portal.py", "No host can start VM"),
        ("scheduler_plugins/service/events/reports.py", "while the service did not answer"),
        ("mdev_inventory/store/rescue.py", "; the service began with an empty one"),
        ("mdev_inventory/store/rescue.py", "The state is kept in memory: a restart forgets it"),
    ],
    ids=["portal", "reports", "moved aside", "in memory"],
)
def test_the_events_are_there(file: str, text: str) -> None:
    """By the words that are always the same."""
    assert text in (ROOT / file).read_text()
    assert text in PAGE.read_text()


@pytest.mark.parametrize("name", ["messages", "versions", "security"])
def test_every_link_leads_somewhere(name: str) -> None:
    """To a page or a file of these."""
    page = PAGE.with_name(f"{name}.md")
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text())

    assert [] == [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", ["versions", "security"])
def test_the_configuration_keys_that_are_named_exist(page: str) -> None:
    """A key is written with its section, or is one that no two sections have."""
    known = {(option.section, option.key) for option in options()}
    text = PAGE.with_name(f"{page}.md").read_text()

    assert set(re.findall(r"`\[(\w+)\] (\w+)`", text)) <= known
