"""The service in virtual time: scheduler and engine endpoint, the world around driven by the timeline.

The scheduler, its inventories, the store and the engine endpoint's methods are the product's. In place of
sockets there are the engine's own tables, seen through the REST API's views, and in place of the collector's
event loop the same schedule on the timeline.
"""

import random
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdev_inventory.store.file import FILE_NAME
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.store import Store
from scheduler_plugins.config.defaults import Decisions
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.service.engine_endpoint.external import External
from scheduler_plugins.service.engine_endpoint.xmlrpc import format_answer, parse_call
from simulation.engine.engine import SimulatedEngine
from simulation.engine.units.external import CalledScheduler, ExternalSchedulerError
from simulation.storm.judge import Question
from simulation.storm.plan import Plan
from simulation.storm.virtual_collector import VirtualCollector
from simulation.storm.virtual_engine import VirtualEngineApi
from simulation.timeline import Timeline
from simulation.timeline.turns import Turns

EPOCH = 1_800_000_000.0
"""The service's clock when the timeline begins."""
FLUSH_INTERVAL_S = 2.0
FORGETFUL = Decisions(unresolved_timeout=0.0, claim_timeout=0.0)


@dataclass(frozen=True, slots=True)
class World:
    """What the service lives in."""

    plan: Plan
    engine: SimulatedEngine
    timeline: Timeline
    turns: Turns

    def clock(self) -> float:
        """Seconds since the epoch."""
        return EPOCH + self.timeline.now


@dataclass(frozen=True, slots=True)
class Parts:
    """What a scheduler is made of."""

    engine: VirtualEngineApi
    inventories: Inventories
    store: Store
    collector: VirtualCollector
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    timer: Callable[[], float]


Make = Callable[[Parts], Scheduler]
"""Which scheduler the storm meets."""


def product(parts: Parts) -> Scheduler:
    """The product's, as the service makes it."""
    return Scheduler(
        parts.engine,
        parts.inventories,
        parts.clock,
        store=parts.store,
        refresh=parts.collector.refresh,
        pause=parts.sleep,
        timer=parts.timer,
    )


def without_claims(parts: Parts) -> Scheduler:
    """One whose decisions are forgotten at once."""
    return Scheduler(
        parts.engine,
        parts.inventories,
        parts.clock,
        settings=FORGETFUL,
        refresh=parts.collector.refresh,
        pause=parts.sleep,
        timer=parts.timer,
    )


def without_claims_and_rechecks(parts: Parts) -> Scheduler:
    """One that trusts the inventories that it has."""
    return Scheduler(
        parts.engine, parts.inventories, parts.clock, settings=FORGETFUL, pause=parts.sleep, timer=parts.timer
    )


class VirtualService:
    """One life of the service, from its start on its state file to its end."""

    def __init__(self, world: World, make: Make, folder: Path) -> None:
        """Alive: it answers, and collects."""
        store = Store(folder / FILE_NAME)
        inventories = Inventories(store)
        chance = random.Random(f"answers {world.plan.seed}")  # noqa: S311 - repeatable
        engine = VirtualEngineApi(world.engine, world.turns, lambda: world.plan.engine_answer.draw(chance))
        collector = VirtualCollector(world.plan, world.engine, inventories, world.timeline, world.turns, world.clock)
        self.parts = Parts(
            engine, inventories, store, collector, world.clock, world.turns.sleep, lambda: world.timeline.now
        )
        self.scheduler = make(self.parts)
        self.external = External(self.scheduler)
        self._timeline = world.timeline
        self._dead = False
        collector.list_listeners.append(self.scheduler.vms_listed)
        collector.stop_listeners.append(self.scheduler.vm_stopped)
        collector.start(engine)
        self._flush()

    def kill(self) -> None:
        """SIGKILL: nothing that was not written is ever written."""
        self._dead = True
        self.parts.collector.stop()
        self.parts.store.close()

    def _flush(self) -> None:
        if not self._dead:
            self.parts.inventories.flush()
            self.scheduler.save()
            self._timeline.call_later(FLUSH_INTERVAL_S, self._flush)


class VirtualEndpoint(CalledScheduler):
    """The engine endpoint, whether the service lives or not: the engine's external scheduler."""

    def __init__(self, world: World, make: Make, folder: Path) -> None:
        """Closed; the state file of all lives is in `folder`."""
        self.service: VirtualService | None = None
        self.lives: list[VirtualService] = []
        self._world = world
        self._make = make
        self._folder = folder

    def open(self) -> None:
        """The service starts."""
        self.service = VirtualService(self._world, self._make, self._folder)
        self.lives.append(self.service)

    def note(self, question: Question) -> None:
        """What the service itself said about its last decision for the VM."""
        assert self.service is not None
        decisions = self.service.scheduler.decisions
        own = next((one for one in decisions if one.vm_id == question.vm_id), None)
        if own is None:
            question.faulty = True
        else:
            question.at_risk, question.waited = bool(own.risk), own.waited > 0

    def kill(self) -> None:
        """The service dies; the questions that it was answering end in a broken connection."""
        if self.service is not None:
            self.service.kill()
            self.service = None
            self._world.turns.abort(ExternalSchedulerError("connection reset by peer"))

    def call(self, method: str, *arguments: Any) -> object:
        """The call as it goes over the wire, both ways."""
        if self.service is None:
            raise ExternalSchedulerError("connection refused")
        body = xmlrpc.client.dumps(arguments, method, allow_none=True).encode()
        try:
            answer = format_answer(self.service.external.call(*parse_call(body)))
        except xmlrpc.client.Fault as error:
            raise ExternalSchedulerError(error.faultString) from error
        return xmlrpc.client.loads(answer.decode())[0][0]
