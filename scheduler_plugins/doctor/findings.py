"""What a check says about a link, and what all of them come to."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """The three answers about a link, the worst last: it holds, that cannot be told, it does not hold."""

    OK = "ok"
    UNTOLD = "cannot be told"
    WARNING = "warning"
    FAILURE = "failure"


class Kind(NamedTuple):
    """What may be found; what to do is one line, and may name what was found in {braces}."""

    link: str
    status: Status
    means: str
    remedy: str


class Finding(NamedTuple):
    """One row of the answer."""

    link: str
    """Empty as a check gives it: the link that it checks."""
    status: Status
    seen: str
    """What was seen, for people; of what cannot be told, why."""
    remedy: str = ""
    """What to do, in one line; empty where there is nothing to do."""
    code: str = ""
    """Which finding of the catalogue this is, stable for machines; empty where the link holds."""
    about: str = ""
    """The host, cluster, VM or file that it is about; empty where it is about all of them."""


def ok(seen: str) -> Finding:
    """The link holds."""
    return Finding("", Status.OK, seen)


def untold(because: str, about: str = "") -> Finding:
    """The link could not be looked at, or not all of it."""
    return Finding("", Status.UNTOLD, f"because {because}", about=about)


def worst(findings: Iterable[Finding]) -> Status:
    """What all of them come to: `ok` only where every link was looked at and holds."""
    seen = {each.status for each in findings}
    return next((status for status in reversed(Status) if status in seen), Status.OK)


def count(number: int, what: str) -> str:
    """`1 host`, `2 hosts`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
