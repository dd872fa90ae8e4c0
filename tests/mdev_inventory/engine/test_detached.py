"""Calls in threads that nobody waits for at the end."""

import subprocess
import sys
import threading

import pytest

from mdev_inventory.engine.detached import Detached

STUCK = (
    "import threading, mdev_inventory.engine.detached as d; d.Detached('x').submit(threading.Event().wait)"
)


def test_results_and_errors() -> None:
    """As with any executor."""
    calls = Detached("calls")

    assert 3 == calls.submit(lambda a, b: a + b, 1, b=2).result(10)
    with pytest.raises(ZeroDivisionError):
        calls.submit(lambda: 1 // 0).result(10)


def test_all_at_once() -> None:
    """No call waits for another."""
    calls, barrier = Detached("calls"), threading.Barrier(20)

    assert set(range(20)) == {f.result(10) for f in [calls.submit(barrier.wait, 10) for _ in range(20)]}


def test_a_process_ends_although_a_call_hangs() -> None:
    """The interpreter would wait for the threads of the standard library's executors."""
    assert 0 == subprocess.run([sys.executable, "-c", STUCK], timeout=30, check=False).returncode
