"""A log that is bounded, and that nobody waits for."""

import io
import logging
import threading
import time

import pytest

from scheduler_plugins.service.process.bounded_log import (
    LINE_LENGTH,
    LINES,
    PERIOD_S,
    WAITING,
    BoundedHandler,
    Shares,
    shortened,
)


class Hanging(io.StringIO):
    """A journal that takes nothing until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def write(self, text: str) -> int:
        """Waits."""
        self.go_on.wait(20)
        return super().write(text)


def record(name: str, text: str) -> logging.LogRecord:
    """One record of that logger's."""
    return logging.LogRecord(name, logging.WARNING, "", 0, text, None, None)


@pytest.mark.parametrize(("length", "more"), [(LINE_LENGTH, ""), (LINE_LENGTH + 7, "... (7 more characters)")])
def test_a_line_has_an_end(length: int, more: str) -> None:
    """Both sides of the limit; how much is left out is told."""
    assert "x" * LINE_LENGTH + more == shortened("x" * length)


def test_a_logger_has_its_share() -> None:
    """What is beyond it is left out, and counted when its next period begins."""
    now = [0.0]
    shares = Shares(lambda: now[0])
    first = [shares.left_out("http") for _ in range(LINES + 3)]
    now[0] = PERIOD_S

    assert [0] * LINES + [None] * 3 == first
    assert [3, 0] == [shares.left_out("http"), shares.left_out("http")]


def test_one_logger_does_not_silence_another() -> None:
    """Who makes the service complain hides no other complaint."""
    stream = io.StringIO()
    handler = BoundedHandler(stream)
    for _ in range(10 * LINES):
        handler.emit(record("http", "junk"))
    handler.emit(record("scheduler", "the one that counts"))
    handler.flush()

    lines = stream.getvalue().splitlines()
    assert (LINES, "the one that counts") == (lines.count("junk"), lines[-1])


def test_nobody_waits_for_a_journal_that_hangs() -> None:
    """What it cannot take is lost, and counted once it can."""
    stream = Hanging()
    handler = BoundedHandler(stream)
    began = time.monotonic()
    for number in range(WAITING + LINES):
        handler.emit(record(f"logger {number // LINES}", "a line"))
    took = time.monotonic() - began
    stream.go_on.set()
    handler.flush()

    assert took < 5
    assert WAITING <= stream.getvalue().count("a line\n") <= WAITING + 1
    assert "lines lost" in stream.getvalue()
