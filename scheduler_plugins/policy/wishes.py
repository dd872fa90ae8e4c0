"""What an administrator asks for, against what our units are."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from scheduler_plugins.policy.errors import WishError
from scheduler_plugins.policy.state import FILTER, WEIGHT
from scheduler_plugins.units import registry as units

MOST = 1000
"""A factor beyond is of no use, and factor times weight must stay far below XML-RPC's 32 bits."""
PARAMETERS = {parameter.key: parameter for unit in units.WEIGHTS.values() for parameter in unit.parameters}
"""The properties that our units understand."""
OURS = frozenset({*((FILTER, name) for name in units.FILTERS), *((WEIGHT, name) for name in units.WEIGHTS)})
"""Our units, by what they are attached as."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Units to have, each with position or factor; to be rid of; and properties to set."""

    wanted: Mapping[tuple[str, str], int] = field(default_factory=dict)
    unwanted: frozenset[tuple[str, str]] = frozenset()
    properties: Mapping[str, str] = field(default_factory=dict)


def parse(filtered: bool, weights: Iterable[str], properties: Iterable[str]) -> Wishes:
    """From a command's options; with none of them, all filters. WishError says what would have been right."""
    factors = dict(_factor(text) for text in weights)
    values = dict(_property(text) for text in properties)
    filters = units.FILTERS if filtered or not (factors or values) else ()
    wanted = {(FILTER, name): 0 for name in filters}
    wanted |= {(WEIGHT, name): factor for name, factor in factors.items() if factor}
    unwanted = frozenset((WEIGHT, name) for name, factor in factors.items() if not factor)
    return Wishes(wanted, unwanted, values)


def _factor(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name in units.FILTERS:
        raise WishError(f"--weight {text}: {name} is a filter and has no factor; --filter adds it")
    if name not in units.WEIGHTS:
        raise WishError(f"--weight {text}: there is no weight {name!r}; {_nearest(name, units.WEIGHTS)}")
    if not re.fullmatch(r"[0-9]{1,4}", number, re.ASCII) or int(number) > MOST:
        raise WishError(f"--weight {text}: write {name}=FACTOR, a whole number to {MOST}; 0 takes it out")
    return name, int(number)


def _property(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if key not in PARAMETERS:
        raise WishError(f"--property {text}: no unit has a property {key!r}; {_nearest(key, PARAMETERS)}")
    if not equals:
        raise WishError(f"--property {text}: write {key}=VALUE; nothing after the = is the default")
    if ";" in value or not re.fullmatch(PARAMETERS[key].regex, value):
        raise WishError(f"--property {text}: it must be {PARAMETERS[key].takes}, or empty for the default")
    return key, value


def _nearest(name: str, names: Collection[str]) -> str:
    if close := difflib.get_close_matches(name, names, n=1, cutoff=0.5):
        return f"did you mean {close[0]}?"
    return f"there are: {', '.join(names)}"
