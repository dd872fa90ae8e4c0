"""Which cases are replayed: the frozen grids that are reported, and small ones to tune and to try out."""

from dataclasses import dataclass
from itertools import product

from benchmarks.placement.workload.demand import LIFETIMES, Case

LADDER_FLEETS = ("16x4", "40x2", "6x8")
MODEL_FLEETS = ("t4-and-bare", "a40", "a16", "t4-a40-a16")
FIVE_MIXES = ("uniform", "vdi-small", "large", "bimodal", "openb-share")
THREE_MIXES = ("uniform", "vdi-small", "bimodal")
LOADS = (0.8, 0.95, 1.1)
PAIRS = (0.0, 0.1)
VDI_LOAD = 1.1
"""The day curve is full at noon only."""
TUNING_SEEDS = range(100, 400)
REPORTED_SEEDS = range(7000, 7024)
CLOSE_SEEDS = range(7000, 7096)
"""More of them, for the product against packing: 24 leave a case up to 0.9 points to either side."""
CLOSE_POLICIES = ("packing", "fragmentation", "fragmentation-ages")
ARRIVALS = 5000


@dataclass(frozen=True, slots=True)
class Grid:
    """Cases and the seeds that each is replayed with."""

    cases: tuple[Case, ...]
    seeds: tuple[int, ...]
    help: str
    policies: tuple[str, ...] | None = None
    """All rules where None."""


def _cases(fleets: tuple[str, ...], mixes: tuple[str, ...], loads: tuple[float, ...], life: str) -> list[Case]:
    return [Case(*parts, life) for parts in product(fleets, mixes, loads, PAIRS)]


def _families(fleets: tuple[str, ...], mixes: tuple[str, ...]) -> list[Case]:
    return [case for life in LIFETIMES for case in _cases(fleets, mixes, (VDI_LOAD if life == "vdi" else 0.95,), life)]


_SKEWED = ("skew-small", "skew-big", *THREE_MIXES)

GRIDS = {
    "frozen": Grid(
        tuple(_cases(LADDER_FLEETS, FIVE_MIXES, LOADS, "exp")),
        tuple(REPORTED_SEEDS),
        "memoryless lifetimes: 3 fleets, 5 mixes, 3 loads, pairs or none",
    ),
    "families": Grid(tuple(_families(LADDER_FLEETS, THREE_MIXES)), tuple(REPORTED_SEEDS), "six families of lifetimes"),
    "models": Grid(
        tuple(_cases(MODEL_FLEETS, _SKEWED, (0.95,), "exp")), tuple(REPORTED_SEEDS), "tables of real devices"
    ),
    "frozen-close": Grid(
        tuple(_cases(LADDER_FLEETS, FIVE_MIXES, LOADS, "exp")),
        tuple(CLOSE_SEEDS),
        "the frozen grid by few rules, with more seeds",
        CLOSE_POLICIES,
    ),
    "families-close": Grid(
        tuple(_families(LADDER_FLEETS, THREE_MIXES)), tuple(CLOSE_SEEDS), "the families' grid likewise", CLOSE_POLICIES
    ),
    "quick": Grid(
        tuple(_families(("16x4", "6x8"), ("uniform", "skew-small"))), tuple(REPORTED_SEEDS)[:20], "a bit of each family"
    ),
    "tune": Grid(
        tuple(_families(LADDER_FLEETS, THREE_MIXES)), tuple(TUNING_SEEDS)[:10], "what parameters may be fitted on"
    ),
}
