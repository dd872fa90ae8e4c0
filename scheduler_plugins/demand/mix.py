"""What a cluster's VMs ask for: the shares of mdev types, and of requests of several, learnt from all VMs.

Every VM with a request counts once, running or down, as the engine showed it last; a VM of several types
counts in parts. That is what will be asked for again, whatever runs now. With few VMs the shares are drawn to
what is neither rare nor all there is: a type is taken for one of five that are asked for alike, as if four
VMs said so.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mdev_inventory.engine.known_vm import KnownVm

EVEN_SHARE, EVEN_VMS = 0.2, 4.0
"""The share that is assumed of a type, and how many VMs the assumption counts as."""
SEVERAL_SHARE = 0.05
"""The share that is assumed of requests of several instances, by as many."""
VALUE_SLOPE, VALUE_POWER = 5.0, 0.41
"""The value of a class: (slope x its share of the mix, at most 1) to that power."""
SEVERAL_SLOPE = 10.0
"""The value of a second empty card on a host: (slope x the share of such VMs in the mix, at most 1)."""
RECOUNT_S = 10.0
"""Between two counts: a decision itself makes its VM known, and ten thousand take 10 ms to count."""


@dataclass(frozen=True)
class Mix:
    """The shares of the mdev types among the requests."""

    counts: Mapping[str, float] = field(default_factory=dict)
    """Requests by type."""
    assumed: float = EVEN_VMS
    """So many requests' weight has `EVEN_SHARE`."""
    several_share: float = SEVERAL_SHARE
    """The share of requests of several instances."""
    _values: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    def __hash__(self) -> int:
        """Worked out once: a mix is part of the question that each host is asked."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((frozenset(self.counts.items()), self.assumed, self.several_share))

    @classmethod
    def of(cls, requests: Iterable[tuple[str, ...]]) -> "Mix":
        """The mix of these requests."""
        counts: dict[str, float] = defaultdict(float)
        number, several = EVEN_VMS, SEVERAL_SHARE * EVEN_VMS
        for types, alike in Counter(requests).items():
            number += alike
            several += alike * (len(types) > 1)
            for type_id in types:
                counts[type_id] += alike / len(types)
        return cls(counts, several_share=several / number)

    @classmethod
    def given(cls, shares: Mapping[str, float], learnt: "Mix") -> "Mix":
        """A mix that an administrator told: nothing is assumed beside it; what it does not say is learnt."""
        return cls(shares, 0.0, learnt.several_share)

    def share(self, type_id: str) -> float:
        """The type's share, 0 to 1."""
        total = sum(self.counts.values()) + self.assumed
        return (self.counts.get(type_id, 0.0) + EVEN_SHARE * self.assumed) / total if total else EVEN_SHARE

    def value(self, type_id: str) -> float:
        """How much free places of the type are worth (`class_value`)."""
        if type_id not in self._values:
            self._values[type_id] = class_value(self.share(type_id))
        return self._values[type_id]

    @property
    def several(self) -> float:
        """How much a second empty card of a host is worth (`several_value`)."""
        return several_value(self.several_share)


def class_value(share: float) -> float:
    """How much trapped places of a class count that so large a share of the mix asks for."""
    return float(min(1.0, VALUE_SLOPE * share) ** VALUE_POWER)


def several_value(share: float) -> float:
    """How much a second empty card on a host counts, where so large a share of requests is of several."""
    return min(1.0, SEVERAL_SLOPE * share)


class Mixes:
    """The mix of every cluster; safe for threads."""

    def __init__(self, vms: Callable[[], Mapping[str, KnownVm]], clock: Callable[[], float]) -> None:
        """`vms` gives all VMs as known now, by id; `clock` the seconds since the epoch."""
        self._vms, self._clock = vms, clock
        self._counted_at = float("-inf")
        self._mixes: Mapping[str | None, Mix] = {}
        self._lock = threading.Lock()

    def of(self, cluster_id: str | None) -> Mix:
        """The cluster's; that of all VMs where the cluster is not known, or has none with a request."""
        with self._lock:
            if not 0 <= self._clock() - self._counted_at < RECOUNT_S:
                self._counted_at, self._mixes = self._clock(), _mixes(self._vms().values())
            return self._mixes.get(cluster_id, self._mixes[None])


def _mixes(vms: Iterable[KnownVm]) -> Mapping[str | None, Mix]:
    """By cluster; that of all VMs under None."""
    requests: dict[str | None, list[tuple[str, ...]]] = {None: []}
    for vm in vms:
        if vm.types:
            requests[None].append(vm.types)
            requests.setdefault(vm.cluster_id, []).append(vm.types)
    return {cluster_id: Mix.of(types) for cluster_id, types in requests.items()}
