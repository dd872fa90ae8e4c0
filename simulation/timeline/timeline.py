"""Simulated time: a deterministic queue of events, run at will or driven in real time by a thread.

Everything that happens in the simulated data centre is a call on one timeline: two runs with the same
seed make the same calls in the same order. Calls due at the same moment run in the order in which they
were asked for.
"""

import heapq
import math
import threading
import time
from collections.abc import Callable
from typing import Self, TypeVar

T = TypeVar("T")
Callback = Callable[[], object]
# A lock cannot be waited for without end; waking up for nothing now and then costs nothing.
LONGEST_PAUSE_S = 3600.0


class TimelineError(RuntimeError):
    """The timeline cannot go on: stopped, or one of its calls failed (the failure is the cause)."""


class Timer:
    """One call that is to come; `cancel` makes it a call that never was."""

    __slots__ = ("at", "callback", "sequence")

    def __init__(self, at: float, sequence: int, callback: Callback) -> None:
        """Used by the timeline alone."""
        self.at = at
        self.sequence = sequence
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        """Forgets the call; harmless when it has been made already."""
        self.callback = None

    def __lt__(self, other: "Timer") -> bool:
        """Orders by time, then by who asked first."""
        return (self.at, self.sequence) < (other.at, other.sequence)


class Timeline:
    """Virtual time in seconds, which passes only while somebody runs it. Not thread-safe: see RealTime."""

    def __init__(self, now: float = 0.0) -> None:
        """Begins at `now` with nothing to come."""
        self.now = now
        self._queue: list[Timer] = []
        self._sequence = 0

    def call_later(self, delay_s: float, callback: Callback) -> Timer:
        """Has `callback` called in `delay_s` seconds (0: after what is due); ValueError if negative."""
        if not (math.isfinite(delay_s) and delay_s >= 0):
            raise ValueError(f"delay {delay_s!r} of {callback!r}: give a finite number of seconds, 0 or more")
        return self.call_at(self.now + delay_s, callback)

    def call_at(self, moment: float, callback: Callback) -> Timer:
        """Has `callback` called at `moment`, or as soon as what is due is done if that has passed."""
        self._sequence += 1
        timer = Timer(max(self.now, moment), self._sequence, callback)
        heapq.heappush(self._queue, timer)
        return timer

    def next_at(self) -> float | None:
        """When the next call is due; None when nothing is to come."""
        while self._queue and self._queue[0].callback is None:
            heapq.heappop(self._queue)
        return self._queue[0].at if self._queue else None

    def run_until(self, moment: float) -> None:
        """Makes every call due up to and including `moment`, then it is `moment` (never goes back)."""
        while (at := self.next_at()) is not None and at <= moment:
            self._run_next()
        self.now = max(self.now, moment)

    def run_all(self, limit_s: float = math.inf) -> None:
        """Runs until nothing is to come; TimelineError if it takes more than `limit_s` simulated seconds."""
        end = self.now + limit_s
        while (at := self.next_at()) is not None:
            if at > end:
                raise TimelineError(f"calls still to come after {limit_s} simulated seconds, next at {at}")
            self._run_next()

    def _run_next(self) -> None:
        timer = heapq.heappop(self._queue)
        self.now = max(self.now, timer.at)
        callback, timer.callback = timer.callback, None
        if callback is not None:
            callback()


class RealTime:
    """Drives a timeline from a thread, `speed` simulated seconds to the second.

    While it runs, the timeline and all that hangs on it are touched inside `call` alone. A call of the
    timeline that fails stops it; the failure is then raised by `call`, `wait_for` and `stop`.
    """

    def __init__(self, timeline: Timeline, speed: float = 1.0) -> None:
        """Nothing moves before `start`; ValueError unless `speed` is above 0."""
        if not speed > 0:
            raise ValueError(f"speed {speed!r}: give simulated seconds per real second, above 0")
        self._timeline = timeline
        self._speed = speed
        self._changed = threading.Condition(threading.RLock())
        self._thread = threading.Thread(target=self._run, name="timeline", daemon=True)
        self._running = False
        self._inside = False
        self._failure: BaseException | None = None
        self._epoch = 0.0

    def start(self) -> Self:
        """Time passes from here on; a timeline is started once."""
        with self._changed:
            self._epoch = time.monotonic() - self._timeline.now / self._speed
            self._running = True
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends the thread and waits for it; raises what a call of the timeline failed with."""
        with self._changed:
            self._running = False
            self._changed.notify_all()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._raise_failure()

    def __enter__(self) -> Self:
        """Starts."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stops."""
        self.stop()

    def call(self, function: Callable[[], T]) -> T:
        """Runs `function` alone with the timeline, after what is due by now, and returns its result.

        Raises what `function` raises; TimelineError when the timeline does not run. From within another
        call, or one of the timeline's, it simply runs `function`.
        """
        with self._changed:
            if self._inside:
                return function()
            self._catch_up()
            self._inside = True
            try:
                return function()
            finally:
                self._inside = False
                self._changed.notify_all()

    def wait_for(self, condition: Callable[[], bool], deadline_s: float) -> bool:
        """Waits until `condition` holds, looking at every change; False after `deadline_s` real seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._holds(condition), deadline_s)

    def _holds(self, condition: Callable[[], bool]) -> bool:
        self._raise_failure()
        return condition()

    def _run(self) -> None:
        with self._changed:
            while self._running:
                try:
                    self._catch_up()
                except TimelineError:
                    return
                self._changed.notify_all()
                self._changed.wait(self._pause())

    def _pause(self) -> float | None:
        """Real seconds until the next call; None when only a `call` can bring one."""
        at = self._timeline.next_at()
        if at is None:
            return None
        return min(LONGEST_PAUSE_S, max(0.0, self._epoch + at / self._speed - time.monotonic()))

    def _catch_up(self) -> None:
        self._raise_failure()
        if not self._running:
            raise TimelineError("the timeline does not run: start it first, and call nothing after stop")
        self._inside = True
        try:
            self._timeline.run_until((time.monotonic() - self._epoch) * self._speed)
        except BaseException as error:
            self._running, self._failure = False, error
            self._changed.notify_all()
            self._raise_failure()
        finally:
            self._inside = False

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise TimelineError(f"a call on the timeline failed: {self._failure!r}") from self._failure
