"""The collector in a thread of its own: whatever it does, no endpoint waits for its event loop."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Protocol

log = logging.getLogger("collector")

GRACE_S = 0.5
"""For an event loop that is busy to keep the deadline itself; after that it is given up."""


class Collector(Protocol):
    """What keeps the inventories fresh."""

    async def run(self) -> None:
        """Collects until cancelled."""

    async def refresh(self, host_ids: Iterable[str], deadline_s: float) -> frozenset[str]:
        """Asks these hosts now; the ids of those that answered by the deadline."""


class CollectorThread:
    """Runs a collector from `start` to `stop`."""

    def __init__(self, collector: Collector, died: Callable[[], object]) -> None:
        """`died` is called, in the collector's thread, if it ends although nobody stopped it."""
        self.collector = collector
        self._died = died
        self._thread = threading.Thread(target=self._live, name="collector")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._running = threading.Event()

    def start(self) -> None:
        """Returns once it runs."""
        self._thread.start()
        self._running.wait()

    def stop(self) -> None:
        """Returns once it has written what it knows and its thread has ended."""
        if self._loop and self._task:
            with suppress(RuntimeError):  # it died before, and its loop is closed
                self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join()

    def refresh(self, host_ids: Iterable[str], deadline_s: float) -> frozenset[str]:
        """Asks these hosts now, from any other thread; the ids of those that answered by the deadline.

        None of them while the collector does not run: what is known then has to do.
        """
        if self._loop is None or not self._thread.is_alive():
            return frozenset()
        asking = self.collector.refresh(list(host_ids), deadline_s)
        try:
            future = asyncio.run_coroutine_threadsafe(asking, self._loop)
        except RuntimeError:  # it ended a moment ago, and its loop is closed
            asking.close()
            return frozenset()
        try:
            return future.result(deadline_s + GRACE_S)
        except (TimeoutError, CancelledError):
            future.cancel()
            return frozenset()

    def _live(self) -> None:
        try:
            asyncio.run(self._run())
        except asyncio.CancelledError:
            log.info("Stopped")
        except Exception:
            log.exception("Died")
            self._died()

    async def _run(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._running.set()
        await self.collector.run()
