"""The page of figures, and its plots."""

import importlib.util
import json
from pathlib import Path

import pytest

from benchmarks.speed import page, rows
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.timing import Stats

FIGURE, FLOOR = Stats(12.5, 15.0, 9), Stats(10.0, 11.0, 9)
SECTION = Section(
    "proxy_socket",
    "The proxy socket",
    [
        rows.against(Row("filter", FIGURE, note="a note"), "trivial plugin", FLOOR, Bound(1.15)),
        Row("memory", rows.one(64), "MiB", bound=Bound(100)),
    ],
    {"ours": [(10, FIGURE), (100, FLOOR)]},
)
MACHINE = {"cores": 2, "python": "3.11.7", "plugins_python": "3.11.2"}
EMPTY = f"# Performance\n\nBefore.\n\n{page.BEGIN}\nold\n{page.END}\n\nAfter.\n"
DOCUMENT = {"machine": MACHINE, "effort": 1.0, "sections": [rows.to_json(SECTION)]}


def test_the_page_has_every_row() -> None:
    """With its floor, its ratio and its bound, and the machine by cores and interpreters alone."""
    text = page.page(EMPTY, DOCUMENT)

    assert "| filter | 12.5 ms | 15.0 ms | trivial plugin | 10.0 ms | 11.0 ms | 1.25 | ≤ 1.15 | MISSED |" in text
    assert "| memory | 64 MiB |  |  |  |  |  | ≤ 100 | met |" in text
    assert "filter: a note." in text
    assert "2 cores with Python 3.11.7" in text
    assert "![The proxy socket, by number of hosts](bench/proxy_socket.svg)" in text


def test_prose_stays_and_figures_are_replaced() -> None:
    """However often the page is made anew."""
    once = page.page(EMPTY, DOCUMENT)

    assert once.startswith("# Performance\n\nBefore.")
    assert once.endswith("\n\nAfter.\n")
    assert "old" not in once
    assert once == page.page(once, DOCUMENT)


def test_a_page_without_a_place_for_figures_is_refused() -> None:
    """Rather than lose its prose."""
    with pytest.raises(ValueError, match="no place for figures"):
        page.page("# Performance\n", DOCUMENT)


def test_what_is_missed_is_said_with_by_how_much() -> None:
    """Each of them; and where nothing is, that is said."""
    kept = {**DOCUMENT, "sections": [rows.to_json(Section("x", "X", SECTION.rows[1:]))]}

    assert "- filter: 1.25 where ≤ 1.15 is wanted (against the trivial plugin)" in page.page(EMPTY, DOCUMENT)
    assert "every bound was kept" in page.page(EMPTY, kept)


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="needs matplotlib (extra `bench`)")
def test_the_same_figures_give_the_same_plots(tmp_path: Path) -> None:
    """Byte for byte, so that only new figures change what is checked in."""
    (tmp_path / "bench.json").write_text(json.dumps(DOCUMENT))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "performance.md").write_text(EMPTY)
        page.main(str(tmp_path / "bench.json"), str(tmp_path / folder))
    one, two = (tmp_path / folder / "bench" / "proxy_socket.svg" for folder in ("one", "two"))

    assert one.read_bytes() == two.read_bytes()
    assert b"<svg" in one.read_bytes()
    assert page.page(EMPTY, DOCUMENT) == (tmp_path / "one" / "performance.md").read_text()
