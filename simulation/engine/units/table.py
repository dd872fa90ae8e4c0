"""The engine's table of external units, and its talks with whoever runs them."""

from collections.abc import Callable, Mapping, Sequence

from simulation.engine.audit import Code
from simulation.engine.state import Cluster
from simulation.engine.units import answers, discovery
from simulation.engine.units.discovery import Found, MalformedDiscoveryError, Unit, UnitType
from simulation.engine.units.external import ExternalScheduler, ExternalSchedulerError
from simulation.engine.world import World
from simulation.timeline.processes import Outcome, Steps


class ExternalUnits:
    """External policy units by (name, type), and the questions put to them."""

    def __init__(self, world: World) -> None:
        """Knows no unit before `discover`."""
        self.table: dict[tuple[str, UnitType], Unit] = {}
        self.skipped: list[str] = []
        """Names of units that the last discovery reported with a bad regex map."""
        self.calls: dict[str, int] = {"discover": 0, "runFilters": 0, "runCostFunctions": 0}
        """How often each question was asked."""
        self._scheduler: ExternalScheduler | None = None
        self._world = world

    def discover(self, scheduler: ExternalScheduler | None) -> Steps[None]:
        """Asks once which units there are (SchedulingManager.loadExternalScheduler); the rest is disabled.

        `scheduler` is who answers from now on; None is ExternalSchedulerEnabled=false.
        """
        self._scheduler = scheduler
        for unit in self.table.values():
            unit.enabled = False
        answer = yield from self._ask("discover", lambda scheduler: scheduler.discover())
        if answer is None:
            return
        try:
            found, self.skipped = discovery.units(answer.value)
        except MalformedDiscoveryError as error:
            self._failed(error)
            return
        for described in found:
            self._enable(described)

    def filters(self, cluster: Cluster) -> list[str]:
        """The policy's external filters that are enabled; a disabled one is silently skipped."""
        return [name for name in cluster.policy.filters if self._enabled(name, UnitType.FILTER)]

    def weights(self, cluster: Cluster) -> list[tuple[str, int]]:
        """The policy's external weights that are enabled, with their factors."""
        return [(name, n) for name, n in cluster.policy.weights if self._enabled(name, UnitType.WEIGHT)]

    def run_filters(self, names: Sequence[str], hosts: Sequence[str], vm_id: str, cluster: Cluster) -> Steps[list[str]]:
        """The hosts left; all of them where nobody answers (fail-open).

        answers.UnreadableAnswerError ends the scheduling.
        """
        known = dict(cluster.properties)
        answer = yield from self._ask("runFilters", lambda scheduler: scheduler.run_filters(names, hosts, vm_id, known))
        if answer is None:
            return list(hosts)
        left = answers.filtered_ids(answer.value)
        return [host for host in hosts if host in left]

    def run_cost_functions(
        self, functions: Sequence[tuple[str, int]], hosts: Sequence[str], vm_id: str, cluster: Cluster
    ) -> Steps[list[answers.Score]]:
        """The weights; none where nobody answers. answers.UnreadableAnswerError ends the scheduling."""
        known = dict(cluster.properties)
        answer = yield from self._ask(
            "runCostFunctions", lambda scheduler: scheduler.run_cost_functions(functions, hosts, vm_id, known)
        )
        return [] if answer is None else answers.scores(answer.value)

    def factors(self, cluster: Cluster) -> Mapping[str, int]:
        """Factor by name of a weight: what the third member of a score is looked up in."""
        return dict(self.weights(cluster))

    def _ask(self, method: str, question: Callable[[ExternalScheduler], object]) -> Steps[Outcome | None]:
        """The answer, its complaints told; None where there is nobody to ask or nobody answers."""
        scheduler = self._scheduler
        if scheduler is None:
            return None
        self.calls[method] += 1
        try:
            answer = yield self._world.outside.ask(lambda: question(scheduler))
        except ExternalSchedulerError as error:
            self._failed(error)
            return None
        for complaint in answers.complaints(answer):
            self._world.write(complaint.code, complaint.text)
        return Outcome(answer)

    def _enabled(self, name: str, kind: UnitType) -> bool:
        unit = self.table.get((name, kind))
        return unit is not None and unit.enabled

    def _enable(self, found: Found) -> None:
        known = self.table.get((found.name, found.type))
        unit_id = known.id if known else self._world.uuid()
        unit = Unit(unit_id, found.name, found.type, found.description, found.properties)
        self.table[found.name, found.type] = unit

    def _failed(self, error: Exception) -> None:
        text = f"Failed to connect to the external scheduler: {error}"
        self._world.write(Code.CONNECT_TO_SCHEDULER_PROXY_FAILED, text)
