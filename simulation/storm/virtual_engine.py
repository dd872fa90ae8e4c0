"""The engine's REST API in virtual time: what REST would show, and the time that it would take."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from mdev_inventory.engine import parsing
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.model import Host, MediatedDevice, Vm
from mdev_inventory.engine.vms import STARTING
from simulation.engine.engine import SimulatedEngine
from simulation.engine.rest import host_views, views
from simulation.storm.judge import ASKED
from simulation.timeline.turns import Turns

T = TypeVar("T")


class VirtualEngineApi:
    """`EngineApi` as far as decisions and the collector use it."""

    def __init__(self, engine: SimulatedEngine, turns: Turns, takes: Callable[[], float]) -> None:
        """`takes` draws the seconds of one request; the engine looks at its tables in the middle of it."""
        self.requests: Counter[str] = Counter()
        """By route, as the simulated REST server counts them."""
        self._engine = engine
        self._turns = turns
        self._takes = takes

    def vm(self, vm_id: str, timeout_s: float | None = None) -> Vm:
        """GET /vms/{id} and its mediated devices."""
        del timeout_s
        return self._request("GET vms/{vm_id}", lambda: self._vm(vm_id, follow=True))

    def find_vm(self, name_or_id: str, timeout_s: float | None = None) -> Vm:
        """The VM of that id or name."""
        named = [vm.id for vm in self._engine.vms.values() if name_or_id in (vm.id, vm.name)]
        return self.vm(named[0] if named else name_or_id, timeout_s)

    def vms_by_id(self, vm_ids: Iterable[str], timeout_s: float | None = None, *, starting: bool = False) -> list[Vm]:
        """GET /vms?search=id=… or id=…: those that exist, without their mediated devices."""
        del timeout_s
        wanted = sorted(set(vm_ids))
        if not wanted:
            return []
        return self._request("GET vms", lambda: self._found(wanted, starting))

    def devices_of(self, vm_id: str, timeout_s: float | None = None) -> tuple[MediatedDevice, ...] | None:
        """GET /vms/{id}/mediateddevices; not asked for on engines that have none."""
        del timeout_s
        if not self._engine.version.has_mediated_devices:
            return None
        return self._request("GET vms/{vm_id}/mediateddevices", lambda: self._vm(vm_id, follow=True).mediated_devices)

    def hosts(self) -> list[Host]:
        """GET /hosts, at once: the collector's own business."""
        shown = [host_views.host(host, self._engine.version) for host in self._engine.hosts.values()]
        return [parsing.host(view) for view in shown]

    def vms(self) -> list[Vm]:
        """GET /vms, likewise."""
        return [self._vm(vm_id, follow=True) for vm_id in self._engine.vms]

    def _request(self, route: str, look: Callable[[], T]) -> T:
        takes = self._takes()
        self.requests[route] += 1
        if question := ASKED.get():
            question.engine_requests += 1
        self._turns.sleep(takes / 2)
        seen = look()
        self._turns.sleep(takes / 2)
        return seen

    def _found(self, wanted: list[str], starting: bool) -> list[Vm]:
        return [
            self._vm(vm.id)
            for vm in self._engine.vms.values()
            if vm.id in wanted or (starting and vm.status in STARTING)
        ]

    def _vm(self, vm_id: str, follow: bool = False) -> Vm:
        if vm_id not in self._engine.vms:
            raise EngineError("not-found", f"no VM has the id {vm_id}")
        return parsing.vm(views.vm(self._engine.vms[vm_id], self._engine.version, follow))
