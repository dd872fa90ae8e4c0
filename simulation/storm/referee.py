"""What would have been right: the hosts' true state, starts under way included.

The referee knows what the service cannot: every bus as it is now, and where the engine has sent whom. A host
can hold a VM if its own allocator would place all that is on its way there and then the VM. Nothing here is
the service's code.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from simulation.engine import mdevice
from simulation.engine.engine import SimulatedEngine
from simulation.engine.state import Vm
from simulation.hosts import SimulatedHost
from simulation.hosts.trial import Trial
from simulation.hosts.virtual_machine import WAIT
from simulation.kernel import Change

Types = tuple[str, ...]


class Referee:
    """Judges by the truth. Call it alone with the engine."""

    def __init__(self, engine: SimulatedEngine, hosts: Mapping[str, SimulatedHost]) -> None:
        """`hosts` by the engine's ids."""
        self._engine = engine
        self._hosts = hosts
        self._generation: dict[str, int] = defaultdict(int)
        self._known: dict[tuple[str, Types], tuple[object, bool]] = {}
        for host_id, host in hosts.items():
            host.bus.listeners.append(partial(self._changed, host_id))

    def able(self, vm_id: str, host_ids: Iterable[str]) -> frozenset[str]:
        """Those of the hosts that can hold the VM now."""
        types, coming = self.request(vm_id), self._coming(vm_id)
        return frozenset(host_id for host_id in host_ids if self._holds(host_id, coming[host_id], types))

    def request(self, vm_id: str) -> Types:
        """What the host will be asked for."""
        return mdevice.requested_types(self._engine.vms[vm_id], self._engine.version)

    def _coming(self, asking: str) -> dict[str, list[Types]]:
        """By host the instances of starts under way that do not live yet, but for those of who is asking."""
        coming: dict[str, list[Types]] = defaultdict(list)
        for vm in self._engine.vms.values():
            if vm.id != asking and (host_id := _sent_to(vm)):
                coming[host_id].append(mdevice.requested_types(vm, self._engine.version))
        for host_id, host in self._hosts.items():
            coming[host_id] += _unmade(host)
        return coming

    def _holds(self, host_id: str, coming: Sequence[Types], types: Types) -> bool:
        situation = (self._generation[host_id], tuple(coming))
        known = self._known.get((host_id, types))
        if known is None or known[0] != situation:
            self._known[host_id, types] = known = situation, _would_hold(self._hosts[host_id], coming, types)
        return known[1]

    def _changed(self, host_id: str, _: Change) -> None:
        self._generation[host_id] += 1


def _sent_to(vm: Vm) -> str | None:
    """The host that the engine has chosen for the VM and not told yet."""
    attempt = vm.run.attempts[-1] if vm.run and vm.run.attempts else None
    waiting = attempt is not None and attempt.created_at is None and attempt.ending is None
    return attempt.host_id if attempt is not None and waiting else None


def _unmade(host: SimulatedHost) -> list[Types]:
    """What VMs on the host still have to get."""
    starting = [vm for vm in host.vms.values() if vm.status == WAIT and not vm.destroyed]
    return [tuple(t for _, t in vm.spec.devices[len(vm.made) :]) for vm in starting]


def _would_hold(host: SimulatedHost, coming: Iterable[Types], types: Types) -> bool:
    with Trial(host) as trial:
        for others in coming:
            trial.start(others)
        return trial.start(types) is not None
