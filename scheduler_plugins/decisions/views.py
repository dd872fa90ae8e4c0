"""The hosts as a decision sees them: a host's view stays the same object until something about it changes."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation
from scheduler_plugins.allocator.model import HostView


class HostInventories(Protocol):
    """The current state of hosts; safe for threads."""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The engine's hosts, by id."""

    @property
    def observations(self) -> Mapping[str, Observation]:
        """What each host was last seen to have, by id: another mapping as soon as one of them is another."""

    @property
    def failures(self) -> Mapping[str, HostFailure]:
        """Why a host could not be observed the last time, by id."""


_NEVER = None, None


class Views:
    """Makes the views; safe for threads, because one that is made twice is as good."""

    def __init__(self, inventories: HostInventories) -> None:
        """Nothing was asked about yet."""
        self._inventories = inventories
        self._views: dict[str, tuple[Host | None, HostView | None]] = {}

    def of(self, host_ids: Mapping[str, str]) -> Sequence[HostView]:
        """The view of each host now; `host_ids` is our id and the id as it was asked, in the order asked."""
        inventories, known, views = self._inventories, self._views, list[HostView]()
        hosts, observations, failures = inventories.hosts, inventories.observations, inventories.failures
        for ours, asked in host_ids.items():
            host, seen, failed = hosts.get(ours), observations.get(ours), failures.get(ours)
            of, view = known.get(asked, _NEVER)
            if view is None or of is not host or view.observation is not seen or view.failure is not failed:
                view = HostView(asked, host.name if host else ours, bool(host and host.separate), seen, failed)
                self._keep(asked, host, view)
            views.append(view)
        return views

    def any_known(self, host_ids: Mapping[str, str]) -> bool:
        """Whether one of them is a host of the engine's."""
        return not self._inventories.hosts.keys().isdisjoint(host_ids)

    def _keep(self, asked: str, host: Host | None, view: HostView) -> None:
        if host is not None:  # who asks about hosts that do not exist fills no memory
            self._views[asked] = host, view
