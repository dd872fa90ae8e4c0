"""The collector in a thread of its own: whatever it does, no door waits for its event loop."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from mdev_inventory.troubles import Trouble

log = logging.getLogger("collector")


class Collector(Protocol):
    """What keeps the inventories fresh."""

    @property
    def troubles(self) -> Mapping[str, Trouble]:
        """What does not work now, by name."""

    async def run(self) -> None:
        """Collects until cancelled."""


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
