"""Calls at given moments, from one thread for everybody."""

import threading
import time

from mdev_inventory.engine.cutter import Cutter

DEADLINE_S = 10.0


def test_each_call_comes_when_it_is_due() -> None:
    """The nearer one first, whatever the order in which they were asked for."""
    cutter, called, over = Cutter(), list[str](), threading.Event()

    def late() -> None:
        called.append("late")
        over.set()

    cutter.after(0.05, late)
    cutter.after(0.0, lambda: called.append("soon"))

    assert over.wait(DEADLINE_S)
    assert ["soon", "late"] == called


def test_what_is_cancelled_is_not_called() -> None:
    """And those behind it come all the same."""
    cutter, called, over = Cutter(), list[str](), threading.Event()
    cutter.after(0.02, lambda: called.append("cancelled")).cancel()

    cutter.after(0.05, over.set)

    assert over.wait(DEADLINE_S)
    assert [] == called


def test_nobody_wakes_for_what_was_cancelled() -> None:
    """Thousands of them a minute: the thread forgets them when it wakes, and wakes for what holds."""
    cutter, over, end = Cutter(), threading.Event(), time.monotonic() + DEADLINE_S
    for _ in range(1000):
        cutter.after(2 * DEADLINE_S, over.clear).cancel()
    cutter.after(0.0, over.set)

    assert over.wait(DEADLINE_S)
    while cutter.waiting and time.monotonic() < end:
        threading.Event().wait(0.001)
    assert 0 == cutter.waiting


def test_one_thread_serves_all() -> None:
    """However many wait."""
    cutter, over = Cutter(), threading.Event()
    before = cutters()
    for _ in range(100):
        cutter.after(DEADLINE_S, over.clear)
    cutter.after(0.0, over.set)

    assert over.wait(DEADLINE_S)
    assert before + 1 == cutters()


def cutters() -> int:
    """Threads that keep appointments, those of the process included."""
    return sum(thread.name == "cutter" for thread in threading.enumerate())
