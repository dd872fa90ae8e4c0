"""Blocking code in virtual time: whoever waits, waits on the timeline, and one at a time has the turn.

The service's decisions are ordinary blocking code: they ask the engine, wait for hosts, sleep. Each question
of the simulated engine runs here in a thread of its own, but only while the timeline stands still; where it
waits, time goes on without it. So decisions of two clusters overlap as in production, hosts answer late, and
the same seed still gives the same course.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from simulation.timeline.processes import Effect, Outcome, Promise
from simulation.timeline.timeline import Timeline

T = TypeVar("T")

STUCK_AFTER_S = 60.0
"""Real seconds of one turn: whoever takes longer waits for something that is not on the timeline."""


class StuckError(RuntimeError):
    """A turn does not end: the code waits for real time, or for a lock of one that has not the turn."""


class DismissedError(BaseException):
    """The simulation is over: raised in whoever still waits. Nobody but this module catches it."""


class Turns:
    """The simulated engine's `Outside` in virtual time, for questions that wait."""

    def __init__(self, timeline: Timeline) -> None:
        """Nobody asks anything yet."""
        self._timeline = timeline
        self._active: _Visitor | None = None
        self._visitors: list[_Visitor] = []

    def ask(self, question: Callable[[], object]) -> Effect:
        """The effect of a question that may `sleep` and `wait`."""

        def effect(resume: Callable[[Outcome], None]) -> None:
            visitor = _Visitor(question, resume)
            self._visitors.append(visitor)
            self._let(visitor)

        return effect

    def call(self, function: Callable[[], T]) -> T:
        """Runs `function`: whoever calls has the turn."""
        return function()

    def close(self, deadline_s: float) -> None:
        """Ends the questions that still wait; nobody gets their answers."""
        del deadline_s
        for visitor in tuple(self._visitors):
            visitor.finish = lambda: None
            self._dismiss(visitor, Outcome())

    def abort(self, error: Exception) -> None:
        """Ends the questions that wait now, as if whoever answers them had died: `error` is their answer."""
        for visitor in tuple(self._visitors):
            self._dismiss(visitor, Outcome(error=error))

    def sleep(self, seconds: float) -> None:
        """Waits so many simulated seconds; called by a question alone."""
        visitor = self._current()
        self._timeline.call_later(seconds, lambda: self._let(visitor))
        visitor.pause()

    def wait(self, promise: Promise[T], limit_s: float) -> bool:
        """Waits for the promise, at most so many simulated seconds; whether it came in time."""
        if not promise.done:
            visitor, waiting = self._current(), Promise[bool]()

            def end(came: bool) -> None:
                if not waiting.done:
                    waiting.resolve(came)
                    self._timeline.call_later(0, lambda: self._let(visitor))

            self._timeline.call_later(limit_s, lambda: end(False))
            promise.then(lambda _: end(True))
            visitor.pause()
        return promise.done

    def _current(self) -> "_Visitor":
        if self._active is None:
            raise RuntimeError("only a question may wait: ask it through `ask`")
        return self._active

    def _dismiss(self, visitor: "_Visitor", outcome: Outcome) -> None:
        visitor.dismissed = outcome
        self._let(visitor)

    def _let(self, visitor: "_Visitor") -> None:
        """Gives the turn to one who asks, until it waits or ends."""
        if visitor not in self._visitors:
            return  # it was dismissed while it waited for this moment
        before, self._active = self._active, visitor
        try:
            over = visitor.take_turn()
        finally:
            self._active = before
        if over:
            self._visitors.remove(visitor)
            visitor.finish()


class _Visitor:
    """One question and its thread."""

    def __init__(self, question: Callable[[], object], resume: Callable[[Outcome], None]) -> None:
        self._over = False
        self.dismissed: Outcome | None = None
        """The answer in place of the question's own, once nobody waits for that."""
        self.outcome = Outcome()
        self.finish: Callable[[], None] = lambda: resume(self.outcome)
        self._question = question
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name="turn", daemon=True)

    def take_turn(self) -> bool:
        """Called by the timeline: returns when the question waits, or is answered and the thread is gone."""
        if self._thread.ident is None:
            self._thread.start()
        self._go.release()
        if not self._back.acquire(timeout=STUCK_AFTER_S):
            raise StuckError(f"no end of a turn within {STUCK_AFTER_S:.0f} s: what waits off the timeline?")
        if self._over:
            self._thread.join()
        return self._over

    def pause(self) -> None:
        """Called by the question: hands the turn back and returns when it has it again."""
        self._back.release()
        self._go.acquire()
        if self.dismissed is not None:
            raise DismissedError

    def _run(self) -> None:
        self._go.acquire()
        try:
            self.outcome = Outcome(self._question())
        except Exception as error:
            self.outcome = Outcome(error=error)
        except DismissedError:
            assert self.dismissed is not None
            self.outcome = self.dismissed
        self._over = True
        self._back.release()
