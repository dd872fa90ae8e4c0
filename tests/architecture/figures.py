"""All figures of the code, with what they may be at most."""

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.architecture import BESIDE, PRODUCT, imports, sizes

WIDTH = 80


class Figure(NamedTuple):
    """A figure, or what should not be there at all."""

    name: str
    value: str
    bound: str = ""
    """In words; empty where it may be anything."""
    holds: bool = True

    def __str__(self) -> str:
        """One line of a table."""
        mark = "" if not self.bound else " ok" if self.holds else " NO"
        line = f"{self.name:<32} {self.value:<22} {self.bound}{mark}".rstrip()
        return textwrap.fill(line, WIDTH, subsequent_indent=" " * 8, break_on_hyphens=False)


def figures(root: Path) -> Iterator[Figure]:
    """Those of the project in that folder."""
    graph = imports.imported(root)
    modules = imports.modules(graph)
    yield from _none("circles among modules", (" <> ".join(names) for names in imports.circles(modules)))
    yield from _none("imports against the layers", imports.upwards(graph, imports.contracts(root).values()))
    rooms = imports.joined({**modules, **imports.alone(root)}, imports.product_room)
    loose = {name: len(sizes.loose(root, name)) for name in PRODUCT}
    yield Figure("rooms of the product", f"{len(rooms) - sum(loose.values())} folders")
    yield Figure("floors of the product", f"{imports.floors(rooms)}")
    for package, count in loose.items():
        yield _at_most(f"loose modules, {package}", count, sizes.MOST_LOOSE)
    yield from _sizes(root, "product", sizes.product(root), sizes.MOST_PRODUCT)
    yield from _sizes(root, " and ".join(BESIDE), sizes.beside(root))
    yield from _sizes(root, "tests", sizes.tests(root))


def _sizes(root: Path, what: str, paths: list[Path], most: int = 0) -> Iterator[Figure]:
    files, functions = sizes.files(root, paths), sizes.functions(root, paths)
    lines = sizes.total(files)
    yield _at_most(what, lines, most, "lines") if most else Figure(what, f"{lines:,} lines")
    yield _at_most("  function in the middle", sizes.median(functions), sizes.MOST_MEDIAN, "lines")
    for name, all_of_them, bound in (
        ("  largest function", functions, sizes.MOST_FUNCTION),
        ("  largest file", files, sizes.MOST_FILE),
    ):
        largest = all_of_them[-1]
        yield _at_most(name, largest.lines, bound, "lines")
        yield Figure(f"    {largest.name}", "")


def _none(name: str, found: Iterable[str]) -> Iterator[Figure]:
    listed = list(found)
    yield Figure(name, str(len(listed)) if listed else "none", "none", not listed)
    for each in listed:
        yield Figure(f"    {each}", "")


def _at_most(name: str, value: float, most: int, unit: str = "") -> Figure:
    return Figure(name, f"{value:,g} {unit}".strip(), f"at most {most:,}", value <= most)
