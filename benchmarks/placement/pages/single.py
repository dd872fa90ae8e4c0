"""The placement page's tables of reports that are a single table each."""

from benchmarks.placement.pages.condensed import Row
from benchmarks.placement.pages.plots import AGED, OURS, interval
from benchmarks.placement.troubles import TROUBLES


def sanity(figures: Row) -> list[list[str]]:
    """Published figures, found again."""
    head = ["rule", "here", "published", "here, 130 % arrived", "published, 130 % arrived"]
    return [
        head,
        *(
            [
                row["name"],
                f"{row['found']:.2f}",
                f"{row['published']:.2f}",
                f"{row['found_inflated']:.2f}",
                f"{row['published_inflated']:.2f}",
            ]
            for row in figures["sanity"]
        ),
    ]


def bounds(figures: Row) -> list[list[str]]:
    """Both bounds on small cases, and what is reached there."""
    ways = {
        "packing": "GPU packing",
        "fragmentation": "MdevFragmentation",
        "clairvoyant-card": "knows the ends, the card chosen",
        "drain": "one card drained",
        "pool": "as if migration were free",
        "integral": "integer bound",
        "linear": "linear bound",
    }
    return [["mix", *ways.values()], *([row["mix"], *(f"{row[way]:.1f}" for way in ways)] for row in figures["bounds"])]


def troubles(figures: Row) -> list[list[str]]:
    """What is left of the gain when what the weights know is wrong or old."""
    head = ["trouble", "GPU packing, %", "MdevFragmentation", "95 %", "with ages", "95 %", "worst case"]
    rows = [[*head, "failed starts of 1,000, packing", "MdevFragmentation"]]
    table = {(row["trouble"], row["policy"]): row for row in figures["troubles"]}
    for trouble, title in TROUBLES.items():
        packed, ours, aged = (table[trouble, name] for name in ("packing", OURS, AGED))
        row = [title, f"{packed['gpu']:.2f}", f"{ours['difference']:+.2f}", interval(ours)]
        worst = min(ours["worst"], aged["worst"])
        failed = [f"{told['failed']:.2f}" for told in (packed, ours)]
        rows.append([*row, f"{aged['difference']:+.2f}", interval(aged), f"{worst:+.2f}", *failed])
    return rows


def reserving(figures: Row) -> list[list[str]]:
    """What MdevReserve is worth, as the cluster fills up."""
    head = ["all VMs ask for, of the CPUs", "vGPU VMs refused for CPU or memory, %", "with MdevReserve"]
    rows = [[*head, "less, 95 %", "for want of an instance, %", "with it", "others refused, %", "with it"]]
    for row in figures["reserving"]:
        saved = f"{row['saved']:.2f}, {row['low']:.2f} to {row['high']:.2f}"
        shown = [f"{row['starved_without']:.2f}", f"{row['starved_with']:.2f}", saved]
        more = [f"{row[f'{name}_{how}']:.2f}" for name in ("no_device", "plain") for how in ("without", "with")]
        rows.append([f"{100 * row['fill']:.0f} %", *shown, *more])
    return rows
