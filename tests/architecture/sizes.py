"""How large files and functions are, in lines; docstrings count."""

import ast
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.architecture import BESIDE, PRODUCT

MOST_PRODUCT = 21_500
MOST_FILE = 250
MOST_FUNCTION = 50
MOST_MEDIAN = 7
"""Of all functions."""
MOST_LOOSE = 6
"""Modules at the top of a package, beside its folders."""


class Sized(NamedTuple):
    """So many lines, and of what."""

    lines: int
    name: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.lines} {self.name}"


def product(root: Path) -> list[Path]:
    """The product's files, without what stands beside it or stood in its folders."""
    paths = [path for package in PRODUCT for path in (root / package).rglob("*.py")]
    return [path for path in paths if not set(path.relative_to(root).parts) & set(BESIDE)]


def beside(root: Path) -> list[Path]:
    """The simulation's and the benchmarks' files, wherever these two stand."""
    paths = [path for name in (*BESIDE, *PRODUCT) for path in (root / name).rglob("*.py")]
    return [path for path in paths if set(path.relative_to(root).parts) & set(BESIDE)]


def tests(root: Path) -> list[Path]:
    """The suite's files."""
    return list((root / "tests").rglob("*.py"))


def loose(root: Path, package: str) -> list[str]:
    """The modules at the top of a package, its `__init__` apart."""
    return sorted(path.stem for path in (root / package).glob("*.py") if path.stem != "__init__")


def files(root: Path, paths: Iterable[Path]) -> list[Sized]:
    """Every file, the largest last."""
    return sorted(Sized(len(p.read_text().splitlines()), str(p.relative_to(root))) for p in paths)


def functions(root: Path, paths: Iterable[Path]) -> list[Sized]:
    """Every function and method, the largest last."""
    return sorted(
        Sized((node.end_lineno or node.lineno) - node.lineno + 1, f"{path.relative_to(root)}:{node.name}")
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def total(sized: Iterable[Sized]) -> int:
    """All their lines."""
    return sum(each.lines for each in sized)


def median(sized: Iterable[Sized]) -> float:
    """So large is the one in the middle."""
    return statistics.median(each.lines for each in sized)
