"""Fleets and demand small enough to be counted by hand."""

from collections.abc import Sequence

import numpy as np

from benchmarks.placement.replaying.state import EMPTY, NOWHERE, Demand, Fleet, Whole

LADDER = (16, 8, 4, 2, 1)
QUARTER, HALF, FULL = 2, 3, 4
"""Classes of the ladder."""


def hosts(*cards: int) -> Fleet:
    """Hosts with so many cards of the ladder each."""
    number = sum(cards)
    first = np.cumsum([0, *cards]).astype(np.int64)
    return Fleet(first, np.zeros(number, np.int64), np.array([LADDER]), np.full(number, EMPTY))


def demand(*vms: Sequence[float]) -> Demand:
    """VMs as (arrival, end, class) or (arrival, end, class, instances), in the order of arrival."""
    when, ends = np.array([float(vm[0]) for vm in vms]), np.array([float(vm[1]) for vm in vms])
    kind = np.array([int(vm[2]) for vm in vms])
    count = np.array([int(vm[3]) if len(vm) > 3 else 1 for vm in vms])
    leaving = np.argsort(ends, kind="stable")
    return Demand(when, ends, leaving, kind, count, np.ones(len(vms), np.int64))


def started(hosts_of: Whole) -> list[bool]:
    """Which VMs started."""
    return [bool(host != NOWHERE) for host in hosts_of]
