"""From the judge's reports to the one file that the page is made from: `docs/placement/figures.json`.

A report has one figure for each seed, case and rule: megabytes. What is shown are means, intervals and
differences, so that is what is kept, rounded to more digits than are shown: for each grid the `groups` and
`duels`, and for the product's weights the difference in each case; the levers' `groups`; the sanity check.
"""

from collections.abc import Iterable, Sequence
from typing import Any

Row = dict[str, Any]

SHOWN = ("fragmentation", "fragmentation-ages")
"""The rules that are compared case by case."""
LEVERS = "moves"
"""Only the levers' reports have this figure."""
_ALONE = ("sanity", "bounds", "troubles", "reserving")
"""Reports of a single table."""
_BY = ("all", "fleet", "lifetimes")
_DIGITS = 4


class ReportError(Exception):
    """A file that is no report of this version."""


def condensed(reports: Sequence[Row]) -> Row:
    """What is shown of the reports: `grids` and `levers` by the name of the grid, and the single tables."""
    found: Row = {"grids": {}, "levers": {}} | {name: [] for name in _ALONE}
    for report in reports:
        alone = next((key for key in _ALONE if key in report), None)
        if alone:
            found[alone] = _rows(report[alone])
        elif report.get("schema") != 1:
            raise ReportError(f"a report of schema {report.get('schema')!r}, where 1 is expected; run it again")
        elif LEVERS in report["runs"][0]:
            found["levers"][report["grid"]] = _head(report) | {"groups": _groups(report)}
        else:
            found["grids"][report["grid"]] = _grid(report)
    return found


def _grid(report: Row) -> Row:
    return _head(report) | {
        "groups": _groups(report),
        "duels": _rows(row for row in report["duels"] if row["policy"] in SHOWN),
        "compared": _rows(row for row in report["compared"] if row["policy"] in SHOWN),
    }


def _groups(report: Row) -> list[Row]:
    return _rows(row for row in report["groups"] if row["by"] in _BY)


def _head(report: Row) -> Row:
    kept = ("arrivals", "baseline", "seconds", "policies")
    return {key: report[key] for key in kept} | {
        "seeds": [report["seeds"][0], report["seeds"][-1]],
        "cases": len(report["cases"]),
    }


def _rows(rows: Iterable[Row]) -> list[Row]:
    return [_rounded(row) for row in rows]


def _rounded(row: Row) -> Row:
    return {key: round(value, _DIGITS) if isinstance(value, float) else value for key, value in row.items()}
