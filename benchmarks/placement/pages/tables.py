"""The tables of the placement page, as rows of text; the first row is the head."""

from collections.abc import Callable

from benchmarks.placement.pages.condensed import Row
from benchmarks.placement.pages.gains import by_lifetimes, close, losses
from benchmarks.placement.pages.plots import (
    AGED,
    FLEET_NAMES,
    LIFETIME_NAMES,
    OURS,
    TODAY,
    group,
    interval,
    titles,
    values,
)
from benchmarks.placement.pages.single import bounds, reserving, sanity, troubles


def protocol(figures: Row) -> list[list[str]]:
    """What was replayed: grids, cases, seeds."""
    rows = [["grid", "cases", "seeds", "VMs per replay", "took"]]
    for kind, grids in (("", figures["grids"]), (" (levers)", figures["levers"])):
        for name, grid in grids.items():
            first, last = grid["seeds"]
            seconds = f"{grid['seconds'] / 60:.0f} min"
            rows.append([name + kind, str(grid["cases"]), f"{first} to {last}", str(grid["arrivals"]), seconds])
    return rows


def rules(figures: Row, grid: str) -> list[list[str]]:
    """Every rule over all cases of a grid, best first."""
    shown = figures["grids"][grid]
    names = titles(shown)
    rows = sorted((row for row in shown["groups"] if row["by"] == "all"), key=lambda row: -float(row["difference"]))
    head = ["rule", "GPU demand let in, %", "against packing", "95 %", "won / lost, after Holm", "worst case"]
    return [
        [*head, "VMs let in, %", "room for a whole card, % of time", "hosts without VMs"],
        *(
            [
                names[row["policy"]],
                f"{row['gpu']:.2f}",
                f"{row['difference']:+.2f}",
                interval(row),
                f"{row['holm_wins']} / {row['holm_losses']}",
                f"{row['worst']:+.2f}",
                f"{row['count']:.2f}",
                f"{row['largest']:.1f}",
                f"{row['spare']:.2f}",
            ]
            for row in rows
        ),
    ]


def acceptance(figures: Row) -> list[list[str]]:
    """By fleet: today, packing, ours, the bound."""
    rows = [["fleet", "oVirt today", "GPU packing", "MdevFragmentation", "gain on today", "bound", "gap to it"]]
    for grid in ("frozen", "models"):
        for fleet in values(figures["grids"][grid], "fleet") if grid in figures["grids"] else []:
            today, packed, ours = (
                group(figures["grids"][grid], name, "fleet", fleet)["gpu"] for name in (TODAY, "packing", OURS)
            )
            row = [FLEET_NAMES.get(fleet, fleet), f"{today:.1f}", f"{packed:.1f}", f"{ours:.1f}"]
            rows.append([*row, f"{ours - today:+.1f}", *_gap(figures, grid, fleet)])
    return rows


def _gap(figures: Row, grid: str, fleet: str) -> list[str]:
    """The bound and how far MdevFragmentation is from it, both on the seeds of the levers."""
    if grid not in figures["levers"]:
        return ["", ""]
    measured = figures["levers"][grid]
    top = group(measured, "bound", "fleet", fleet)["gpu"]
    return [f"{top:.1f}", f"{top - group(measured, OURS, 'fleet', fleet)['gpu']:.1f}"]


def duels(figures: Row) -> list[list[str]]:
    """MdevFragmentation against every other rule, the closest first."""
    shown = figures["grids"]["frozen"]
    names = titles(shown)
    rows = [["MdevFragmentation against", "difference", "95 %", "won / lost, after Holm", "worst case"]]
    for row in sorted(shown["duels"], key=lambda row: float(row["difference"])):
        if row["policy"] == OURS:
            won = f"{row['holm_wins']} / {row['holm_losses']}"
            difference = f"{row['difference']:+.2f}"
            rows.append([names[row["against"]], difference, interval(row), won, f"{row['worst']:+.2f}"])
    return rows


def levers(figures: Row, grid: str) -> list[list[str]]:
    """What no weight can give, on one grid."""
    shown = figures["levers"][grid]
    columns = [("fleet", value) for value in values(shown, "fleet")]
    columns += [("lifetimes", value) for value in values(shown, "lifetimes") if grid == "families"]
    known = FLEET_NAMES | LIFETIME_NAMES
    heads = [known.get(value, value) for _, value in columns]
    rows = [["way", "against packing", "95 %", *heads, "VMs moved for 100 starts"]]
    for name, title in titles(shown).items():
        whole = group(shown, name, "all", "")
        parts = [f"{group(shown, name, *column)['difference']:+.2f}" for column in columns]
        moves = f"{whole['moves']:.1f}" if whole["moves"] else ""
        rows.append([title, f"{whole['difference']:+.2f}", interval(whole), *parts, moves])
    return rows


def worth(figures: Row) -> list[list[str]]:
    """What no weight can give, in a nutshell: memoryless lifetimes, and all families."""
    rows = [["", "memoryless lifetimes", "six families of lifetimes"]]
    short = {
        OURS: "MdevFragmentation: the host chosen",
        AGED: "with the ages of running VMs",
        "packing-card": "packing, the card chosen too",
        "clairvoyant": "the host chosen, ends of VMs known",
        "drain": "packing, one card drained where a start would be refused",
    }
    for name, title in short.items():
        parts = [group(figures["levers"][grid], name, "all", "") for grid in ("frozen", "families")]
        rows.append([title, *(f"{part['difference']:+.2f}" for part in parts)])
    return rows


TABLES: dict[str, Callable[[Row], list[list[str]]]] = {
    "protocol": protocol,
    "acceptance": acceptance,
    "rules": lambda figures: rules(figures, "frozen"),
    "rules-families": lambda figures: rules(figures, "families"),
    "rules-models": lambda figures: rules(figures, "models"),
    "rules-trace": lambda figures: rules(figures, "trace"),
    "duels": duels,
    "lifetimes": by_lifetimes,
    "close": close,
    "losses": lambda figures: losses(figures, "frozen"),
    "losses-families": lambda figures: losses(figures, "families"),
    "levers": lambda figures: levers(figures, "frozen"),
    "levers-families": lambda figures: levers(figures, "families"),
    "worth": worth,
    "bounds": bounds,
    "troubles": troubles,
    "reserving": reserving,
    "sanity": sanity,
}
