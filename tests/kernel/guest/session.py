"""One run on the bus: every step is taken on the kernel, looked at through the hook, and compared."""

from mdev_inventory.model import HostInventory
from scheduler_plugins.allocator.placement import Placement
from tests.kernel.guest import bus, checks
from tests.kernel.guest.hook import BreachError, Hook
from tests.kernel.guest.tally import Tally
from tests.kernel.guest.views import VIEWS, View

_EXECUTED_EVERY = 25
"""Of so many steps one is looked at by executing the archive; the others fork it."""


class Session:
    """The bus, what is known of it, and what was counted."""

    def __init__(self, hook: Hook) -> None:
        self.tally = Tally()
        self.log: list[str] = []
        """The steps so far, for whom has to repeat them."""
        self.vms: list[list[str]] = []
        """The instances of each VM that runs."""
        self.now = HostInventory()
        """The bus after the last step."""
        self._hook = hook
        self._named = 0

    def look(self, execute: bool = True) -> None:
        """Takes the inventory and holds it against the kernel's files; raises BreachError."""
        self.now = self._hook.executed() if execute else self._hook.forked()
        checks.same_as_files(self.now, bus.read())
        if execute:
            checks.refused_without_vendor(self.now)
        self.tally.executed += execute
        self.tally.forked += not execute

    def start(self, types: tuple[str, ...], separate: bool = False) -> None:
        """Starts a VM: the replay first, then the kernel; raises BreachError where it has to.

        A VM that does not get all its instances gives the others back.
        """
        plans = {view: view.plan(self.now, types, separate) for view in VIEWS}
        created: list[str] = []
        for type_id in types:
            uuid = self._create(type_id)
            if uuid is None:
                break
            created.append(uuid)
            self._compare_plans(plans, len(created))
        for view, plan in plans.items():
            self._judge(view, types, len(plan.slots), len(created))
        self.vms.append(created)
        if len(created) < len(types):
            self.stop(len(self.vms) - 1)

    def stop(self, number: int) -> None:
        """Stops a VM and removes its instances, the last one first."""
        for uuid in reversed(self.vms.pop(number)):
            error = bus.remove(uuid)
            self.log.append(f"remove {uuid} {error}")
            if error:
                raise BreachError(f"{uuid} could not be removed: {error}")
            self.tally.removals += 1
            self._step()

    def exhaust(self, type_id: str) -> None:
        """Starts a VM with one instance more than the replay counts as free."""
        free = checks.figure(self.now, type_id)
        counted = [view.free(self.now, type_id, separate) for view in VIEWS for separate in (False, True)]
        before = self.tally.creations
        self.start((type_id,) * (free + 1))
        if counted != [self.tally.creations - before] * len(counted):
            raise BreachError(f"{counted} of {type_id} count as free, the kernel created another number")
        self.tally.capacities += 1

    def _create(self, type_id: str) -> str | None:
        """One creation; None where the kernel refuses it."""
        self._named += 1
        uuid = f"{self._named:08x}-0000-4000-8000-000000000000"
        parent, before = checks.parent_of(self.now, type_id).address, self.now
        error = bus.create(parent, type_id, uuid)
        self.log.append(f"create {type_id} {uuid} {error}")
        self._step()
        if error:
            self.tally.refusals[error] += 1
            return None
        self.tally.creations += 1
        for view in VIEWS:
            self._compare(view, view.after(before, parent, type_id))
        return uuid

    def _step(self) -> None:
        self.look(execute=len(self.log) % _EXECUTED_EVERY == 0)

    def _compare_plans(self, plans: dict[View, Placement], created: int) -> None:
        """Holds what was planned before the first creation against the bus after the latest."""
        for view, plan in plans.items():
            if created < len(plan.slots):
                self._compare(view, plan.steps[created][0])
            elif created == len(plan.slots):
                self._compare(view, plan.after)

    def _compare(self, view: View, predicted: HostInventory) -> None:
        for parent, less in view.behind(predicted, self.now):
            self.tally.figures[view.name, parent] += 1
            self.tally.below[view.name, parent] += less > 0
            self.tally.farthest[view.name] = max(self.tally.farthest[view.name], less)
        self.tally.predictions[view.name] += 1

    def _judge(self, view: View, types: tuple[str, ...], allowed: int, created: int) -> None:
        """A refusal that the kernel would not make is one only where mixed types hide their sizes."""
        if created < allowed:
            raise BreachError(f"{view.name}: {allowed} of {types} were placed, the kernel created {created}")
        if created > allowed and (view.exact or len(set(types)) == 1):
            raise BreachError(f"{view.name}: only {allowed} of {types} were placed, {created} created")
        self.tally.verdicts[view.name, allowed == len(types), created == len(types)] += 1
