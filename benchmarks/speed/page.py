"""The figures in `docs/performance.md` and its plots, made from one run of `make bench`.

python -m benchmarks.speed.page bench.json docs
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed import report, rows
from benchmarks.speed.rows import Section

FOLDER = "bench"
NAMES = ("what", "median", "p95", "against", "its median", "its p95", "ratio", "bound", "kept")

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

MISSED = "## What is missed\n"


def page(text: str, document: Mapping[str, Any]) -> str:
    """The page with these figures between its marks; KeyError or TypeError for other JSON than ours.

    What stands before and after them is prose, and stays. ValueError where there are no marks.
    """
    before, found, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (found and end):
        raise ValueError(f"the page has no place for figures: it needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{_figures(document)}\n{END}{after}"


def _figures(document: Mapping[str, Any]) -> str:
    sections = [rows.from_json(section) for section in document["sections"]]
    return "\n".join([_machine(document), *map(_section, sections), _missed(sections)])


def _machine(document: Mapping[str, Any]) -> str:
    machine = document["machine"]
    return (
        f"Measured on {machine['cores']} cores with Python {machine['python']}; plugins and the hook ran "
        f"under Python {machine['plugins_python']}.\n"
    )


def _section(section: Section) -> str:
    lines = [f"## {section.title}", "", *_table([report.cells(row) for row in section.rows])]
    lines += [f"\n{row.what}: {row.note}." for row in section.rows if row.note]
    if section.curves:
        lines += ["", f"![{section.title}, by number of hosts]({FOLDER}/{section.name}.svg)"]
    return "\n".join([*lines, ""])


def _table(cells: Sequence[Sequence[str]]) -> list[str]:
    numbers = {1, 2, 4, 5, 6}
    rule = ["---:" if column in numbers else "---" for column in range(len(NAMES))]
    return [f"| {' | '.join(line)} |" for line in (NAMES, rule, *cells)]


def _missed(sections: Sequence[Section]) -> str:
    missed = report.missed(sections)
    if not missed:
        return f"{MISSED}\nNothing: every bound was kept in this run.\n"
    return "\n".join([MISSED, *(f"- {row.what}: {_by_how_much(row)}" for row in missed), ""])


def _by_how_much(row: rows.Row) -> str:
    value = row.figure.median if row.ratio is None else row.ratio
    what = report.figure(value, row.unit if row.ratio is None else "")
    return f"{what} where {row.bound} is wanted" + (f" (against the {row.against})" if row.against else "")


def main(file: str, docs: str) -> None:
    """Writes the plots and the page's figures below `docs`."""
    from benchmarks.speed import plots  # matplotlib takes a second, and the text needs none

    document = json.loads(Path(file).read_text())
    folder = Path(docs) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for section in plots.with_curves([rows.from_json(section) for section in document["sections"]]):
        (folder / f"{section.name}.svg").write_text(plots.drawn(section))
    text = Path(docs) / "performance.md"
    text.write_text(page(text.read_text(), document))


if __name__ == "__main__":
    main(*sys.argv[1:])
