"""What the engine may show, for tests of the planning."""

from collections.abc import Mapping

from scheduler_plugins.policy.state import (
    BALANCE,
    FILTER,
    TYPES,
    WEIGHT,
    Attached,
    Cluster,
    EngineState,
    Policy,
    Unit,
)
from scheduler_plugins.units import FILTERS, WEIGHTS

OURS = {**dict.fromkeys(FILTERS, FILTER), **dict.fromkeys(WEIGHTS, WEIGHT)}
INTERNAL = (
    ("Memory", FILTER, ""),
    ("CPU", FILTER, ""),
    ("HA", WEIGHT, ""),
    ("Even", BALANCE, "High=^[5-9][0-9]$"),
)


def unit(name: str, kind: str, *, enabled: bool = True, internal: bool = False, regexes: str = "") -> Unit:
    """A unit, whose id is its kind and name."""
    pairs = (text.partition("=") for text in regexes.split(";") if text)
    return Unit(
        f"{kind}/{name}", name, TYPES[kind], enabled, internal, {key: regex for key, _, regex in pairs}
    )


def attached(*units: tuple[str, str] | tuple[str, str, int]) -> tuple[Attached, ...]:
    """Units in a policy, by kind, name and number."""
    return tuple(Attached(each[0], f"{each[0]}/{each[1]}", each[2] if len(each) > 2 else 0) for each in units)


BUILT_IN = attached((FILTER, "Memory", -1), (FILTER, "CPU", 1), (WEIGHT, "HA", 1), (BALANCE, "Even"))


def policy(
    name: str,
    units: tuple[Attached, ...] = BUILT_IN,
    *,
    locked: bool = False,
    description: str = "",
    properties: Mapping[str, str] | None = None,
) -> Policy:
    """A policy, whose id is its name."""
    return Policy(name, name, description, locked, properties or {}, units)


def engine(
    *policies: Policy,
    clusters: Mapping[str, str] | None = None,
    without: tuple[str, ...] = (),
    disabled: tuple[str, ...] = (),
    properties: Mapping[str, str] | None = None,
) -> EngineState:
    """An engine with those policies beside its own, `even`; clusters by name, with their policies."""
    known = {**FILTERS, **WEIGHTS}
    ours = [
        unit(name, kind, enabled=name not in disabled, regexes=known[name].properties)
        for name, kind in OURS.items()
        if name not in without
    ]
    internal = [unit(name, kind, internal=True, regexes=regexes) for name, kind, regexes in INTERNAL]
    even = policy("even", locked=True, properties={"High": "80"})
    return EngineState(
        (*ours, *internal),
        {one.id: one for one in (even, *policies)},
        tuple(
            Cluster(f"id-{name}", name, its, properties or {})
            for name, its in (clusters or {"gpu": "even"}).items()
        ),
    )
