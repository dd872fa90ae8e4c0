"""What a replay of the allocator is asked about, and what one instance of its answer is: plain data."""

from dataclasses import dataclass

from mdev_inventory.observation import HostFailure, Observation


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Slot:
    """The parent that one requested instance lands on, and its type."""

    parent: str
    type: str
