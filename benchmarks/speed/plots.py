"""How figures grow with the number of hosts, as SVG: the same figures give the same bytes."""

import io
from collections.abc import Iterable
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from benchmarks.speed.rows import Section

STYLE: Any = {"svg.hashsalt": "mdev-scheduler", "svg.fonttype": "none", "font.size": 10, "axes.grid": True}
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Told apart by everybody (Okabe and Ito)."""
MARKERS = "os^Dvx"


def with_curves(sections: Iterable[Section]) -> list[Section]:
    """The sections that there is something to draw of."""
    return [section for section in sections if section.curves]


def drawn(section: Section) -> str:
    """The section's medians against the number of hosts, both logarithmic; whiskers go up to the p95."""
    with matplotlib.rc_context(STYLE), io.StringIO() as file:
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.subplots()
        for number, (name, points) in enumerate(section.curves.items()):
            hosts = [count for count, _ in points]
            medians = [stats.median for _, stats in points]
            above = [max(0.0, stats.p95 - stats.median) for _, stats in points]
            colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
            whiskers = ([0.0] * len(above), above)
            axes.errorbar(hosts, medians, whiskers, color=colour, marker=marker, capsize=3, label=name)
        axes.set(xscale="log", yscale="log", xlabel="hosts", ylabel="ms", title=section.title)
        axes.legend(loc="best", fontsize=8)
        figure.savefig(file, format="svg", metadata={"Date": None})
        return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"
