"""Reports in the judge's form with few, round figures."""

from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]

RULES = {"ovirt": -12.0, "packing": 0.0, "fragmentation": 0.1, "fragmentation-ages": 0.4, "fgd": -1.0}
"""By rule, its difference to packing."""
WAYS = {
    "packing": 0.0,
    "fragmentation": 0.1,
    "fragmentation-ages": 0.2,
    "packing-card": 0.3,
    "clairvoyant": 0.6,
    "drain": 3.5,
    "bound": 8.0,
}


def judged(
    grid: str,
    fleets: tuple[str, ...] = ("16x4", "6x8"),
    families: tuple[str, ...] = ("exp",),
    seeds: Iterable[int] = range(5000, 5003),
) -> Row:
    """A report of one grid, two cases a fleet; the second of each loses where the rule wins."""
    places = [("all", ""), *(("fleet", name) for name in fleets), *(("lifetimes", name) for name in families)]
    cases = [f"{fleet}/{mix}" for fleet in fleets for mix in ("uniform", "large")]
    return _head(grid, RULES, seeds) | {
        "cases": [{"name": name} for name in cases],
        "runs": [{"case": name, "policy": rule, "gpu": [1.0]} for name in cases for rule in RULES],
        "groups": [_group(rule, gain, *place) for rule, gain in RULES.items() for place in places],
        "compared": [
            _compared(name, rule, gain if "uniform" in name else -gain)
            for rule, gain in RULES.items()
            for name in cases
        ],
        "duels": [
            _group(own, gain, "", "") | {"against": rule}
            for own in ("fragmentation", "consolidate")
            for rule, gain in (("ovirt", 12.1), ("fgd", 1.1))
        ],
    }


def levers(grid: str) -> Row:
    """A report of the levers."""
    places = [("all", ""), ("fleet", "16x4"), ("fleet", "6x8"), ("lifetimes", "exp")]
    return _head(grid, WAYS) | {
        "cases": [{"name": "a"}],
        "runs": [{"case": "a", "policy": "packing", "gpu": [1.0], "moves": [0.0]}],
        "groups": [
            _group(way, gain, *place) | {"moves": 4.7 if way == "drain" else 0.0}
            for way, gain in WAYS.items()
            for place in places
        ],
    }


def sanity() -> Row:
    """A report of the sanity check."""
    figures = {"published": 95.23, "found": 95.236, "published_inflated": 95.39, "found_inflated": 95.4}
    return {"sanity": [{"name": "FGD", "spread": 0.1, "seeds": 10, "passed": True} | figures]}


def bounds() -> Row:
    """A report of the bounds on small cases."""
    ways = ("packing", "fragmentation", "clairvoyant-card", "drain", "pool", "integral", "linear")
    return {"bounds": [{"mix": "uniform", "seeds": 2} | {way: 60.04 + n for n, way in enumerate(ways)}]}


def troubles() -> Row:
    """A report of wrong and old knowledge."""
    rules = ("packing", "fragmentation", "fragmentation-ages")
    figures = {"gpu": 90.0, "worst": -0.15, "failed": 0.25, "low": 0.05, "high": 0.15}
    return {
        "troubles": [
            {"trouble": trouble, "policy": rule, "difference": 0.1 * number} | figures
            for trouble in ("none", "mix", "old", "orphans")
            for number, rule in enumerate(rules)
        ]
    }


def reserving() -> Row:
    """A report of what MdevReserve is worth."""
    counted = [f"{name}_{how}" for name in ("starved", "no_device", "plain") for how in ("without", "with")]
    figures = {name: float(number) for number, name in enumerate(counted)}
    return {"reserving": [{"fill": 0.95, "saved": 2.0, "low": 1.5, "high": 2.5} | figures]}


def everything() -> list[Row]:
    """All reports that the page shows."""
    return [
        *(judged("frozen"), judged("families", families=("exp", "vdi")), judged("models", ("a40",))),
        *(judged("trace"), levers("frozen"), levers("families"), sanity(), bounds()),
        *(judged("frozen-close", seeds=range(7000, 7096)), troubles(), reserving()),
    ]


def _head(grid: str, policies: dict[str, float], seeds: Iterable[int] = range(5000, 5003)) -> Row:
    named = [{"name": name, "title": f"the rule {name}"} for name in policies]
    head = {"schema": 1, "grid": grid, "seeds": list(seeds), "arrivals": 5000, "seconds": 90.0}
    return head | {"baseline": "packing", "policies": named}


def _group(policy: str, gain: float, by: str, value: str) -> Row:
    return {
        "policy": policy,
        "by": by,
        "value": value,
        "cases": 2,
        "gpu": 90.0 + gain,
        "count": 95.123456,
        "largest": 50.0,
        "spare": 0.5,
        "difference": gain,
        "low": gain - 0.05,
        "high": gain + 0.05,
        "wins": 1,
        "losses": 0,
        "holm_wins": 1,
        "holm_losses": 0,
        "worst": -abs(gain),
        "worst_case": "6x8/large",
    }


def _compared(case: str, policy: str, gain: float) -> Row:
    figures = {"gpu": 90.0 + gain, "difference": gain, "low": gain - 0.05, "high": gain + 0.05}
    return {"case": case, "policy": policy, **figures, "p": 0.01, "holm": 0.04 if gain > 0 else 0.2}
