"""docs/architecture.md names files and functions that exist, and every document points to something."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture import ROOT, page

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
"""Those that say how things are; docs/decisions has what was decided once, with the names of then."""
NAMED = re.compile(r"\[`([\w.]+)`\]\(([^)]+\.py)\)")
"""A name as the page has it: module and what stands in it, with a link to its file."""
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
PYTHON_FILE = re.compile(r"`([\w/]+\.py)`")
FOLDER = re.compile(r"`([\w/]+)/`")
ROOM = re.compile(r"^\| `([\w/]+)/` \| (.*) \|$", re.M)
ENTRANCE = re.compile(r"`(\w+)\.((?!py`)\w+)`")


def defined(body: Iterable[ast.stmt], names: list[str]) -> bool:
    """Whether such a chain of names (`Class`, `method`) is defined there."""
    if not names:
        return True
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found = [target.id for target in targets if isinstance(target, ast.Name)]
        if names[0] in (getattr(node, "name", ""), *found):
            return defined(getattr(node, "body", ()), names[1:])
    return False


def exists(name: str) -> bool:
    """Whether a file of the project, by its last names, is there."""
    return (ROOT / name).is_file() or any(ROOT.glob(f"[!.]*/**/{name}"))


@pytest.mark.parametrize(("name", "file"), NAMED.findall((ROOT / page.PAGE).read_text()))
def test_every_name_is_defined_where_the_page_says(name: str, file: str) -> None:
    """A function that was renamed or has moved is noticed here."""
    path = (ROOT / "docs" / file).resolve()
    module, *names = name.split(".")

    assert module == (path.parent.name if path.stem == "__init__" else path.stem)
    assert defined(ast.parse(path.read_text()).body, names)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    """To a file, as a reader of the repository follows it."""
    links = LINK.findall(document.read_text())

    assert [] == [link for link in links if not (document.parent / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_of_ours_that_is_named_exists(document: Path) -> None:
    """Under that name, wherever in the project it lies."""
    named = PYTHON_FILE.findall(document.read_text())

    assert [] == [name for name in named if not exists(name)]


def test_every_folder_that_the_page_names_exists() -> None:
    """From the top of the project."""
    named = FOLDER.findall((ROOT / page.PAGE).read_text())

    assert [] == [name for name in named if not (ROOT / name).is_dir()]


@pytest.mark.parametrize(("folder", "words"), ROOM.findall((ROOT / page.PAGE).read_text()))
def test_the_entrances_of_a_room_exist(folder: str, words: str) -> None:
    """What its own docstring points to is there."""
    for module, name in ENTRANCE.findall(words):
        assert defined(ast.parse((ROOT / folder / f"{module}.py").read_text()).body, [name])
