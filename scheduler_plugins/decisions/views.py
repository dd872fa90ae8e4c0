"""The hosts as a decision sees them: a host's view stays the same object until something about it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation, Source
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.unseen import with_unseen
from scheduler_plugins.claims.known_there import KnownThere, Types


class HostInventories(Protocol):
    """The current state of hosts; safe for threads."""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The engine's hosts, by id."""

    @property
    def observations(self) -> Mapping[str, Observation]:
        """What each host was last seen to have, by id: another mapping as soon as one of them is another."""

    @property
    def vms(self) -> Mapping[str, KnownVm]:
        """Every VM with its request as last seen, by id."""

    @property
    def failures(self) -> Mapping[str, HostFailure]:
        """Why a host could not be observed the last time, by id."""


class _Made(NamedTuple):
    """A view, and what it was made of: where all of it is the very same, so is the view."""

    host: Host | None
    seen: Observation | None
    failed: HostFailure | None
    alive: Types | None
    """Types of the instances there that the source does not show."""
    view: HostView


_NEVER = _Made(None, None, None, None, HostView("", "", False, None))


class Views:
    """Makes the views; safe for threads, because one that is made twice is as good."""

    def __init__(self, inventories: HostInventories) -> None:
        """Nothing was asked about yet."""
        self._inventories = inventories
        self._views: dict[str, _Made] = {}

    def of(self, host_ids: Mapping[str, str]) -> Sequence[HostView]:
        """The view of each host now; `host_ids` is our id and the id as it was asked, in the order asked."""
        inventories, known, views = self._inventories, self._views, list[HostView]()
        hosts, observations, failures = inventories.hosts, inventories.observations, inventories.failures
        there = KnownThere(inventories.vms)
        for ours, asked in host_ids.items():
            host, seen, failed = hosts.get(ours), observations.get(ours), failures.get(ours)
            of, by, failure, before, view = known.get(asked, _NEVER)
            alive = there.types(seen) if seen and seen.source is not Source.HOOK else None
            if view is _NEVER.view or of is not host or by is not seen or failure is not failed or alive != before:
                name = host.name if host else ours
                view = HostView(asked, name, bool(host and host.separate), _with_unseen(seen, alive), failed)
                if host is not None:  # who asks about hosts that do not exist fills no memory
                    known[asked] = _Made(host, seen, failed, alive, view)
            views.append(view)
        return views

    def any_known(self, host_ids: Mapping[str, str]) -> bool:
        """Whether one of them is a host of the engine's."""
        return not self._inventories.hosts.keys().isdisjoint(host_ids)


def _with_unseen(seen: Observation | None, alive: Types | None) -> Observation | None:
    if seen is None or alive is None:
        return seen
    return replace(seen, inventory=with_unseen(seen.inventory, seen.source, alive))
