"""Who wants something written waits for it, but never for long."""

import threading
import time

import pytest

from scheduler_plugins.claims.saving import IDLE_S, LIMIT_S, Saving


class Disk:
    """Writes at once while it is `open`; counts."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.writes = 0

    def write(self) -> None:
        """What `Saving` calls."""
        assert self.open.wait(10)
        self.writes += 1


@pytest.fixture
def disk() -> Disk:
    """One that works."""
    return Disk()


def test_what_was_wanted_is_written_before_it_returns(disk: Disk) -> None:
    """Also by the next thread, where the first ended because nothing was to be written."""
    saving = Saving(disk.write)
    assert saving.save()
    assert 1 == disk.writes
    for thread in threading.enumerate():
        if thread.name == "claims-writer":
            thread.join(IDLE_S + 5)

    assert saving.save()
    assert 2 == disk.writes


def test_nobody_waits_behind_a_disk_that_hangs(disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    """The first waits for the limit, the next not at all; it is told once, and when it is over."""
    caplog.set_level("INFO")
    saving = Saving(disk.write)
    disk.open.clear()
    began = time.monotonic()
    assert [False] * 5 == [saving.save() for _ in range(5)]
    assert LIMIT_S <= time.monotonic() - began < 2 * LIMIT_S
    assert saving.late_s >= LIMIT_S
    assert 1 == caplog.text.count("Claims not written within")

    disk.open.set()
    assert saving.save(10)
    assert 0 == saving.late_s
    assert "Claims written after all" in caplog.text


def test_many_who_want_it_share_a_write(disk: Disk) -> None:
    """Whoever asks while a write is under way gets the next one, and all of them the same."""
    saving = Saving(disk.write)
    disk.open.clear()
    asking = [threading.Thread(target=saving.save, args=(10,)) for _ in range(20)]
    for thread in asking:
        thread.start()
    while saving._wanted < 20:  # noqa: SLF001 (there is no other sign that all of them wait)
        time.sleep(0.001)
    disk.open.set()
    for thread in asking:
        thread.join(10)

    assert 1 <= disk.writes <= 2


def test_a_fault_costs_nobody_anything() -> None:
    """What nobody foresaw is told, and the next write is tried all the same."""
    broken = [ValueError("of no use")]
    saving = Saving(lambda: 1 // 0 if broken else None)
    assert saving.save()
    assert "ZeroDivisionError: integer division or modulo by zero" == saving.fault

    broken.clear()
    assert saving.save()
    assert "" == saving.fault
