"""The result as a table for people."""

from collections.abc import Iterable

from benchmarks.speed.rows import Row, Section

HEAD = ("what", "median", "p95", "against", "its median", "its p95", "ratio", "bound", "")
MET = {True: "met", False: "MISSED", None: ""}


def table(sections: Iterable[Section]) -> str:
    """All sections, each under its title."""
    return "\n\n".join(f"{section.title}\n{_aligned(section)}" for section in sections)


def cells(row: Row) -> tuple[str, ...]:
    """The row's cells as `HEAD` names them."""
    other = row.other
    return (
        row.what,
        figure(row.figure.median, row.unit),
        figure(row.figure.p95, row.unit) if row.figure.count > 1 else "",
        row.against,
        figure(other.median, row.unit) if other else "",
        figure(other.p95, row.unit) if other and other.count > 1 else "",
        "" if row.ratio is None else f"{row.ratio:.3g}",
        "" if row.bound is None else str(row.bound),
        MET[row.met],
    )


def figure(value: float, unit: str) -> str:
    """A value in its unit, with as many digits as mean something."""
    counted = unit != "ms" and value == int(value)
    digits = 0 if value >= 100 or counted else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def missed(sections: Iterable[Section]) -> list[Row]:
    """The rows that do not keep their bounds."""
    return [row for section in sections for row in section.rows if row.met is False]


def _aligned(section: Section) -> str:
    lines = [HEAD, *map(cells, section.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    texts = []
    for number, line in enumerate(lines):
        numbers = {1, 2, 4, 5, 6}
        parts = [
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        texts.append("  ".join(parts).rstrip())
        if number and section.rows[number - 1].note:
            texts.append(f"    {section.rows[number - 1].note}")
    return "\n".join(texts)
