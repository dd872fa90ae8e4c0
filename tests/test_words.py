"""One word for one thing: what docs/glossary.md calls no longer used is gone from names and from texts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GLOSSARY = ROOT / "docs/glossary.md"
PRODUCT = ("mdev_inventory", "scheduler_plugins")
FOLDERS = (*PRODUCT, "tools", "simulation", "benchmarks", "deploy", "tests")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
"""A word of a name: `KeptNews`, `kept_news` and `KEPT_NEWS` have two."""
DEVICE = re.compile(r"(?<!parent )(?<!mediated )(?<!host )(?<!host's )(?<!PCI )\bdevices?\b", re.I)
CODE = re.compile(r"`[^`]*`|echo [^|]*|\]\([^)]*\)")


def retired() -> frozenset[str]:
    """The words of the glossary's last table."""
    table = GLOSSARY.read_text().partition("## No longer used")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return frozenset(word for row in rows for word in re.findall(r"`(\w+)`", row))


RETIRED = retired()
CLASSES = frozenset(word for word in RETIRED if word[0].isupper())
WORDS = RETIRED - CLASSES


def names(path: Path) -> Iterator[str]:
    """What the file defines and names, its own name included."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield from node.name.split(".")


def is_retired(name: str) -> bool:
    """A class of that name, or a name with such a word in it."""
    words = {word.lower() for word in PART.findall(name)}
    return name in CLASSES or name.strip("_") in WORDS or bool(words & WORDS)


def texts(path: Path) -> Iterator[str]:
    """What the file says to people: messages and docstrings."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def said(text: str) -> set[str]:
    """The words in it that are no longer used."""
    return set(re.findall(r"\w+", text.lower())) & WORDS


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        pytest.param("Ledger", True, id="a class"),
        pytest.param("_ledger_of", True, id="a part of a name"),
        pytest.param("goes_by", True, id="a word of two"),
        pytest.param("test_a_type_goes_by_its_id", False, id="ordinary verbs"),
        pytest.param("news", False, id="an ordinary noun, where only the class is gone"),
        pytest.param("News", True, id="that class"),
        pytest.param("playbook", False, id="within a word"),
    ],
)
def test_what_counts_as_retired(name: str, is_one: bool) -> None:
    """Whole words, whatever their case; classes by their very name."""
    assert is_one == is_retired(name)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_name_has_a_retired_word(folder: str) -> None:
    """A reader meets one word for one thing."""
    found = {
        str(path.relative_to(ROOT)): sorted(bad)
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (bad := set(filter(is_retired, names(path))))
    }

    assert {} == found


@pytest.mark.parametrize("folder", PRODUCT)
def test_no_message_has_a_retired_word(folder: str) -> None:
    """Neither has what the log, the page and docstrings say."""
    found = {
        str(path.relative_to(ROOT)): sorted(bad)
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (bad := {word for text in texts(path) for word in said(text)})
    }

    assert {} == found


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path != GLOSSARY], ids=lambda p: p.name)
def test_no_document_has_a_retired_word(document: Path) -> None:
    """But for the glossary, which says what is called so instead."""
    assert set() == said(document.read_text())


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path.stem != "configuration"], ids=lambda p: p.name)
def test_a_device_is_never_just_a_device(document: Path) -> None:
    """It is a parent device, a card, a virtual function, or a mediated device that is an instance."""
    text = CODE.sub("", document.read_text())

    assert [] == [line for line in text.splitlines() if DEVICE.search(line) and "Not: " not in line]
