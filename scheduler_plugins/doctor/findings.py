"""What a check says about a link, and what all of them come to."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """How a link is, the worst last; `not checked` says nothing about it."""

    OK = "ok"
    NOT_CHECKED = "not checked"
    WARNING = "warning"
    FAILURE = "failure"


class Finding(NamedTuple):
    """One row of the answer."""

    link: str
    """Empty as a check gives it: the link that it checks."""
    status: Status
    seen: str
    """What was seen, for people; of a link that was not checked, why."""
    remedy: str = ""
    """What to do, in one line; empty where there is nothing to do."""
    code: str = ""
    """Which finding of the catalogue this is, stable for machines; empty where the link holds."""
    about: str = ""
    """The host, cluster, VM or file that it is about; empty where it is about all of them."""


def ok(seen: str) -> Finding:
    """The link holds."""
    return Finding("", Status.OK, seen)


def unchecked(because: str, about: str = "") -> Finding:
    """The link could not be looked at."""
    return Finding("", Status.NOT_CHECKED, f"because {because}", about=about)


def worst(findings: Iterable[Finding]) -> Status:
    """What all of them come to. Links that were not checked make nothing worse: what kept them does."""
    seen = {each.status for each in findings}
    return next((status for status in (Status.FAILURE, Status.WARNING) if status in seen), Status.OK)


def count(number: int, what: str) -> str:
    """`1 host`, `2 hosts`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
