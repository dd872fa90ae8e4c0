"""One thread that calls back at given moments, for all who wait for something that must end in time.

A thread for each wait (`threading.Timer`) costs more than what is waited for: an exchange with the engine
takes a fraction of a millisecond, and a decision waits for two of them.
"""

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count


class Appointment:
    """One call to come; `cancel` forgets it. A call that is under way is not stopped."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        """`call` must not block."""
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Do not call."""
        self.call = None


class Cutter:
    """Keeps appointments in a thread of its own, which begins with the first one; safe for threads."""

    def __init__(self) -> None:
        """Nothing is to be done yet."""
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Appointment]] = []
        self._number = count()
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, call: Callable[[], None]) -> Appointment:
        """Call that many seconds from now."""
        appointment, moment = Appointment(call), time.monotonic() + seconds
        with self._changed:
            heapq.heappush(self._due, (moment, next(self._number), appointment))
            # Most are cancelled before they are due, and behind another one: nobody need wake for them.
            if self._due[0][2] is appointment:
                self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="cutter", daemon=True)
                self._thread.start()
        return appointment

    @property
    def waiting(self) -> int:
        """How many appointments it remembers; one that was cancelled is forgotten when it would be next."""
        with self._changed:
            return len(self._due)

    def _keep(self) -> None:
        while True:
            with self._changed:
                while (left := self._left()) is None or left > 0:
                    self._changed.wait(left)
                call = heapq.heappop(self._due)[2].call
            if call is not None:
                call()

    def _left(self) -> float | None:
        """Seconds until the first appointment that still holds; None where there is none."""
        while self._due and self._due[0][2].call is None:
            heapq.heappop(self._due)
        return self._due[0][0] - time.monotonic() if self._due else None


CUTTER = Cutter()
"""The process's."""
