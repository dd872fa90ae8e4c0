"""Calls in threads that nobody waits for at the end."""

import subprocess
import sys
import threading

import pytest

from mdev_inventory.engine.detached import Detached

STUCK = "import threading, mdev_inventory.engine.detached as d; d.Detached('x').submit(threading.Event().wait)"


def test_results_and_errors() -> None:
    """As with any executor."""
    calls = Detached("calls")

    assert 3 == calls.submit(lambda a, b: a + b, 1, b=2).result(10)
    with pytest.raises(ZeroDivisionError):
        calls.submit(lambda: 1 // 0).result(10)


def test_all_at_once() -> None:
    """No call waits for another, as long as there are not too many."""
    calls, barrier = Detached("calls", 20), threading.Barrier(20)

    assert set(range(20)) == {f.result(10) for f in [calls.submit(barrier.wait, 10) for _ in range(20)]}


def test_never_more_threads_than_allowed() -> None:
    """Further calls wait for one that is free; who gives up waiting is not called."""
    calls, go_on, called = Detached("calls", 2), threading.Event(), list[str]()
    busy = [calls.submit(go_on.wait, 10) for _ in range(2)]
    third, given_up = calls.submit(called.append, "third"), calls.submit(called.append, "given up")
    given_up.cancel()

    assert ([], False) == (called, third.done())
    go_on.set()
    third.result(10)
    assert ([True, True], ["third"]) == ([one.result(10) for one in busy], called)


def test_threads_are_kept_until_the_end() -> None:
    """One call after another needs few, and they end when they are told to."""
    calls = Detached("calls")
    threads = {calls.submit(threading.current_thread).result(10) for _ in range(50)}
    calls.end()
    for thread in threads:
        thread.join(10)

    assert len(threads) < 50
    assert not any(thread.is_alive() for thread in threads)


def test_a_process_ends_although_a_call_hangs() -> None:
    """The interpreter would wait for the threads of the standard library's executors."""
    assert 0 == subprocess.run([sys.executable, "-c", STUCK], timeout=30, check=False).returncode
