"""What we last knew of a VM's request, for when the engine cannot be asked."""

from typing import NamedTuple


class KnownVm(NamedTuple):
    """A VM and its request as the engine last showed them."""

    id: str
    name: str
    types: tuple[str, ...]
    """The mdev types it asks for, in the allocator's order, with repetition; empty where it asks for none."""
    seen_at: float
    """When the engine was asked: the service's clock, seconds since the epoch."""
