"""The engine's own policy units and policies, as far as copying a policy needs them.

A selection: the real engine has more of each. Ids are made of the names, as nothing may depend on them: those
of external units differ between installations, and a policy's own is looked up.
"""

from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid5

from simulation.engine.units.discovery import Unit, UnitType, properties

UnitKey = tuple[str, UnitType]
"""A unit's name and type: one name may stand for a filter and a weight."""

_REGEXES = "HighUtilization=^([5-9][0-9])$;CpuOverCommitDurationMinutes=^([1-9][0-9]*)$"
_UNITS = (
    ("PinToHost", UnitType.FILTER, "Hosts to which the VM is not pinned", ""),
    ("Memory", UnitType.FILTER, "Hosts without enough memory", ""),
    ("CPU", UnitType.FILTER, "Hosts with fewer CPUs than the VM", ""),
    ("HA", UnitType.WEIGHT, "Weighs hosts by their high availability score", ""),
    ("OptimalForEvenDistribution", UnitType.WEIGHT, "Prefers hosts with a low CPU load", ""),
    ("OptimalForEvenDistribution", UnitType.LOAD_BALANCING, "Balances the CPU load", _REGEXES),
)


@dataclass(slots=True)
class Content:
    """What a scheduling policy is, apart from its id."""

    name: str
    description: str
    properties: dict[str, str] = field(default_factory=dict)
    filters: list[tuple[UnitKey, int]] = field(default_factory=list)
    """With their positions: -1 first, 1 last, 0 any."""
    weights: list[tuple[UnitKey, int]] = field(default_factory=list)
    """With their factors."""
    balance: UnitKey | None = None

    @property
    def units(self) -> list[UnitKey]:
        """All units attached."""
        ranked = [unit for unit, _ in [*self.filters, *self.weights]]
        return [*ranked, self.balance] if self.balance else ranked


def built_in_id(kind: str, *names: str) -> str:
    """The id of something that every simulated engine has."""
    return str(uuid5(NAMESPACE_OID, "/".join((kind, *names))))


def internal_units() -> dict[UnitKey, Unit]:
    """The engine's own units; mandatory ones, such as the MDevice filter, are never listed."""
    return {
        (name, kind): Unit(built_in_id("unit", name, kind), name, kind, description, properties(regexes), internal=True)
        for name, kind, description, regexes in _UNITS
    }


def locked_policies() -> tuple[Content, ...]:
    """The policies that come with the engine, which nobody can edit."""
    filters = [(("PinToHost", UnitType.FILTER), -1), (("Memory", UnitType.FILTER), 0)]
    filters.append((("CPU", UnitType.FILTER), 1))
    even = "OptimalForEvenDistribution"
    limits = {"HighUtilization": "80", "CpuOverCommitDurationMinutes": "2"}
    weights = [(("HA", UnitType.WEIGHT), 1)]
    return (
        Content("none", "", {}, list(filters), list(weights)),
        Content(
            "evenly_distributed",
            "",
            limits,
            list(filters),
            [*weights, ((even, UnitType.WEIGHT), 2)],
            (even, UnitType.LOAD_BALANCING),
        ),
    )
