"""What was seen of lifetimes, as rows of text and back, and how it fades."""

import pytest

from scheduler_plugins.demand.ages import BINS
from scheduler_plugins.demand.life_rows import MANY, Counted, Running, from_rows, to_rows

HOUR = 3600.0


def test_rows_read_back() -> None:
    """Rows read back are the VMs that run, what was counted, and when the VMs were listed."""
    counted = Counted()
    counted.add(60.0, HOUR)
    running = {"a": Running("t", 1.0, None), "b": Running("t", 2.0, 3.0)}

    assert (running, {"t": counted}, 9.0) == from_rows(to_rows(running, {"t": counted}, 9.0))
    assert ({}, {}, None) == from_rows(to_rows({}, {}, None))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("vm/a", "7"),
        ("vm/a", '["t", "x", 1]'),
        ("vm/a", "{"),
        ("vm/a", '["t", NaN, 1]'),
        ("vm/a", f'["t", 1, {"9" * 400}]'),
        ("listed", "9" * 400),
        ("type/t", "[[1],[1]]"),
        ("type/t", f"[{[-1.0] * BINS},{[1.0] * BINS}]"),
        ("type/t", f"[{[1.0] * BINS},{['NaN'] * BINS}]"),
        ("listed", '"x"'),
        ("listed", "[" * 100_000),
        ("who", "knows"),
    ],
    ids=lambda text: text[:12],
)
def test_a_damaged_row_costs_itself_alone(key: str, text: str) -> None:
    """A row that makes no sense is left out, and the others count."""
    other = Counted([1.0] * BINS, [HOUR] * BINS)

    assert ({}, {"other": other}, None) == from_rows({key: text} | to_rows({}, {"other": other}, None))


def test_what_was_long_ago_fades() -> None:
    """At 10,000 departures a type's figures are halved, so that what is new weighs more."""
    counted = Counted()
    for _ in range(10_000):
        counted.add(0.0, HOUR)

    assert MANY == sum(counted.departures)
    assert MANY * HOUR == pytest.approx(sum(counted.exposure))
