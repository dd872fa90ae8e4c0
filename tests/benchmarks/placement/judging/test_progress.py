"""Whoever waits for the judge sees how far it is."""

import pytest

from benchmarks.placement.judging.progress import Progress, followed


def test_the_end_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with the number of all; between, a line every few seconds is enough."""
    progress = Progress("frozen")
    for done in range(1, 4):
        progress(done, 3)

    out, err = capsys.readouterr()
    assert "" == out
    assert ["frozen: 3 of 3 replayed, 0 s"] == err.splitlines()


def test_results_pass_through(capsys: pytest.CaptureFixture[str]) -> None:
    """In their order, none lost."""
    assert [7, 8, 9] == list(followed("reserve", iter([7, 8, 9]), 3))
    assert "reserve: 3 of 3 replayed" in capsys.readouterr().err
