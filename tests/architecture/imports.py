"""The import graph: of modules, and of the rooms in which they stand.

A room is a folder at the top of a package, with all that is below it. A loose module beside the folders
counts as a room of its own; a package's `__init__` at the very top does not: it has the version, and nothing
else that anybody needs.
"""

import functools
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import grimp

from tests.architecture import BESIDE, PRODUCT

Graph = Mapping[str, frozenset[str]]
"""Who leans on whom, by name."""
Circle = tuple[str, ...]
Layers = list[tuple[str, ...]]
"""From the top down; those of one layer may not lean on each other."""


def imported(root: Path) -> grimp.ImportGraph:
    """All that the packages in that folder import of each other."""
    sys.path.insert(0, str(root))
    found = [name for name in (*BESIDE, *PRODUCT) if (root / name / "__init__.py").is_file()]
    return grimp.build_graph(*found, cache_dir=None)


def modules(graph: grimp.ImportGraph) -> Graph:
    """Who imports whom."""
    return {name: frozenset(graph.find_modules_directly_imported_by(name)) for name in graph.modules}


def alone(root: Path) -> Graph:
    """The product's files that are in no package, and that nobody can import therefore."""
    files = [file for package in PRODUCT for file in (root / package).rglob("*.py")]
    lost = [file for file in files if not (file.parent / "__init__.py").is_file()]
    return {".".join(file.relative_to(root).with_suffix("").parts): frozenset() for file in lost}


def joined(graph: Graph, room_of: Callable[[str], str]) -> Graph:
    """The same with those of one room as one; those without a room are left out."""
    found: dict[str, set[str]] = {}
    for name, below in graph.items():
        if room := room_of(name):
            found.setdefault(room, set()).update(map(room_of, below))
    return {room: frozenset(below - {room, ""}) for room, below in found.items()}


def product_room(module: str) -> str:
    """The room of a module of the product."""
    parts = module.split(".")
    return ".".join(parts[:2]) if len(parts) > 1 and not set(parts) & set(BESIDE) else ""


def room(module: str) -> str:
    """The room of any module; what stands beside the product is one room each."""
    return module.split(".")[0] if module.split(".")[0] in BESIDE else product_room(module)


def circles(graph: Graph) -> list[Circle]:
    """Those who lean on each other, directly or by way of others."""
    return sorted({circle for circle in _circles(graph).values() if len(circle) > 1})


def floors(graph: Graph) -> int:
    """The longest chain of who leans on whom; a circle is one floor."""
    circle_of = _circles(graph)

    @functools.cache
    def floor(circle: Circle) -> int:
        below = {circle_of[other] for name in circle for other in graph[name]} - {circle}
        return 1 + max(map(floor, below), default=0)

    return max(map(floor, circle_of.values()))


def drawn(graph: Graph) -> Graph:
    """The graph without what follows from it: who leans on B by way of C has no arrow of his own to B."""
    reach = {name: _reach(graph, name) for name in graph}
    return {
        name: frozenset(b for b in below if not any(b in reach[other] for other in below - {b}))
        for name, below in graph.items()
    }


def _circles(graph: Graph) -> dict[str, Circle]:
    """Each with all that it leans on and that lean on it at the same time."""
    reach = {name: _reach(graph, name) for name in graph}
    return {name: tuple(sorted({name} | {other for other in reach[name] if name in reach[other]})) for name in graph}


def _reach(graph: Graph, name: str) -> set[str]:
    found, todo = set[str](), list(graph[name])
    while todo:
        other = todo.pop()
        if other not in found:
            found.add(other)
            todo += graph[other]
    return found


def contracts(root: Path) -> dict[str, Layers]:
    """The layers as the configuration of the project has them, by package; of all packages by ""."""
    tools = tomllib.loads((root / "pyproject.toml").read_text())["tool"]
    return {
        container: [_layer(container, text) for text in contract["layers"]]
        for contract in tools.get("importlinter", {}).get("contracts", ())
        for container in contract.get("containers", [""])
    }


def _layer(container: str, text: str) -> tuple[str, ...]:
    return tuple(".".join(filter(None, (container, name.strip(" ()")))) for name in text.split("|"))


def upwards(graph: grimp.ImportGraph, contracts: Iterable[Layers]) -> Iterator[str]:
    """Who leans on a layer above its own, directly or by way of others."""
    for layers in contracts:
        known = [grimp.Layer(*names) for layer in layers if (names := graph.modules.intersection(layer))]
        for found in graph.find_illegal_dependencies_for_layers(known):
            yield f"{found.importer} leans on {found.imported}"
