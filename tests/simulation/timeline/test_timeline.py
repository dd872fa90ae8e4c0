"""The simulation's clock: order, cancelling, and real time."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.timeline import RealTime, Timeline, TimelineError

DEADLINE_S = 10.0


@pytest.fixture
def timeline() -> Timeline:
    """A timeline that begins at 100."""
    return Timeline(100.0)


@pytest.fixture
def real(timeline: Timeline) -> Iterator[RealTime]:
    """The timeline, driven a thousand times faster than life."""
    with RealTime(timeline, speed=1000.0) as driver:
        yield driver


@given(st.lists(st.floats(min_value=0, max_value=9)))
def test_order(delays: list[float]) -> None:
    """Calls come by time, and those of one moment in the order in which they were asked for."""
    timeline, made = Timeline(), list[tuple[float, int]]()
    for number, delay in enumerate(delays):
        timeline.call_later(delay, lambda entry=(delay, number): made.append(entry))  # type: ignore[misc]
    timeline.run_all()

    assert sorted(made) == made
    assert len(delays) == len(made)


def test_now_during_a_call(timeline: Timeline) -> None:
    """During a call it is the moment for which the call was asked."""
    seen: list[float] = []
    timeline.call_later(2.5, lambda: seen.append(timeline.now))
    timeline.run_until(200.0)

    assert [102.5] == seen
    assert timeline.now == 200.0


def test_run_until_includes_its_end(timeline: Timeline) -> None:
    """What is due at the very end is made, what is due later is not."""
    seen: list[str] = []
    timeline.call_later(1.0, lambda: seen.append("at"))
    timeline.call_later(1.001, lambda: seen.append("after"))
    timeline.run_until(101.0)

    assert ["at"] == seen
    assert timeline.next_at() == pytest.approx(101.001)


def test_a_call_may_ask_for_more(timeline: Timeline) -> None:
    """Calls asked for by calls are made as well, those of delay 0 after what is due already."""
    seen: list[str] = []
    timeline.call_later(0, lambda: timeline.call_later(0, lambda: seen.append("child")))
    timeline.call_later(0, lambda: seen.append("second"))
    timeline.run_all()

    assert ["second", "child"] == seen


def test_cancel(timeline: Timeline) -> None:
    """A cancelled call is not made, and nobody waits for it."""
    timer = timeline.call_later(1.0, pytest.fail)
    timer.cancel()
    timeline.run_all()

    assert timeline.now == 100.0


@pytest.mark.parametrize("delay", [-0.001, float("nan"), float("inf")])
def test_bad_delay(timeline: Timeline, delay: float) -> None:
    """A delay that is no moment to come is refused by its value."""
    with pytest.raises(ValueError, match=repr(delay)):
        timeline.call_later(delay, print)


def test_run_all_limit(timeline: Timeline) -> None:
    """A queue that never ends is told from one that does."""

    def again() -> None:
        timeline.call_later(1.0, again)

    again()
    with pytest.raises(TimelineError, match="10 simulated seconds"):
        timeline.run_all(limit_s=10)


def test_real_time_makes_calls(timeline: Timeline, real: RealTime) -> None:
    """Calls are made by themselves, and waiting for their effect needs no polling."""
    seen: list[float] = []
    real.call(lambda: timeline.call_later(20.0, lambda: seen.append(timeline.now)))

    assert real.wait_for(lambda: bool(seen), DEADLINE_S)
    assert seen[0] >= 120.0


def test_real_time_wakes_for_an_earlier_call(timeline: Timeline, real: RealTime) -> None:
    """A call asked for while the thread sleeps towards a later one is not late."""
    seen: list[str] = []
    real.call(lambda: timeline.call_later(3_600_000.0, lambda: seen.append("late")))
    real.call(lambda: timeline.call_later(1.0, lambda: seen.append("early")))

    assert real.wait_for(lambda: bool(seen), DEADLINE_S)
    assert ["early"] == seen


def test_real_time_returns_and_raises(real: RealTime) -> None:
    """`call` hands back the result, or the error, and goes on working."""
    with pytest.raises(ZeroDivisionError):
        real.call(lambda: 1 // 0)

    assert real.call(lambda: 42) == 42


def test_real_time_within_a_call(timeline: Timeline, real: RealTime) -> None:
    """Code that runs on the timeline may use `call` too."""
    seen: list[int] = []
    real.call(lambda: timeline.call_later(0, lambda: seen.append(real.call(lambda: 7))))

    assert real.wait_for(lambda: seen == [7], DEADLINE_S)


def test_real_time_is_exclusive(timeline: Timeline, real: RealTime) -> None:
    """No two calls overlap, whoever makes them."""
    inside, worst = 0, 0

    def touch() -> None:
        nonlocal inside, worst
        inside += 1
        worst = max(worst, inside)
        inside -= 1

    def hammer() -> None:
        for _ in range(200):
            real.call(lambda: timeline.call_later(0.01, touch))
            real.call(touch)

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert worst == 1


def test_wait_for_gives_up(real: RealTime) -> None:
    """A condition that does not come true costs its deadline and no more."""
    assert not real.wait_for(lambda: False, 0.01)


def test_a_failed_call_surfaces(timeline: Timeline) -> None:
    """An error in a call of the timeline reaches whoever waits, calls or stops."""
    real = RealTime(timeline).start()
    real.call(lambda: timeline.call_later(0, lambda: 1 // 0))
    with pytest.raises(TimelineError, match="ZeroDivisionError"):
        real.wait_for(lambda: False, DEADLINE_S)
    with pytest.raises(TimelineError, match="ZeroDivisionError"):
        real.call(print)
    with pytest.raises(TimelineError, match="ZeroDivisionError"):
        real.stop()


def test_stopped_takes_no_calls(timeline: Timeline) -> None:
    """After `stop` the thread is gone and nothing runs."""
    real = RealTime(timeline).start()
    real.stop()

    assert "timeline" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(TimelineError, match="does not run"):
        real.call(print)


def test_bad_speed(timeline: Timeline) -> None:
    """Time cannot stand still or run backwards."""
    with pytest.raises(ValueError, match=r"speed 0"):
        RealTime(timeline, speed=0)
