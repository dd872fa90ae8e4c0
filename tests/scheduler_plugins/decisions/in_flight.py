"""Starts in flight to one host, and how it stands to a request then: for the tests of decisions."""

from collections.abc import Sequence

from mdev_inventory.model import HostInventory
from scheduler_plugins.claims.model import Claim, InFlight, PendingDecision, Start
from scheduler_plugins.decisions.candidates import Candidate, candidate
from scheduler_plugins.units.mdev_filter import MdevFilter
from tests.scheduler_plugins.inventories import Q2, A, host, request, t4, view

HERE = "id-1"


def shown(*types: str, uuids: Sequence[str] = ()) -> Claim:
    """A VM that the engine shows on the host."""
    return Claim(Start("s", "shown", types, tuple(uuids)), HERE, 900.0, 950.0)


def alone(*types: str) -> Claim:
    """A VM for which only this host was answered."""
    return Claim(Start("a", "alone", types), HERE, 900.0)


def waiting(*types: str, hosts: int = 2, at: float = 900.0) -> PendingDecision:
    """A VM that may go to any of so many hosts."""
    return PendingDecision(Start("w", "open", types), tuple(f"id-{n}" for n in range(1, hosts + 1)), at)


def stands(
    inventory: HostInventory, *wanted: str, claims: Sequence[Claim] = (), pending: Sequence[PendingDecision] = ()
) -> Candidate:
    """How the host of that inventory stands to the request."""
    return candidate(MdevFilter(), request(*wanted), view(inventory), InFlight(tuple(claims), tuple(pending)))


def full_but(left: int) -> HostInventory:
    """A T4 with so many 2Q left of eight."""
    return host(t4(A, {Q2: 8 - left}))
