"""The collector's thread."""

import asyncio
import threading
from collections.abc import Iterable, Mapping

from mdev_inventory.collector.troubles import Trouble
from scheduler_plugins.service.collecting import CollectorThread


class Collecting:
    """A collector that waits to be cancelled, or dies."""

    troubles: Mapping[str, Trouble] = {}

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.thread = ""
        self.ended = False

    async def refresh(self, host_ids: Iterable[str], deadline_s: float) -> frozenset[str]:
        """All hosts answer but the one named `hangs`, which outlasts any deadline."""
        wanted = frozenset(host_ids)
        if "hangs" in wanted:
            await asyncio.Event().wait()
        return wanted

    async def run(self) -> None:
        """Runs until cancelled; writing at the end takes a moment."""
        self.thread = threading.current_thread().name
        if self.error:
            raise self.error
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.ended = True


def test_it_runs_in_a_thread_of_its_own_until_stopped() -> None:
    """A stop waits until it has written what it knows, and is no death."""
    collector, died = Collecting(), threading.Event()
    thread = CollectorThread(collector, died.set)
    thread.start()
    thread.stop()

    assert ("collector", True, False) == (collector.thread, collector.ended, died.is_set())


def test_its_death_is_told() -> None:
    """Inventories would age without anybody noticing; a stop afterwards is nothing special."""
    died = threading.Event()
    thread = CollectorThread(Collecting(ZeroDivisionError()), died.set)
    thread.start()

    assert died.wait(10)
    thread.stop()


def test_a_stop_before_the_start_does_nothing() -> None:
    """The service may fail before it comes to collecting."""
    CollectorThread(Collecting(), lambda: None).stop()


def test_hosts_are_refreshed_from_any_thread() -> None:
    """A decision waits for the collector's loop, and no longer thits deadline (and a little grace)."""
    thread = CollectorThread(Collecting(), threading.Event().set)
    thread.start()
    try:
        assert frozenset({"a", "b"}) == thread.refresh(["a", "b"], 5)
        assert frozenset() == thread.refresh(["hangs"], 0)
    finally:
        thread.stop()


def test_a_collector_that_does_not_run_refreshes_nothing() -> None:
    """Before its start and after its end decisions go by what is known."""
    thread = CollectorThread(Collecting(), threading.Event().set)

    assert frozenset() == thread.refresh(["a"], 5)
    thread.start()
    thread.stop()
    assert frozenset() == thread.refresh(["a"], 5)
