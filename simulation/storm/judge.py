"""Every question of the engine to the external units, with what would have been right at that moment."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from simulation.engine.engine import SimulatedEngine
from simulation.engine.units.answers import filtered_ids
from simulation.engine.units.external import ExternalScheduler, ExternalSchedulerError, Functions, Names, Properties
from simulation.storm.referee import Referee


@dataclass(slots=True)
class Question:
    """One call of runFilters."""

    vm_id: str
    asked_at: float
    hosts: tuple[str, ...]
    able: frozenset[str]
    """Those that could hold the VM when the engine asked: to refuse it then is wrong if there are any."""
    able_then: frozenset[str] = frozenset()
    """Those that could when we answered: more, because until then the engine decides about no other VM of the
    cluster, while starts may fail and VMs stop. To choose any other host is wrong."""
    answer: frozenset[str] | None = None
    """None where the service did not answer: the engine then lets every host pass, or the proxy's plugin
    none."""
    answered_at: float = 0.0
    faulty: bool = False
    """The service answered without having decided: its unit failed."""
    at_risk: bool = False
    """The service said so itself."""
    engine_requests: int = 0
    waited: bool = False
    """It asked the engine again about decisions whose host was not known yet."""
    hosts_asked: int = 0
    asked_in_vain: bool = False
    """The service was down when the engine asked."""
    log_at: int = 0
    """How long its log was then, where it has one."""

    @property
    def is_wrong(self) -> bool:
        """A host was refused or let pass against the truth, in the way that hurts."""
        if self.answer is None:
            return False
        return bool(self.able) if self.refused else not self.answer <= self.able_then

    @property
    def refused(self) -> bool:
        """No host was left."""
        return self.answer is not None and not self.answer

    @property
    def took_s(self) -> float:
        """Simulated seconds."""
        return self.answered_at - self.asked_at


ASKED: ContextVar[Question | None] = ContextVar("asked", default=None)
"""The question that the running code answers: every question has a thread of its own."""
Note = Callable[[Question], object]


class Judge:
    """An external scheduler that passes everything on and writes it down."""

    def __init__(
        self,
        inner: ExternalScheduler,
        referee: Referee,
        engine: SimulatedEngine,
        note: Note | None = None,
        log_size: Callable[[], int] = int,
    ) -> None:
        """`note` adds what only the service knows of the question just answered; `log_size` is its log's.

        An answer that was given while `is_down` is set is not the service's.
        """
        self.is_down = False
        self.questions: list[Question] = []
        self._inner = inner
        self._referee = referee
        self._engine = engine
        self._note = note
        self._log_size = log_size

    def discover(self) -> object:
        """Passed on."""
        return self._inner.discover()

    def run_filters(self, names: Names, hosts: Names, vm: str, properties: Properties) -> object:
        """Passed on, with the truth beside it."""
        question = self._engine.call(lambda: self._begin(vm, hosts))
        ASKED.set(question)
        try:
            answer = self._inner.run_filters(names, hosts, vm, properties)
        except ExternalSchedulerError:
            self._engine.call(lambda: self._end(question, None))
            raise
        self._engine.call(lambda: self._end(question, filtered_ids(answer)))
        if self._note is not None and question.answer is not None:
            self._note(question)
        return answer

    def run_cost_functions(self, functions: Functions, hosts: Names, vm: str, properties: Properties) -> object:
        """Passed on."""
        return self._inner.run_cost_functions(functions, hosts, vm, properties)

    def _begin(self, vm_id: str, hosts: Sequence[str]) -> Question:
        now, able = self._engine.world.now, self._referee.able(vm_id, hosts)
        question = Question(vm_id, now, tuple(hosts), able, asked_in_vain=self.is_down, log_at=self._log_size())
        self.questions.append(question)
        return question

    def _end(self, question: Question, answer: frozenset[str] | None) -> None:
        question.answer, question.answered_at = None if self.is_down else answer, self._engine.world.now
        question.able_then = self._referee.able(question.vm_id, question.hosts)
