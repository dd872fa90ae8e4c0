"""What the engine makes of an external scheduler's answers: ExternalSchedulerBrokerObjectBuilder.

The rules are the engine's, oddities included: an answer it cannot make out is an empty host list, an id
it cannot parse ends the scheduling.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from simulation.engine.audit import Code

_UUID_GROUPS = re.compile(r"([0-9a-fA-F]+)-([0-9a-fA-F]+)-([0-9a-fA-F]+)-([0-9a-fA-F]+)-([0-9a-fA-F]+)")
_GROUP_DIGITS = (8, 4, 4, 4, 12)
NIL = str(UUID(int=0))
INTEGER_LIMIT = 2**31


class UnreadableAnswerError(Exception):
    """A Java exception that nobody in the broker catches: the scheduling ends here."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """An audit event that an answer's errors cause."""

    code: Code
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """One weight: of a host, by a unit whose name is None in results of two members."""

    host_id: str
    weight: int
    unit: str | None


def complaints(answer: object) -> list[Complaint]:
    """ExternalSchedulerBrokerImpl: one event for each error, where result_code is not 0."""
    if not isinstance(answer, Mapping) or not answer.get("result_code", 0):
        return []
    plugin_errors = answer.get("plugin_errors") or {}
    of_plugins = [
        Complaint(Code.EXTERNAL_SCHEDULER_PLUGIN_ERROR, f"plugin {name} of the external scheduler: {text}")
        for name, texts in plugin_errors.items()
        for text in texts
    ]
    general = [
        Complaint(Code.EXTERNAL_SCHEDULER_ERROR, f"external scheduler: {text}") for text in answer.get("errors") or []
    ]
    return of_plugins + general


def filtered_ids(answer: object) -> frozenset[str]:
    """The ids that a runFilters answer names, in canonical form; UnreadableAnswerError for garbage."""
    return frozenset(parse_guid(entry) for entry in _result(answer))


def scores(answer: object) -> list[Score]:
    """The weights of a runCostFunctions answer, up to the first entry that is no pair or triple."""
    found: list[Score] = []
    for entry in _result(answer):
        if not isinstance(entry, list | tuple) or len(entry) not in (2, 3):
            # "malformed score results": logged, what was read before counts.
            break
        found.append(_score(*entry))
    return found


def _score(host: object, weight: object, unit: object = None) -> Score:
    if isinstance(weight, bool) or not isinstance(weight, int) or not -INTEGER_LIMIT <= weight < INTEGER_LIMIT:
        raise UnreadableAnswerError(f"ClassCastException: weight {weight!r} of host {host} is no Integer")
    return Score(parse_guid(host), weight, None if unit is None else str(unit))


def _result(answer: object) -> Iterable[object]:
    """The result's entries: the answer itself in the old format; nothing where there is none to read."""
    result = answer.get("result") if isinstance(answer, Mapping) else answer
    if isinstance(result, list | tuple):
        return result
    if result is None or not isinstance(answer, Mapping):
        return ()
    raise UnreadableAnswerError(f"ClassCastException: result {result!r} is no array")


def parse_guid(value: object) -> str:
    """An id as Guid and `UUID.fromString` read it: "" is the nil UUID, short groups are filled up."""
    if value is None:
        raise UnreadableAnswerError("NullPointerException: an id is nil")
    return NIL if value == "" else _canonical(str(value))


@lru_cache(maxsize=65536)
def _canonical(text: str) -> str:
    match = _UUID_GROUPS.fullmatch(text)
    if match is None:
        raise UnreadableAnswerError(f"IllegalArgumentException: invalid UUID string {text!r}")
    groups = zip(match.groups(), _GROUP_DIGITS, strict=True)
    return "-".join(f"{int(group, 16) % 16**digits:0{digits}x}" for group, digits in groups)
