"""What the engine validates of a scheduling policy (ClusterPolicyCRUDCommand) and of its properties."""

import re
from collections.abc import Collection, Iterable, Mapping

from simulation.engine.policies.built_in import Content, UnitKey
from simulation.engine.units.discovery import Unit, UnitType
from simulation.engine.world import ActionError

Regexes = Mapping[str, str]
FIRST, LAST = -1, 1


def check_name(name: str, others: Iterable[str]) -> None:
    """A name that no other policy has."""
    if name in others:
        raise ActionError(f"Cannot edit Scheduling Policy. The name {name} is in use.")


def check_units(content: Content, known: Mapping[UnitKey, Unit], denied: Collection[str]) -> None:
    """Units that exist, each once, in the list of its type; at most one filter is first, one last."""
    for listed, kind in (
        ([unit for unit, _ in content.filters], UnitType.FILTER),
        ([unit for unit, _ in content.weights], UnitType.WEIGHT),
        ([content.balance] if content.balance else [], UnitType.LOAD_BALANCING),
    ):
        if len(set(listed)) < len(listed):
            raise ActionError("Cannot edit Scheduling Policy. Duplicate policy unit.")
        for unit in listed:
            if unit not in known or unit[1] != kind or unit[0] in denied:
                raise ActionError(f"Cannot edit Scheduling Policy. {unit[0]} cannot be used as {kind}.")
    positions = [position for _, position in content.filters]
    if positions.count(FIRST) > 1 or positions.count(LAST) > 1:
        raise ActionError("Cannot edit Scheduling Policy. Only one filter can be first, and one last.")
    if any(factor < 0 for _, factor in content.weights):
        raise ActionError("Cannot edit Scheduling Policy. A factor must not be negative.")


def check_values(values: Mapping[str, str], regexes: Regexes) -> None:
    """Properties that a unit of the policy understands, each matching its regex as a whole."""
    for key, value in values.items():
        if key not in regexes:
            raise ActionError(f"Invalid scheduling policy properties: {key} (KEY_DOES_NOT_EXIST).")
        if ";" in value or not re.fullmatch(regexes[key], value):
            raise ActionError(f"Invalid scheduling policy properties: {key}={value!r} (INVALID_VALUE).")
