"""When the engine's rows of host devices become fresh: RefreshHostDevices, and nothing else does it."""

from simulation.engine import mdevice
from simulation.engine.audit import Code
from simulation.engine.state import Host
from simulation.engine.world import ActionError, World
from simulation.timeline.processes import Promise

REFRESHABLE = ("up", "maintenance", "non_operational")
"""Statuses in which RefreshHost is legal."""


class Refresher:
    """Refreshes hosts' rows, one at a time per host."""

    def __init__(self, world: World) -> None:
        """Of that engine."""
        self._world = world

    def refresh(self, host: Host, at_once: bool = False) -> Promise[None]:
        """RefreshHost, as by hand or over REST: the rows are fresh when the promise resolves.

        ActionError where the host's status forbids it or its lock is taken.
        """
        if host.status not in REFRESHABLE:
            raise ActionError(f"Cannot refresh Host {host.name}: its status is {host.status}.")
        if host.refreshing:
            raise ActionError(f"Cannot refresh Host {host.name}: a related operation is in progress.")
        promise: Promise[None] = Promise()
        host.refreshing = True
        if at_once:
            self._refresh(host, promise)
        else:
            self._world.timeline.call_later(self._delay(), lambda: self._refresh(host, promise))
        return promise

    def refresh_if_possible(self, host: Host) -> None:
        """RefreshHost as the engine runs it by itself; left out where it is not possible just now."""
        if host.status == "up" and not host.refreshing:
            self.refresh(host)

    def refresh_devices(self, host: Host) -> None:
        """RefreshHostDevices alone, at the engine's start and when a host goes Up: no audit event."""
        self._world.timeline.call_later(self._delay(), lambda: self._store(host))

    def _refresh(self, host: Host, promise: Promise[None]) -> None:
        host.refreshing = False
        self._store(host)
        text = f"Successfully refreshed the capabilities of host {host.name}."
        self._world.write(Code.HOST_REFRESHED, text, host=host)
        promise.resolve(None)

    def _store(self, host: Host) -> None:
        if host.driver is not None and host.status in REFRESHABLE:
            mdevice.store_devices(host, host.driver.hostdev_list())

    def _delay(self) -> float:
        return self._world.draw(self._world.delays.refresh)
