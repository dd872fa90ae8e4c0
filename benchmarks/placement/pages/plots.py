"""Plots of the judge's figures (`condensed.py`), as SVG that is the same for the same figures."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.placement.pages.condensed import Row

TODAY, BASELINE, OURS, AGED = "ovirt", "packing", "fragmentation", "fragmentation-ages"
BLUE, ORANGE, GREY, DARK, RED = "#1f6fb4", "#e07b00", "#8a8a8a", "#222222", "#c0392b"
SIGNIFICANT = 0.05
COLOURS = {TODAY: RED, BASELINE: GREY, OURS: BLUE, AGED: ORANGE}
_STYLE: Any = {
    "svg.hashsalt": "mdev-scheduler",
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "legend.frameon": False,
    "figure.facecolor": "white",
}
FLEET_NAMES = {
    "16x4": "16 hosts x 4 cards",
    "40x2": "40 hosts x 2 cards",
    "6x8": "6 hosts x 8 cards",
    "t4-and-bare": "12 x 4 T4, 8 without",
    "a40": "20 x 2 A40",
    "a16": "8 x 8 A16",
    "t4-a40-a16": "T4, A40, A16, without",
}
LIFETIME_NAMES = {
    "exp": "memoryless",
    "const": "all alike",
    "logn": "log-normal",
    "hyper": "many short, few long",
    "prof": "small ones long",
    "vdi": "office day",
}


def group(figures: Row, policy: str, by: str, value: str) -> Row:
    """The row of a grid's `groups`."""
    return next(row for row in figures["groups"] if (row["policy"], row["by"], row["value"]) == (policy, by, value))


def values(figures: Row, by: str) -> list[str]:
    """What the grid's cases are grouped into."""
    return list(dict.fromkeys(row["value"] for row in figures["groups"] if row["by"] == by))


def titles(figures: Row) -> dict[str, str]:
    """What the rules are called, for people."""
    return {policy["name"]: policy["title"] for policy in figures["policies"]}


def closest(all_figures: Row, grid: str) -> Row:
    """A grid as it was replayed with the most seeds."""
    found: Row = all_figures["grids"].get(f"{grid}-close") or all_figures["grids"][grid]
    return found


def interval(row: Row, digits: int = 2) -> str:
    """The 95 % interval of a difference, for people."""
    return f"{row['low']:+.{digits}f} to {row['high']:+.{digits}f}"


def acceptance(all_figures: Row) -> Figure:
    """What an administrator feels: GPU demand let in, by fleet, today, packing, ours, and the bound."""
    fleets = [(grid, fleet) for grid in ("frozen", "models") for fleet in _fleets(all_figures, grid)]
    figure, axes = _new(1.2 + 0.62 * len(fleets))
    for line, (grid, fleet) in enumerate(fleets):
        _fleet_line(axes, line, all_figures["grids"][grid], fleet)
        if grid in all_figures["levers"]:
            top = group(all_figures["levers"][grid], "bound", "fleet", fleet)["gpu"]
            axes.plot([top, top], [line - 0.3, line + 0.3], color=DARK, linewidth=2)
    _lines(axes, [FLEET_NAMES.get(fleet, fleet) for _, fleet in fleets])
    axes.set_xlabel("GPU demand let in, %")
    for name, label in _LABELS.items():
        axes.plot([], [], _MARKERS[name], color=COLOURS[name], markersize=9, label=label)
    axes.plot([], [], "|", color=DARK, markersize=12, markeredgewidth=2, label="bound: nothing exceeds it")
    _legend_below(axes, 2)
    return figure


def _fleet_line(axes: Axes, line: int, figures: Row, fleet: str) -> None:
    found = {name: group(figures, name, "fleet", fleet)["gpu"] for name in _MARKERS}
    axes.plot([found[TODAY], found[OURS]], [line, line], color="#c9d9e8", linewidth=5, zorder=1)
    for name, marker in _MARKERS.items():
        axes.plot(found[name], line, marker, color=COLOURS[name], markersize=9, zorder=3)
    gain, middle = found[OURS] - found[TODAY], (found[TODAY] + found[OURS]) / 2
    axes.annotate(f"{gain:+.1f}", (middle, line), textcoords="offset points", xytext=(0, 7), ha="center")


_MARKERS = {TODAY: "o", BASELINE: "s", OURS: "D"}
_LABELS = {TODAY: "oVirt today, no mdev weight", BASELINE: "GPU packing", OURS: "MdevFragmentation"}


def differences(all_figures: Row) -> Figure:
    """Paired differences to packing, of every rule; on the right those within two points, larger."""
    figures = all_figures["grids"]["frozen"]
    rows = [row for row in figures["groups"] if row["by"] == "all" and row["policy"] != figures["baseline"]]
    rows.sort(key=lambda row: float(row["difference"]), reverse=True)
    close = [row for row in rows if abs(row["difference"]) < 2]
    figure = Figure(figsize=(9, 1.3 + 0.3 * len(rows)), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1])
    names = titles(figures)
    for axes, shown in ((left, rows), (right, close)):
        for line, row in enumerate(shown):
            _interval(axes, line, row, _colour(row))
        axes.axvline(0, color=DARK, linewidth=1)
        _lines(axes, [_short(row["policy"], names[row["policy"]]) for row in shown])
        axes.set_xlabel("points, against GPU packing")
    left.set_title("all rules", fontsize=10)
    right.set_title("within 2 points, 95 %", fontsize=10)
    return figure


def lifetimes(all_figures: Row) -> Figure:
    """Paired differences to packing by how long VMs live."""
    figures = closest(all_figures, "families")
    families = values(figures, "lifetimes")
    figure, axes = _new(1.4 + 0.62 * len(families))
    for line, family in enumerate(families):
        for offset, name in ((-0.14, OURS), (0.14, AGED)):
            _interval(axes, line + offset, group(figures, name, "lifetimes", family), COLOURS[name])
    axes.axvline(0, color=DARK, linewidth=1)
    _lines(axes, [LIFETIME_NAMES.get(family, family) for family in families])
    axes.set_xlabel("GPU demand let in, points against GPU packing, 95 % intervals")
    axes.plot([], [], "o", color=COLOURS[OURS], label="MdevFragmentation")
    axes.plot([], [], "o", color=COLOURS[AGED], label="with the ages of running VMs")
    _legend_below(axes, 2)
    return figure


def cases(all_figures: Row) -> Figure:
    """Every case, sorted: losses as plain as wins."""
    figures = closest(all_figures, "frozen")
    own = (row for row in figures["compared"] if row["policy"] == OURS)
    rows = sorted(own, key=lambda row: float(row["difference"]))
    figure, axes = _new(4.6)
    for label, colour in _VERDICTS.items():
        chosen = [(place, row) for place, row in enumerate(rows) if _verdict(row) == label]
        for place, row in chosen:
            axes.plot([place, place], [row["low"], row["high"]], color=colour, linewidth=1.5)
        across, up = [place for place, _ in chosen], [row["difference"] for _, row in chosen]
        axes.plot(across, up, "o", color=colour, markersize=4, label=f"{label}: {len(chosen)}")
    axes.axhline(0, color=DARK, linewidth=1)
    axes.set_xlabel(f"the {len(rows)} cases of the frozen grid, sorted; significant after Holm's correction")
    axes.set_ylabel("points against GPU packing")
    axes.set_xticks([])
    _legend_below(axes, 2)
    return figure


_LOSS, _BELOW = "significant loss", "below packing, not significant"
_ABOVE, _WIN = "above packing, not significant", "significant win"
_VERDICTS = {_LOSS: RED, _BELOW: ORANGE, _ABOVE: GREY, _WIN: BLUE}


def _verdict(row: Row) -> str:
    if row["difference"] < 0:
        return _LOSS if row["holm"] < SIGNIFICANT else _BELOW
    return _WIN if row["holm"] < SIGNIFICANT else _ABOVE


def levers(all_figures: Row) -> Figure:
    """What no weight can give, beside the weights."""
    figures = all_figures["levers"]["frozen"]
    names = [name for name in titles(figures) if name != figures["baseline"]]
    figure, axes = _new(1.0 + 0.42 * len(names))
    for line, name in enumerate(names):
        row = group(figures, name, "all", "")
        colour = DARK if name == "bound" else BLUE if name in (OURS, AGED) else ORANGE
        axes.barh(line, row["difference"], height=0.6, color=colour)
        axes.annotate(
            f"{row['difference']:+.2f}", (max(row["difference"], 0), line), textcoords="offset points", xytext=(4, -4)
        )
    axes.margins(x=0.12)
    _lines(axes, [titles(figures)[name] for name in names])
    axes.set_xlabel("GPU demand let in, points against GPU packing")
    return figure


PLOTS: dict[str, Callable[[Row], Figure]] = {
    "acceptance": acceptance,
    "differences": differences,
    "lifetimes": lifetimes,
    "cases": cases,
    "levers": levers,
}


def drawn(name: str, figures: Row, form: str = "svg") -> bytes:
    """The plot as a file; SVG has no date and no random ids in it."""
    with matplotlib.rc_context(_STYLE), io.BytesIO() as file:
        PLOTS[name](figures).savefig(file, format=form, metadata={"Date": None} if form == "svg" else None)
        return file.getvalue()


def _new(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(9, height), layout="constrained")
    return figure, figure.subplots()


def _fleets(all_figures: Row, grid: str) -> list[str]:
    return values(all_figures["grids"][grid], "fleet") if grid in all_figures["grids"] else []


def _interval(axes: Axes, line: float, row: Row, colour: str) -> None:
    axes.plot([row["low"], row["high"]], [line, line], color=colour, linewidth=2)
    axes.plot(row["difference"], line, "o", color=colour, markersize=6)


def _colour(row: Row) -> str:
    if row["policy"] in COLOURS:
        return COLOURS[row["policy"]]
    return DARK if row["policy"] == "clairvoyant" else GREY


def _short(policy: str, title: str) -> str:
    """The rule's title up to its first explanation."""
    return "FGD, ties go depth-first" if policy == "fgd-depth" else title.split(":")[0]


def _lines(axes: Axes, names: Sequence[str]) -> None:
    """Names the lines, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")


def _legend_below(axes: Axes, columns: int) -> None:
    axes.figure.legend(loc="outside lower center", ncols=columns)
