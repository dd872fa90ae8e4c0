"""What was seen of VMs' lifetimes, and the rows in which it survives the service."""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scheduler_plugins.demand.ages import BINS, EDGES
from scheduler_plugins.demand.lifetimes import add_exposure, age_bin

MANY = 5000.0
"""Departures of one type; at twice that all its figures are halved, so that what was long ago fades."""
VM, TYPE, LISTED = "vm/", "type/", "listed"
"""What keys begin with."""

log = logging.getLogger("lifetimes")


class Running(NamedTuple):
    """A VM that runs."""

    type: str
    since: float
    watched: float | None
    """From when on it counts; None where it never does, because it is not known when it was started."""

    def ages(self, now: float) -> tuple[float, float]:
        """Its age (seconds) when it began to count, and now."""
        first = max(0.0, (self.since if self.watched is None else self.watched) - self.since)
        return first, max(first, now - self.since)


@dataclass(slots=True)
class Counted:
    """Of one type, by age: departures, and the time at risk (seconds) of those that departed."""

    departures: list[float] = field(default_factory=lambda: [0.0] * BINS)
    exposure: list[float] = field(default_factory=lambda: [0.0] * BINS)

    def copy(self) -> "Counted":
        """One that no longer changes with this."""
        return Counted([*self.departures], [*self.exposure])

    def add(self, first: float, age: float) -> None:
        """One more that ended at that age (seconds), watched from the `first` on."""
        add_exposure(first, age, EDGES, 0, self.exposure)
        self.departures[age_bin(age, EDGES)] += 1
        if sum(self.departures) >= 2 * MANY:
            self.departures = [count / 2 for count in self.departures]
            self.exposure = [time / 2 for time in self.exposure]


def to_rows(running: Mapping[str, Running], counted: Mapping[str, Counted], listed_at: float | None) -> dict[str, str]:
    """All that is to survive, by key."""
    rows = {f"{VM}{vm_id}": json.dumps(one) for vm_id, one in running.items()}
    for type_id, one in counted.items():
        rows[f"{TYPE}{type_id}"] = json.dumps([one.departures, one.exposure])
    if listed_at is not None:
        rows[LISTED] = json.dumps(listed_at)
    return rows


def from_rows(rows: Mapping[str, str]) -> tuple[dict[str, Running], dict[str, Counted], float | None]:
    """What the rows say; one that makes no sense is left out, and overwritten in time."""
    running: dict[str, Running] = {}
    counted: dict[str, Counted] = {}
    listed_at = None
    for key, text in rows.items():
        try:
            if key == LISTED:
                listed_at = _moment(json.loads(text))
            elif key.startswith(VM):
                type_id, since, watched = json.loads(text)
                watched = None if watched is None else _moment(watched)
                running[key.removeprefix(VM)] = Running(str(type_id), _moment(since), watched)
            elif key.startswith(TYPE):
                counted[key.removeprefix(TYPE)] = Counted(*map(_figures, json.loads(text)))
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            log.warning("DAMAGED row left out: key=%r: %s", key, error)
    return running, counted, listed_at


def _moment(value: Any) -> float:
    moment = float(value)
    if not math.isfinite(moment):
        raise ValueError(f"{value!r} is no time")
    return moment


def _figures(column: Any) -> list[float]:
    figures = [float(figure) for figure in column]
    if len(figures) != BINS or not all(0 <= figure < float("inf") for figure in figures):
        raise ValueError(f"{len(figures)} figures, not {BINS} that are 0 or more")
    return figures
