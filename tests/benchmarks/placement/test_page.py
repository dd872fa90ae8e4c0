"""The page of figures: condensed, drawn and written from reports, and never by hand."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.placement import page
from benchmarks.placement.pages import plots
from benchmarks.placement.pages.condensed import ReportError, condensed
from benchmarks.placement.pages.tables import TABLES
from tests.benchmarks.placement import small_reports

DOCS = Path(__file__).parents[3] / "docs"
FIGURES = condensed(small_reports.everything())


def test_of_the_reports_only_what_is_shown_is_kept() -> None:
    """No runs, cases of the product's weights only, rounded figures."""
    assert ["frozen", "families", "models", "trace", "frozen-close"] == list(FIGURES["grids"])
    assert ["frozen", "families"] == list(FIGURES["levers"])
    frozen = FIGURES["grids"]["frozen"]
    assert "runs" not in frozen
    assert {"fragmentation", "fragmentation-ages"} == {row["policy"] for row in frozen["compared"]}
    assert 95.1235 == frozen["groups"][0]["count"]
    assert {"fragmentation"} == {row["policy"] for row in frozen["duels"]}
    assert (4, [5000, 5002]) == (frozen["cases"], frozen["seeds"])


def test_a_report_of_another_schema_is_refused() -> None:
    """Figures of an older judge are not mixed in unseen."""
    with pytest.raises(ReportError, match=r"schema 2, where 1 is expected; run it again"):
        condensed([small_reports.judged("frozen") | {"schema": 2}])


@pytest.mark.parametrize(
    ("table", "row"),
    [
        pytest.param("protocol", "| frozen | 4 | 5000 to 5002 | 5000 | 2 min |", id="a grid"),
        pytest.param("protocol", "| frozen (levers) | 1 | 5000 to 5002 | 5000 | 2 min |", id="levers"),
        pytest.param("acceptance", "| 16 hosts x 4 cards | 78.0 | 90.0 | 90.1 | +12.1 | 98.0 | 7.9 |", id="gap"),
        pytest.param("acceptance", "| 20 x 2 A40 | 78.0 | 90.0 | 90.1 | +12.1 |  |  |", id="no bound known"),
        pytest.param(
            "rules",
            "| the rule fgd | 89.00 | -1.00 | -1.05 to -0.95 | 1 / 0 | -1.00 | 95.12 | 50.0 | 0.50 |",
            id="a rule",
        ),
        pytest.param(
            "lifetimes", "| office day | 90.00 | +0.100 | +0.050 to +0.150 | +0.400 | +0.350 to +0.450 |", id="a family"
        ),
        pytest.param(
            "lifetimes",
            "| all six | 90.00 | +0.100 | +0.050 to +0.150 | +0.400 | +0.350 to +0.450 |",
            id="all families",
        ),
        pytest.param("duels", "| the rule fgd | +1.10 | +1.05 to +1.15 | 1 / 0 | -1.10 |", id="a duel"),
        pytest.param(
            "close",
            "| MdevFragmentation, memoryless lifetimes | 4 | 96 | +0.100 | +0.050 to +0.150 | 1 / 0 | -0.10 | +8.00 |",
            id="the grid with more seeds",
        ),
        pytest.param(
            "close",
            "| with ages, six families of lifetimes | 4 | 3 | +0.400 | +0.350 to +0.450 | 1 / 0 | -0.40 | +8.00 |",
            id="no grid with more seeds",
        ),
        pytest.param("losses", "| `16x4/large` | no | -0.100 | -0.150 to -0.050 | 0.010 | 0.20 |", id="a loss"),
        pytest.param(
            "troubles",
            "| the mix 30 % wrong | 90.00 | +0.10 | +0.05 to +0.15 | +0.20 | +0.05 to +0.15 | -0.15 | 0.25 | 0.25 |",
            id="a trouble",
        ),
        pytest.param(
            "reserving",
            "| 95 % | 0.00 | 1.00 | 2.00, 1.50 to 2.50 | 2.00 | 3.00 | 4.00 | 5.00 |",
            id="a cluster that fills",
        ),
        pytest.param("levers", "| the rule drain | +3.50 | +3.45 to +3.55 | +3.50 | +3.50 | 4.7 |", id="a lever"),
        pytest.param("worth", "| with the ages of running VMs | +0.20 | +0.20 |", id="worth"),
        pytest.param("bounds", "| uniform | 60.0 | 61.0 | 62.0 | 63.0 | 64.0 | 65.0 | 66.0 |", id="bounds"),
        pytest.param("sanity", "| FGD | 95.24 | 95.23 | 95.40 | 95.39 |", id="sanity"),
    ],
)
def test_a_table_shows_the_figures(table: str, row: str) -> None:
    """Figures as they are, with signs where they are differences."""
    assert row in page.markdown(TABLES[table](FIGURES)).splitlines()


def test_the_best_rule_comes_first_and_the_worst_case() -> None:
    """Tables are sorted by what they are about."""
    assert "the rule fragmentation-ages" == TABLES["rules"](FIGURES)[1][0]
    differences = [float(row[2]) for row in TABLES["losses"](FIGURES)[1:]]
    assert sorted(differences) == differences
    assert -0.4 == differences[0]


def test_only_what_is_between_markers_is_written() -> None:
    """Text stays; a table is replaced by itself, so writing twice changes nothing."""
    text = "before\n<!-- table: sanity -->\nold\n<!-- end -->\nafter\n"

    once = page.written(text, FIGURES)

    assert once.startswith("before\n<!-- table: sanity -->\n| rule | here |")
    assert once.endswith("|\n<!-- end -->\nafter\n")
    assert once == page.written(once, FIGURES)


def test_a_marker_of_an_unknown_table_is_an_error() -> None:
    """A typing error does not leave an old table standing."""
    with pytest.raises(ReportError, match="the page asks for a table 'nonsense'; known: protocol"):
        page.written("<!-- table: nonsense -->\n<!-- end -->", FIGURES)


@pytest.mark.parametrize("name", plots.PLOTS)
def test_a_plot_is_valid_and_has_no_date(name: str) -> None:
    """SVG that parses, and says what it is compared with."""
    drawn = plots.drawn(name, FIGURES)

    assert "{http://www.w3.org/2000/svg}svg" == ET.fromstring(drawn).tag
    assert b"packing" in drawn
    assert b"<dc:date>" not in drawn


def test_the_command_writes_figures_plots_and_tables(tmp_path: Path) -> None:
    """All that is shown, and the figures that it can be made from again."""
    reports = []
    for number, report in enumerate(small_reports.everything()):
        reports.append(str(tmp_path / f"{number}.json"))
        Path(reports[-1]).write_text(json.dumps(report))
    for name in page.PAGES:
        (tmp_path / name).write_text("<!-- table: sanity -->\n<!-- end -->\n")

    assert 0 == page.main([*reports, "--docs", str(tmp_path)])

    assert FIGURES == json.loads((tmp_path / "placement/figures.json").read_text())
    assert all("| FGD |" in (tmp_path / name).read_text() for name in page.PAGES)
    for name in plots.PLOTS:
        assert plots.drawn(name, FIGURES) == (tmp_path / f"placement/{name}.svg").read_bytes()


@pytest.mark.parametrize("text", [pytest.param(None, id="missing"), pytest.param("{", id="no JSON")])
def test_a_file_that_is_no_report_ends_with_1(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error says why, and nothing is written."""
    path = tmp_path / "report.json"
    if text is not None:
        path.write_text(text)

    assert 1 == page.main([str(path), "--docs", str(tmp_path)])
    assert "Error: " in capsys.readouterr().err
    assert not (tmp_path / "placement").exists()


@pytest.mark.parametrize("name", page.PAGES)
def test_the_pages_show_what_the_figures_say(name: str) -> None:
    """They are what the program makes of `docs/placement/figures.json`."""
    text = (DOCS / name).read_text()

    assert text == page.written(text, json.loads((DOCS / "placement/figures.json").read_text()))


def test_the_page_shows_every_table_and_every_plot() -> None:
    """What is made is shown, and what is shown is there."""
    text = "".join((DOCS / name).read_text() for name in page.PAGES)

    assert set(TABLES) == set(re.findall(r"<!-- table: ([a-z-]+) -->", text))
    assert set(plots.PLOTS) == set(re.findall(r"\(placement/([a-z]+)\.svg\)", text))
    for name in plots.PLOTS:
        ET.fromstring((DOCS / f"placement/{name}.svg").read_bytes())
