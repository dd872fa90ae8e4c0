"""Which external units there are: found once, when the engine starts (ExternalSchedulerDiscovery)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PROPERTIES_SYNTAX = re.compile(r"([a-zA-Z_0-9]+=[^;]*(;[a-zA-Z_0-9]+=[^;]*)*;?)?")
"""CustomPropertiesUtils' VALIDATION_STR; the whole text must match."""


class UnitType(StrEnum):
    """PolicyUnitType, by REST's words."""

    FILTER = "filter"
    WEIGHT = "weight"
    LOAD_BALANCING = "load_balancing"


_SECTIONS = {"filters": UnitType.FILTER, "scores": UnitType.WEIGHT, "balance": UnitType.LOAD_BALANCING}


class MalformedDiscoveryError(ValueError):
    """The whole answer is dropped: every external unit stays disabled."""


@dataclass(slots=True)
class Unit:
    """A row of policy units: stays, disabled, when nobody reports it any more."""

    id: str
    name: str
    type: UnitType
    description: str
    properties: dict[str, str]
    enabled: bool = True
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A unit as the external scheduler describes it."""

    name: str
    type: UnitType
    description: str
    properties: dict[str, str]


def units(answer: object) -> tuple[list[Found], list[str]]:
    """The units of a `discover` answer, and the names of those skipped for their regex map's syntax.

    MalformedDiscoveryError for anything that is not sections of {name: [description, regex]}.
    """
    if not isinstance(answer, Mapping):
        raise MalformedDiscoveryError(f"discover answered {type(answer).__name__}, not a map")
    found: list[Found] = []
    skipped: list[str] = []
    for section, modules in answer.items():
        for name, words in _modules(section, modules).items():
            description, regexes = (*words, "", "")[:2]
            if PROPERTIES_SYNTAX.fullmatch(regexes):
                found.append(Found(name, _SECTIONS[section], description, properties(regexes)))
            else:
                skipped.append(name)
    return found, skipped


def properties(text: str) -> dict[str, str]:
    """`key=regex;key=regex` as a map; the first `=` divides."""
    pairs = (entry.partition("=") for entry in text.split(";") if entry)
    return {key: regex for key, _, regex in pairs}


def _modules(section: object, modules: object) -> dict[str, list[str]]:
    if section not in _SECTIONS or not isinstance(modules, Mapping):
        raise MalformedDiscoveryError(f"discover's section {section!r} is {modules!r}")
    for name, words in modules.items():
        if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
            raise MalformedDiscoveryError(f"unit {name!r} in {section!r} is described by {words!r}")
    return {str(name): list(words) for name, words in modules.items()}
