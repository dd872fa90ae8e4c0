"""One line of the result: what was measured, against what, and whether it keeps its bound."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from benchmarks.speed.timing import Stats


@dataclass(frozen=True, slots=True)
class Bound:
    """What a value must keep to."""

    limit: float
    at_least: bool = False
    """Else at most."""

    def keeps(self, value: float) -> bool:
        """Whether the value keeps to it."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        """As the table shows it."""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure and what it is held against."""

    what: str
    figure: Stats
    unit: str = "ms"
    against: str = ""
    """What the other figure is of: the floor, or the naive plugin."""
    other: Stats | None = None
    ratio: float | None = None
    """The figure over the other one, or the other way round where it tells how many times faster."""
    bound: Bound | None = None
    """Of the ratio where there is one, else of the figure's median."""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None where there is none."""
        value = self.figure.median if self.ratio is None else self.ratio
        return None if self.bound is None else self.bound.keeps(value)


@dataclass(slots=True)
class Section:
    """The rows of one measurement, and how its figures grow with the number of hosts."""

    name: str
    title: str
    rows: list[Row] = field(default_factory=list)
    curves: dict[str, list[tuple[int, Stats]]] = field(default_factory=dict)
    """By what was measured: number of hosts and figure, in ms."""


def against(row: Row, name: str, other: Stats, bound: Bound | None = None) -> Row:
    """The row held against a floor: how many times as much it takes."""
    return replace(row, against=name, other=other, ratio=row.figure.median / other.median, bound=bound)


def faster_than(row: Row, name: str, other: Stats, bound: Bound | None = None) -> Row:
    """The row held against something slower: how many times faster it is."""
    return replace(row, against=name, other=other, ratio=other.median / row.figure.median, bound=bound)


def one(value: float) -> Stats:
    """A figure that was taken once."""
    return Stats(value, value, 1)


def to_json(section: Section) -> dict[str, Any]:
    """Plain data; `met` is told along with each row."""
    rows = [{**asdict(row), "met": row.met} for row in section.rows]
    curves = {
        name: [{"hosts": hosts, **asdict(stats)} for hosts, stats in points] for name, points in section.curves.items()
    }
    return {"name": section.name, "title": section.title, "rows": rows, "curves": curves}


def from_json(data: Mapping[str, Any]) -> Section:
    """The section that `to_json` wrote; KeyError or TypeError where it did not."""
    curves = {
        name: [(p["hosts"], Stats(p["median"], p["p95"], p["count"])) for p in points]
        for name, points in data["curves"].items()
    }
    return Section(data["name"], data["title"], [_row(row) for row in data["rows"]], curves)


def _row(data: Mapping[str, Any]) -> Row:
    members = {key: value for key, value in data.items() if key != "met"}
    for key, kind in (("figure", Stats), ("other", Stats), ("bound", Bound)):
        if members[key] is not None:
            members[key] = kind(**members[key])
    return Row(**members)
