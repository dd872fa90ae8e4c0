"""What the allocator's replay is asked about, and what one instance of its answer is: plain data.

A `HostView` never changes, so whatever is a pure function of it is worked out once: `once` keeps the answer
with the view, and it is gone with it.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, TypeVarTuple

from mdev_inventory.observation import HostFailure, Observation

Args = TypeVarTuple("Args")
T = TypeVar("T")

ANSWERS_KEPT = 256
"""So many answers are kept of one view: the VMs of a cluster ask for a few dozen things."""
_MISSING = object()


@dataclass(frozen=True)
class HostView:
    """All that a decision knows of a host."""

    id: str
    name: str
    separate: bool
    """Whether the host spreads instances over cards (vGPU placement: Separated)."""
    observation: Observation | None
    """What it was last seen to have; None where it was never seen."""
    failure: HostFailure | None = None
    """Why it did not answer when it was asked last; None where it did."""
    answers: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out about it, by the question."""

    def remember(self, question: Hashable, work: Callable[[*Args], T], *args: *Args) -> T:
        """The answer to the question: `work` is called once, with these arguments."""
        answer = self.answers.get(question, _MISSING)
        if answer is _MISSING:
            if len(self.answers) >= ANSWERS_KEPT:
                self.answers.clear()
            answer = self.answers[question] = work(*args)
        found: T = answer
        return found


@dataclass(frozen=True, slots=True)
class Slot:
    """The parent device that one requested instance lands on, and its type."""

    parent: str
    type: str


def once(work: Callable[[HostView, *Args], T]) -> Callable[[HostView, *Args], T]:
    """A pure function of a host view and other hashable arguments, worked out once for each of them."""

    @wraps(work)
    def remembered(view: HostView, /, *args: *Args) -> T:
        question = (work, *args)
        answer = view.answers.get(question, _MISSING)
        if answer is _MISSING:
            answer = view.remember(question, work, view, *args)
        found: T = answer
        return found

    return remembered
