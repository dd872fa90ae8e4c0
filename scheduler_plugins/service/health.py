"""What does not work at the moment, in sentences for `/healthz` and the page."""

from collections.abc import Callable, Mapping

from mdev_inventory.collector.troubles import Trouble
from mdev_inventory.engine.model import Host
from mdev_inventory.tls.causes import Cause
from scheduler_plugins.decisions.scheduler import Inventories
from scheduler_plugins.units.verdict import some

CODES = frozenset(Cause)


class Health:
    """Gathers what is wrong whenever somebody asks."""

    def __init__(
        self,
        inventories: Inventories,
        troubles: Callable[[], Mapping[str, Trouble]],
        unwritten: Callable[[], str] = str,
        stuck: Callable[[], str] = str,
    ) -> None:
        """`troubles` are those of whoever works in the background.

        `unwritten` tells why a restart would forget the starts in flight; empty where it would not. So does
        `stuck` of decisions that do not end.
        """
        self._inventories, self._troubles, self._unwritten, self._stuck = inventories, troubles, unwritten, stuck
        self.closed_endpoints: list[str] = []
        """A sentence about each endpoint that could not be opened."""
        self.checks: list[Callable[[], str]] = []
        """What is looked at anew each time: a sentence each, empty where all is well."""
        self.notices: list[str] = []
        """What went wrong when the service started, and stays so until it is started again."""

    def reasons(self) -> list[str]:
        """Everything that is wrong, a sentence each; empty where all is well."""
        hosts = self._inventories
        up = [host for host in hosts.hosts.values() if host.status == "up"]
        failing = [host for host in up if hosts.failures.get(host.id)]
        unseen = [host for host in up if not hosts.observations.get(host.id) and not hosts.failures.get(host.id)]
        return [
            *self.closed_endpoints,
            *self.notices,
            *filter(None, [check() for check in self.checks]),
            *(f"{name}: {trouble.text}" for name, trouble in self._troubles().items()),
            *(f"claims: {text}" for text in [self._unwritten()] if text),
            *filter(None, [self._stuck()]),
            *_named(failing, up, "could not be asked as they should"),
            *_named(unseen, up, "were not asked yet"),
            *self._distrusted(),
        ]

    def _distrusted(self) -> list[str]:
        """Hosts that are not up, and why TLS with them fails: a certificate may be why the engine lost them, too."""
        down = [host for host in self._inventories.hosts.values() if host.status != "up"]
        failures = [(host, self._inventories.failures.get(host.id)) for host in down]
        named = [f"{host.name} ({failure.code})" for host, failure in failures if failure and failure.code in CODES]
        return [f"{len(named)} of {len(down)} hosts that are not up fail at TLS: {some(named)}"] if named else []


def _named(hosts: list[Host], of: list[Host], what: str) -> list[str]:
    if not hosts:
        return []
    return [f"{len(hosts)} of {len(of)} hosts that are up {what}: {some(host.name for host in hosts)}"]
