"""An engine whose events a test makes, and what the watch makes of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mdev_inventory.collector.event_watch import PAGE, EventWatch, Happened, VmChange
from mdev_inventory.engine.model import Event, Vm
from tests.mdev_inventory.collector import virtual_time


@dataclass
class Scene:
    """An engine with a log, and what a watch makes of it."""

    log: list[Event] = field(default_factory=list)
    order: Callable[[list[Event], int], list[Event]] = lambda events, limit: events[-limit:]
    """Which of all events an answer with so many holds."""
    vms: dict[str, Vm] = field(default_factory=dict)
    error: Exception | None = None
    questions: list[int | None] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    asked: list[set[str]] = field(default_factory=list)
    everybody: int = 0
    now: float = 1000.0
    heard: list[Happened] = field(default_factory=list)

    def __post_init__(self) -> None:
        """A watch that has seen nothing yet."""
        listeners = [self.heard.append, self._fail_now_and_then]
        self.watch = EventWatch(self, self.places, self._ask, self._ask_all, listeners, lambda: self.now)

    def events(self, after: int | None, limit: int = PAGE) -> list[Event]:
        """As the engine's REST API, oldest first."""
        self.questions.append(after)
        if self.error:
            raise self.error
        if after is None:
            return self.log[-limit:]
        return self.order([event for event in self.log if event.index > after], limit)

    def vms_by_id(self, vm_ids: Iterable[str]) -> list[Vm]:
        """Those that are there."""
        return [self.vms[vm_id] for vm_id in vm_ids if vm_id in self.vms]

    def happens(self, code: int, vm_id: str | None = "v1", host_id: str | None = "h1") -> int:
        """The engine writes an event; its index."""
        index = self.log[-1].index + 1 if self.log else 1
        self.log.append(Event(index, code, vm_id, host_id))
        return index

    @property
    def hosts(self) -> list[set[str]]:
        """What was asked, poll by poll, the empty ones left out."""
        return [hosts for hosts in self.asked if hosts]

    def _ask(self, hosts: Iterable[str]) -> None:
        self.asked.append(set(hosts))

    def _ask_all(self) -> None:
        self.everybody += 1

    def _fail_now_and_then(self, happened: Happened) -> None:
        if happened.change is VmChange.UP:
            raise ValueError("a listener's bug")


def run(scene: Scene, *steps: Callable[[], object]) -> None:
    """A poll at the beginning and one after each step."""

    async def scenario() -> None:
        await scene.watch.poll()
        for step in steps:
            scene.now += 1.0
            step()
            scene.now += 1.0
            await scene.watch.poll()

    virtual_time.run(scenario())
