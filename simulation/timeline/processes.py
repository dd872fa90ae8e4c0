"""What happens over time, written in the order in which it happens.

A process is a generator that yields effects: each is handed a `resume` and arranges that it is called,
once, with the outcome. So a VM's start reads from top to bottom although the engine does a thousand at
once, and a question to the outside world is one more effect.
"""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from simulation.timeline.timeline import Timeline

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an effect: a value, or the error to raise in the process."""

    value: Any = None
    error: Exception | None = None


Resume = Callable[[Outcome], None]
Effect = Callable[[Resume], None]
Steps = Generator[Effect, Any, T]


class Promise(Generic[T]):
    """A value to come, for any number of processes and callbacks to wait for."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.done = False
        self._value: T | None = None
        self._waiting: list[Callable[[T], None]] = []

    def resolve(self, value: T) -> None:
        """The value is there; a second one is an error of the simulation."""
        if self.done:
            raise RuntimeError(f"resolved twice: {self._value!r}, then {value!r}")
        self.done, self._value = True, value
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback(value)

    def then(self, callback: Callable[[T], None]) -> None:
        """Calls back with the value, at once where it is there already."""
        if self.done:
            callback(self.value)
        else:
            self._waiting.append(callback)

    @property
    def value(self) -> T:
        """The value; RuntimeError while there is none."""
        if not self.done:
            raise RuntimeError("not resolved yet: run the timeline on")
        return self._value  # type: ignore[return-value]

    def wait(self, resume: Resume) -> None:
        """The effect of waiting for the value."""
        self.then(lambda value: resume(Outcome(value)))


class Lock:
    """A semaphore of one, first come first served."""

    def __init__(self) -> None:
        """Free."""
        self._held = False
        self._waiting: deque[Resume] = deque()

    def acquire(self, resume: Resume) -> None:
        """The effect of getting hold of it."""
        if self._held:
            self._waiting.append(resume)
        else:
            self._held = True
            resume(Outcome())

    def release(self) -> None:
        """Hands it to whoever has waited longest."""
        if self._waiting:
            self._waiting.popleft()(Outcome())
        else:
            self._held = False


class Processes:
    """Runs processes on a timeline."""

    def __init__(self, timeline: Timeline) -> None:
        """None at first."""
        self._timeline = timeline

    def spawn(self, steps: Steps[T]) -> Promise[T]:
        """Begins at the next chance; the promise holds what the generator returns, its errors surface."""
        promise: Promise[T] = Promise()
        self._schedule(steps, promise, Outcome())
        return promise

    def sleep(self, seconds: float) -> Effect:
        """The effect of waiting so many simulated seconds."""

        def effect(resume: Resume) -> None:
            self._timeline.call_later(seconds, lambda: resume(Outcome()))

        return effect

    def _schedule(self, steps: Steps[T], promise: Promise[T], outcome: Outcome) -> None:
        # Never resumed from within: a lock handed down a queue of thousands would exhaust the stack.
        self._timeline.call_later(0, lambda: self._step(steps, promise, outcome))

    def _step(self, steps: Steps[T], promise: Promise[T], outcome: Outcome) -> None:
        try:
            effect = steps.throw(outcome.error) if outcome.error else steps.send(outcome.value)
        except StopIteration as end:
            promise.resolve(end.value)
            return
        effect(lambda result: self._schedule(steps, promise, result))
