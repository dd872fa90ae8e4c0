"""How the engine asks the world outside, and how the world gets in.

In virtual time everything is one thread and an answer comes at once. In real time a question may block for
seconds, and whoever answers it asks this very engine meanwhile: so it is asked from a thread of its own,
and the engine's lock is free while the answer is awaited.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from simulation.timeline.processes import Effect, Outcome, Resume
from simulation.timeline.timeline import RealTime, TimelineError

T = TypeVar("T")


class Outside(Protocol):
    """The border between the engine and everything that is not simulated."""

    def ask(self, question: Callable[[], object]) -> Effect:
        """The effect of a question that may block; an `Exception` of it is raised in the asking process."""

    def call(self, function: Callable[[], T]) -> T:
        """Runs `function` alone with the engine, from any thread."""

    def close(self, deadline_s: float) -> None:
        """Waits for questions still under way, at most so long."""


class Inline:
    """For virtual time: questions are asked on the spot. Others get in only while no timeline runs."""

    def __init__(self) -> None:
        """Nobody inside."""
        self._lock = threading.RLock()

    def ask(self, question: Callable[[], object]) -> Effect:
        """Asks and answers within the same moment."""
        return lambda resume: resume(_outcome(question))

    def call(self, function: Callable[[], T]) -> T:
        """Runs `function`, one at a time."""
        with self._lock:
            return function()

    def close(self, deadline_s: float) -> None:
        """Nothing is ever under way."""


class Threaded:
    """For real time: every question has a thread of its own, the answer comes in through the timeline."""

    def __init__(self, real: RealTime) -> None:
        """Nothing asked yet."""
        self._real = real
        self._threads: set[threading.Thread] = set()

    def ask(self, question: Callable[[], object]) -> Effect:
        """Asks without holding the engine's lock."""

        def effect(resume: Resume) -> None:
            thread = threading.Thread(target=self._work, args=(question, resume), daemon=True)
            self._threads = {other for other in self._threads if other.is_alive()}
            thread.start()
            self._threads.add(thread)

        return effect

    def call(self, function: Callable[[], T]) -> T:
        """Runs `function` inside the timeline's lock."""
        return self._real.call(function)

    def close(self, deadline_s: float) -> None:
        """Waits for the questions under way; whoever takes longer is left to end by himself."""
        end = time.monotonic() + deadline_s
        for thread in tuple(self._threads):
            thread.join(max(0.0, end - time.monotonic()))

    def _work(self, question: Callable[[], object], resume: Resume) -> None:
        outcome = _outcome(question)
        try:
            self._real.call(lambda: resume(outcome))
        except TimelineError:
            # The data centre was stopped while we waited: nobody wants the answer any more.
            return


def _outcome(question: Callable[[], object]) -> Outcome:
    try:
        return Outcome(question())
    except Exception as error:
        return Outcome(error=error)
