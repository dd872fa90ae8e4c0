"""Rows: what is held against what, and whether it keeps its bound."""

import json
from dataclasses import replace

import pytest

from benchmarks.speed import report, rows
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.timing import Stats

FIGURE, FLOOR = Stats(12.0, 15.0, 9), Stats(10.0, 11.0, 9)


def test_a_figure_is_held_against_its_floor_by_the_medians() -> None:
    """How many times as much it takes."""
    row = rows.against(Row("start", FIGURE), "floor", FLOOR, Bound(1.15))

    assert 1.2 == pytest.approx(row.ratio)
    assert row.met is False
    assert rows.against(Row("start", FIGURE), "floor", FLOOR, Bound(1.25)).met


def test_a_figure_is_held_against_something_slower_the_other_way_round() -> None:
    """How many times faster it is."""
    row = rows.faster_than(Row("start", FIGURE), "naive", Stats(120.0, 130.0, 9), Bound(10, at_least=True))

    assert 10 == pytest.approx(row.ratio)
    assert row.met


def test_without_a_ratio_the_bound_is_of_the_figure_itself() -> None:
    """And without a bound nothing can be missed."""
    assert Row("size", rows.one(4096), "B", bound=Bound(4096)).met
    assert Row("size", rows.one(4097), "B", bound=Bound(4096)).met is False
    assert Row("size", rows.one(4097), "B").met is None


SECTION = Section(
    "proxy_socket",
    "The proxy socket",
    [
        rows.against(Row("filter, 1,000 hosts", FIGURE, note="a note"), "trivial plugin", FLOOR, Bound(1.15)),
        Row("requests", rows.one(2), "requests", bound=Bound(2)),
        Row("memory", rows.one(1234.5), "MiB"),
    ],
    {"ours": [(10, FIGURE), (100, FLOOR)]},
)


def test_a_section_survives_the_way_through_json() -> None:
    """The page and the plots are made from the file, not from the run."""
    assert SECTION == rows.from_json(json.loads(json.dumps(rows.to_json(SECTION))))


def test_the_json_tells_which_bounds_are_met() -> None:
    """For programs that do not know the rule."""
    assert [False, True, None] == [row["met"] for row in rows.to_json(SECTION)["rows"]]


def test_the_table_names_figure_floor_ratio_and_bound() -> None:
    """One line for each row, columns aligned, a note below its row."""
    table = report.table([SECTION]).splitlines()

    words = [line.split() for line in table]
    assert "The proxy socket" == table[0]
    assert ["what", "median", "p95", "against"] == words[1][:4]
    assert ["trivial", "plugin", "10.0", "ms", "11.0", "ms", "1.2", "≤", "1.15", "MISSED"] == words[2][7:]
    assert "    a note" == table[3]
    assert ["requests", "2", "requests", "≤", "2", "met"] == words[4]
    assert table[4].index("≤") == table[2].index("≤")
    assert ["memory", "1,234", "MiB"] == words[5]


def test_what_is_missed_is_told_apart() -> None:
    """The exit status depends on it."""
    kept = replace(SECTION, rows=SECTION.rows[1:])

    assert SECTION.rows[:1] == report.missed([SECTION, kept])


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        pytest.param(0.1234, "ms", "0.12 ms", id="little"),
        pytest.param(12.34, "ms", "12.3 ms", id="some"),
        pytest.param(1234.5, "ms", "1,234 ms", id="much"),
        pytest.param(2, "requests", "2 requests", id="whole"),
        pytest.param(1.5, "", "1.50", id="no unit"),
    ],
)
def test_figures_have_as_many_digits_as_mean_something(value: float, unit: str, expected: str) -> None:
    """Three, about."""
    assert expected == report.figure(value, unit)
