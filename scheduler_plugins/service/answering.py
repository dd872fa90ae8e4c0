"""Every question is answered in time, whatever becomes of whoever works out the answer.

A question is worked on in a thread of a pool. Where that does not end in time, the event loop, which waits for
nobody, gives the answer for this case: who asks holds a lock of the engine's, and waits for nothing better.
How long the oldest question has been worked on is what the watchdog goes by (`life.py`).
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from scheduler_plugins.errors import SchedulerError
from scheduler_plugins.service.questions import Decider, Fitting
from scheduler_plugins.units.registry import Unit

log = logging.getLogger("service")

AT_ONCE = 32
"""Threads for decisions, each of which may have to wait for hosts.

The engine asks once per cluster at a time, the proxy once per unit of a call.
"""
ANSWER_SECONDS = 4.5
"""So long a question may be worked on: a call ends in 5 s, which is what the proxy's plugin waits in all."""
STUCK_SECONDS = 15.0
"""A question that was worked on for so long does not end any more: all that it waits for is bounded by less."""
STOP_SECONDS = 2.0
"""So long a stop waits for questions that are worked on."""


class LateError(SchedulerError):
    """A question that was not decided in time."""

    code = "late"

    def __init__(self, seconds: float) -> None:
        """After so many."""
        super().__init__(
            f"no decision within {seconds:g} s, so nothing was left out; `mdev-scheduler doctor` and the log of "
            "mdev-scheduler tell what it waits for"
        )


class Late:
    """The decider for whoever has waited long enough: it knows the units, and decides nothing."""

    def __init__(self, decider: Decider, seconds: float) -> None:
        """In the place of this one, after so many seconds."""
        self.filters: Mapping[str, Unit] = decider.filters
        self.weights: Mapping[str, Unit] = decider.weights
        self._seconds = seconds

    def filter(self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]) -> Fitting:
        """Raises LateError."""
        del unit, vm_id, host_ids, properties
        raise LateError(self._seconds)

    def weigh(
        self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]
    ) -> list[tuple[str, int]]:
        """Raises LateError."""
        del unit, vm_id, host_ids, properties
        raise LateError(self._seconds)


class Answering:
    """Has questions answered; `answer` and `stop` belong to the event loop."""

    def __init__(
        self,
        threads: int = AT_ONCE,
        seconds: float = ANSWER_SECONDS,
        stuck_s: float = STUCK_SECONDS,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`seconds` is what each question has; one that is worked on for `stuck_s` is held to be stuck."""
        self.seconds = seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decision")
        self._stuck_s, self._timer = stuck_s, timer
        self._numbers = itertools.count()
        self._began: dict[int, float] = {}
        """When those began that are being worked on; written by the pool's threads."""

    async def answer(self, work: Callable[[], bytes], late: Callable[[], bytes]) -> bytes:
        """What `work` gives in a thread; what `late` gives, in this one, where that takes too long."""
        working = asyncio.get_running_loop().run_in_executor(self._pool, self._work, next(self._numbers), work)
        done, _ = await asyncio.wait([working], timeout=self.seconds)
        if done:
            return working.result()
        working.cancel()  # where no thread has taken it yet, none will
        log.error("LATE no decision seconds=%g worked_on=%d", self.seconds, len(self._began))
        return late()

    def stuck(self) -> str:
        """A sentence about the oldest question that does not end; empty where there is none. From any thread."""
        began = tuple(self._began.values())
        oldest_s = self._timer() - min(began) if began else 0.0
        if not began or oldest_s < self._stuck_s:
            return ""
        return f"decisions do not end: the oldest has been worked on for {oldest_s:.0f} s; restart mdev-scheduler"

    async def stop(self) -> None:
        """Takes no more questions, and waits a moment for those that are worked on."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        until = self._timer() + STOP_SECONDS
        while self._began and self._timer() < until:
            await asyncio.sleep(0.01)

    def _work(self, number: int, work: Callable[[], bytes]) -> bytes:
        self._began[number] = self._timer()
        try:
            return work()
        finally:
            del self._began[number]
