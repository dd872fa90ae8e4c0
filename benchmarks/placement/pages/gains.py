"""The placement page's tables of the gain on packing: in all, by lifetimes, and where it is a loss."""

from benchmarks.placement.pages.condensed import Row
from benchmarks.placement.pages.plots import AGED, LIFETIME_NAMES, OURS, closest, group, interval, values

WORST = 10
"""So many cases are shown as the worst."""
_COMPARED = (
    ("frozen", OURS, "MdevFragmentation, memoryless lifetimes"),
    ("families", OURS, "MdevFragmentation, six families of lifetimes"),
    ("frozen", AGED, "with ages, memoryless lifetimes"),
    ("families", AGED, "with ages, six families of lifetimes"),
)


def close(figures: Row) -> list[list[str]]:
    """The product against packing, with as many seeds as there are, and the gap that is left to the bound."""
    head = ["rule and grid", "cases", "seeds", "against packing", "95 %", "won / lost, after Holm"]
    rows = [[*head, "worst case", "packing to the bound"]]
    for grid, policy, title in _COMPARED:
        shown = closest(figures, grid)
        row, (first, last) = group(shown, policy, "all", ""), shown["seeds"]
        size = [str(shown["cases"]), str(last - first + 1)]
        won = f"{row['holm_wins']} / {row['holm_losses']}"
        gain = [f"{row['difference']:+.3f}", interval(row, 3), won, f"{row['worst']:+.2f}"]
        rows.append([title, *size, *gain, f"{group(figures['levers'][grid], 'bound', 'all', '')['difference']:+.2f}"])
    return rows


def by_lifetimes(figures: Row) -> list[list[str]]:
    """By how long VMs live, with and without ages."""
    shown = closest(figures, "families")
    rows = [["lifetimes", "GPU packing, %", "MdevFragmentation", "95 %", "with ages", "95 %"]]
    for by, value in [("lifetimes", family) for family in values(shown, "lifetimes")] + [("all", "")]:
        ours, aged = group(shown, OURS, by, value), group(shown, AGED, by, value)
        packed = group(shown, shown["baseline"], by, value)["gpu"]
        name = LIFETIME_NAMES.get(value, value) or "all six"
        row = [name, f"{packed:.2f}", f"{ours['difference']:+.3f}", interval(ours, 3)]
        rows.append([*row, f"{aged['difference']:+.3f}", interval(aged, 3)])
    return rows


def losses(figures: Row, grid: str) -> list[list[str]]:
    """The worst cases of a grid, of either form of the weight."""
    shown = closest(figures, grid)
    worst = sorted(shown["compared"], key=lambda row: float(row["difference"]))[:WORST]
    rows = [["case", "ages", "against packing", "95 %", "p", "p after Holm"]]
    for row in worst:
        figure = [f"{row['difference']:+.3f}", interval(row, 3), f"{row['p']:.3f}", f"{row['holm']:.2f}"]
        rows.append([f"`{row['case']}`", "yes" if row["policy"] == AGED else "no", *figure])
    return rows
