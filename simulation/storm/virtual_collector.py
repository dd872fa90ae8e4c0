"""The collector in virtual time: every host on its own grid, at once after an event, on demand for decisions.

The schedule is the product's (`schedule.py`); one request per host at a time, and an answer counts for who
asked before the request left, as in `HostWatch`.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from mdev_inventory.collector.engine_view import LEAST_GAP, OWN_REFRESH, available_types
from mdev_inventory.collector.schedule import next_turn
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Vm
from mdev_inventory.observation import HostFailure, Observation, Source
from mdev_inventory.store.inventories import Inventories
from scheduler_plugins.allocator.request import request_of
from simulation.engine.audit import AuditEvent, Code
from simulation.engine.engine import SimulatedEngine
from simulation.engine.state import Host as EngineHost
from simulation.hosts import SimulatedHost
from simulation.kernel.inventory import inventory_of
from simulation.storm.judge import ASKED
from simulation.storm.plan import Plan
from simulation.storm.virtual_engine import VirtualEngineApi
from simulation.timeline import Timeline
from simulation.timeline.processes import Promise
from simulation.timeline.turns import Turns

HOST_TIMEOUT_S = 10.0
VM_CHANGED = frozenset({Code.USER_STARTED_VM, Code.USER_RUN_VM, Code.VM_DOWN, Code.VM_DOWN_ERROR})
VM_STOPPED = frozenset({Code.VM_DOWN, Code.VM_DOWN_ERROR, Code.USER_FAILED_RUN_VM})
LIST_TAKES_S = 0.3
"""The engine's answer with all its VMs."""

ListListener = Callable[[Sequence[Vm], float, float], object]
StopListener = Callable[[str, float], object]


class VirtualCollector:
    """Keeps inventories as fresh as the product's collector does; ends with `stop`."""

    def __init__(
        self,
        plan: Plan,
        engine: SimulatedEngine,
        inventories: Inventories,
        timeline: Timeline,
        turns: Turns,
        clock: Callable[[], float],
    ) -> None:
        """Of that world; nothing happens before `start`."""
        self.silent: set[str] = set()
        """Ids of hosts whose VDSM does not answer."""
        self.list_listeners: list[ListListener] = []
        """Told all VMs, when the engine was asked for them and when it had answered."""
        self.stop_listeners: list[StopListener] = []
        """Told a VM that is down, and a moment after which it went."""
        self._plan = plan
        self._engine = engine
        self._inventories = inventories
        self._timeline = timeline
        self._turns = turns
        self._clock = clock
        self._chance = random.Random(f"collector {plan.seed}")  # noqa: S311 - repeatable
        self._current: dict[str, Promise[bool]] = {}
        self._refreshed: dict[str, float] = {}
        self._last_event = len(engine.audit.events)
        self._polled_at = clock()
        self._stopped = False

    def start(self, api: VirtualEngineApi) -> None:
        """Asks for the VMs and every host at once, then in their turn."""
        self._inventories.set_hosts(api.hosts())
        for host_id in self._inventories.hosts:
            self._follow(host_id)
        self._later(self._plan.events_interval, self._poll_events)
        self._list_vms(api)

    def stop(self) -> None:
        """What is under way is never heard of again."""
        self._stopped = True

    def refresh(self, host_ids: Iterable[str], deadline_s: float) -> frozenset[str]:
        """`Collector.refresh`, for a decision that waits in virtual time."""
        end = self._timeline.now + deadline_s
        promises = {host_id: self.fresh(host_id) for host_id in host_ids}
        if question := ASKED.get():
            question.hosts_asked += len(promises)
        for promise in promises.values():
            self._turns.wait(promise, max(0.0, end - self._timeline.now))
        return frozenset(host_id for host_id, promise in promises.items() if promise.done and promise.value)

    def fresh(self, host_id: str) -> Promise[bool]:
        """Resolved when the host answered, or not, a request that left after this call."""
        under_way = self._current.get(host_id)
        if under_way is None:
            return self._ask(host_id)
        promise: Promise[bool] = Promise()
        under_way.then(lambda _: self.fresh(host_id).then(promise.resolve))
        return promise

    def _follow(self, host_id: str) -> None:
        if host_id not in self._current:
            self._ask(host_id)
        now = self._timeline.now
        self._later(next_turn(host_id, now, self._plan.collect_interval) - now, lambda: self._follow(host_id))

    def _ask(self, host_id: str) -> Promise[bool]:
        promise: Promise[bool] = Promise()
        self._current[host_id] = promise
        asked_at, takes = self._clock(), self._plan.host_answer.draw(self._chance)
        if host_id in self.silent:
            self._later(HOST_TIMEOUT_S, lambda: self._end(host_id, None))
        else:
            self._later(takes / 2, lambda: self._read(host_id, asked_at, takes / 2))
        return promise

    def _read(self, host_id: str, asked_at: float, takes: float) -> None:
        driver = self._engine.hosts[host_id].driver
        assert isinstance(driver, SimulatedHost)
        inventory, owners = inventory_of(driver.bus), self._owners(driver)

        def end() -> None:
            received = self._clock()
            seen = Observation(host_id, inventory, Source.HOOK, asked_at, received, owners=owners)
            self._end(host_id, seen)

        self._later(takes, end)

    def _owners(self, host: SimulatedHost) -> dict[str, str] | None:
        """From `Host.dumpxmls`, asked where the engine does not say how instances are called."""
        if self._engine.version.has_mediated_devices:
            return None
        return {uuid: vm.spec.vm_id for vm in host.vms.values() for uuid in vm.made}

    def _end(self, host_id: str, seen: Observation | None) -> None:
        promise = self._current.pop(host_id)
        if seen is None:
            text = f"host {self._engine.hosts[host_id].name} gave no answer within {HOST_TIMEOUT_S:.4g} s"
            self._inventories.fail(HostFailure(host_id, "timeout", text, self._clock()))
        else:
            self._inventories.put(seen)
        promise.resolve(seen is not None)

    def _list_vms(self, api: VirtualEngineApi) -> None:
        asked_at = self._clock()

        def answered() -> None:
            vms = api.vms()
            known = [KnownVm.of(vm, request_of(vm).types, asked_at) for vm in vms]
            self._inventories.set_vms(known, asked_at, self._clock())
            for listener in self.list_listeners:
                listener(vms, asked_at, self._clock())

        self._later(LIST_TAKES_S, answered)
        self._later(self._plan.collect_interval, lambda: self._list_vms(api))

    def _poll_events(self) -> None:
        """Hosts whose VMs changed are asked; where one went down, the engine's own view is looked at."""
        events = self._engine.audit.events
        news, self._last_event = events[self._last_event :], len(events)
        after, self._polled_at = self._polled_at, self._clock()
        for event in news:
            if event.code in VM_STOPPED and event.about.vm_id:
                for listener in self.stop_listeners:
                    listener(event.about.vm_id, after)
        for host_id in _hosts(news, VM_CHANGED):
            self.fresh(host_id)
        for host_id in _hosts(news, VM_STOPPED):
            self._later(OWN_REFRESH, partial(self._look, self._engine.hosts[host_id]))
        self._later(self._plan.events_interval, self._poll_events)

    def _look(self, host: EngineHost) -> None:
        """A VM went down there: does the engine's own filter know what is free?"""
        self.fresh(host.id).then(lambda _: self._compare(host))

    def _compare(self, host: EngineHost) -> None:
        """Where the engine shows nothing left of a type that we see free, it is asked to look again."""
        seen = self._inventories.observations.get(host.id)
        if seen is None or host.refreshing:
            return
        hidden = available_types(seen.inventory) - {type_id for type_id, left in host.available.items() if left}
        if hidden and self._timeline.now - self._refreshed.get(host.id, -LEAST_GAP) >= LEAST_GAP:
            self._refreshed[host.id] = self._timeline.now
            self._engine.refresh_host(host.id)

    def _later(self, delay_s: float, work: Callable[[], object]) -> None:
        self._timeline.call_later(delay_s, lambda: None if self._stopped else work())


def _hosts(events: Iterable[AuditEvent], codes: frozenset[Code]) -> list[str]:
    """The hosts that events with these codes are about, each once."""
    found = [event.about.host_id for event in events if event.code in codes]
    return [host_id for host_id in dict.fromkeys(found) if host_id]
