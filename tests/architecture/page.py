"""What of docs/architecture.md is made from the code: its picture, and the table of the rooms."""

import ast
import re
from pathlib import Path

from tests.architecture import PRODUCT, imports, picture

PAGE = "docs/architecture.md"
PICTURE = "docs/architecture.svg"
_TABLE = re.compile(r"(<!-- table: rooms -->\n).*?(<!-- end -->)", re.DOTALL)


def written(root: Path) -> dict[Path, str]:
    """The files as they should be, by path."""
    graph = imports.imported(root)
    modules = {**imports.modules(graph), **imports.alone(root)}
    rooms, floors = imports.joined(modules, imports.room), imports.floors(_product(modules))
    drawing = picture.svg(picture.rows(imports.contracts(root), rooms), imports.drawn(rooms))
    page = root / PAGE
    text = _TABLE.sub(lambda marks: marks[1] + _table(root, floors) + marks[2], page.read_text())
    return {page: text, root / PICTURE: drawing}


def _product(modules: imports.Graph) -> imports.Graph:
    return imports.joined(modules, imports.product_room)


def _table(root: Path, floors: int) -> str:
    rows = [
        f"| `{folder.relative_to(root)}/` | {_words(folder)} |\n"
        for package in PRODUCT
        for folder in sorted(path for path in (root / package).rglob("*") if any(path.glob("*.py")))
    ]
    head = f"The product stands on {floors} floors: the longest chain of rooms that lean on each other."
    return f"{head}\n\n| room | what it is for |\n|---|---|\n{''.join(rows)}"


def _words(folder: Path) -> str:
    """What its `__init__`, or the one file in it, says of itself in the first two paragraphs."""
    first = min(folder.glob("*.py"))
    docstring = ast.get_docstring(ast.parse(first.read_text())) or ""
    return " ".join(" ".join(docstring.split("\n\n")[:2]).split())
