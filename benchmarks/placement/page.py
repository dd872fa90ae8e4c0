"""The tables and plots of `docs/placement.md`, and a table of `docs/units.md`, from the judge's reports.

    python -m benchmarks.placement.page REPORT.json ...

Condenses the reports into `docs/placement/figures.json` (without reports: takes what is there), draws plots
beside it, and writes each table of the pages between its markers, `<!-- table: NAME -->` and `<!-- end -->`.
No figure of them is typed by hand.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.placement.pages import plots
from benchmarks.placement.pages.condensed import ReportError, Row, condensed
from benchmarks.placement.pages.tables import TABLES

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("placement.md", "units.md")
_MARKED = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table: the first row is its head; all columns but the first are figures."""
    head, *body = rows
    rule = ["---", *["--:" for _ in head[1:]]]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, rule, *body))


def written(text: str, figures: Row) -> str:
    """The page with its tables made anew; a marker of an unknown table is an error."""

    def table(match: re.Match[str]) -> str:
        if match[2] not in TABLES:
            raise ReportError(f"the page asks for a table {match[2]!r}; known: {', '.join(TABLES)}")
        return match[1] + markdown(TABLES[match[2]](figures)) + match[3]

    return _MARKED.sub(table, text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes figures, plots and tables; 0 when done, 1 where a report cannot be used."""
    parser = argparse.ArgumentParser(prog="page", description="Tables and plots of docs/placement.md.")
    parser.add_argument("reports", type=Path, nargs="*", help="JSON of the judge, its levers and sanity check")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of placement.md (default: %(default)s)")
    options = parser.parse_args(arguments)
    folder, pages = options.docs / "placement", [options.docs / name for name in PAGES]
    kept = folder / "figures.json"
    try:
        if options.reports:
            found = condensed([json.loads(path.read_text()) for path in options.reports])
            folder.mkdir(exist_ok=True)
            kept.write_text(json.dumps(found, separators=(",", ":"), sort_keys=True).replace("},{", "},\n{") + "\n")
        figures = json.loads(kept.read_text())
        for name in plots.PLOTS:
            (folder / f"{name}.svg").write_bytes(plots.drawn(name, figures))
        for page in pages:
            page.write_text(written(page.read_text(), figures))
    except (OSError, ValueError, KeyError, ReportError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
