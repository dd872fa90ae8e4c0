"""Processes: generators that wait, lock and ask."""

import pytest

from simulation.timeline import Timeline
from simulation.timeline.processes import Effect, Lock, Outcome, Processes, Promise, Resume, Steps


@pytest.fixture
def timeline() -> Timeline:
    """Beginning at 0."""
    return Timeline()


@pytest.fixture
def processes(timeline: Timeline) -> Processes:
    """On that timeline."""
    return Processes(timeline)


def test_sleep_and_result(timeline: Timeline, processes: Processes) -> None:
    """A process sleeps simulated time; its promise holds what it returns."""

    def steps() -> Steps[float]:
        yield processes.sleep(2.0)
        return timeline.now

    promise = processes.spawn(steps())
    with pytest.raises(RuntimeError, match="not resolved yet"):
        _ = promise.value
    timeline.run_all()

    assert promise.value == 2.0


def test_lock_is_fair(timeline: Timeline, processes: Processes) -> None:
    """Whoever asked first gets it first, one at a time."""
    lock, seen = Lock(), list[tuple[str, float]]()

    def steps(name: str) -> Steps[None]:
        yield lock.acquire
        seen.append((name, timeline.now))
        yield processes.sleep(1.0)
        lock.release()

    for name in "abc":
        processes.spawn(steps(name))
    timeline.run_all()

    assert seen == [("a", 0.0), ("b", 1.0), ("c", 2.0)]


def test_a_long_queue_does_not_exhaust_the_stack(timeline: Timeline, processes: Processes) -> None:
    """A lock handed down a queue of thousands within one moment nests no calls."""
    lock, promises = Lock(), list[Promise[None]]()

    def steps() -> Steps[None]:
        yield lock.acquire
        lock.release()

    for _ in range(5000):
        promises.append(processes.spawn(steps()))
    timeline.run_all()

    assert all(promise.done for promise in promises)


def test_an_error_of_an_effect_is_raised_in_the_process(timeline: Timeline, processes: Processes) -> None:
    """A process may catch what its question failed with."""

    def failing() -> Effect:
        def effect(resume: Resume) -> None:
            resume(Outcome(error=ValueError("no")))

        return effect

    def steps() -> Steps[str]:
        try:
            yield failing()
        except ValueError as error:
            return str(error)
        return "nothing raised"

    promise = processes.spawn(steps())
    timeline.run_all()

    assert promise.value == "no"


def test_an_error_of_a_process_surfaces(timeline: Timeline, processes: Processes) -> None:
    """An error that a process does not catch stops whoever runs the timeline."""

    def steps() -> Steps[None]:
        yield processes.sleep(1.0)
        raise ValueError("defect")

    processes.spawn(steps())
    with pytest.raises(ValueError, match="defect"):
        timeline.run_all()


def test_promise_is_kept_once() -> None:
    """A second value is a defect; late callers get the first."""
    promise: Promise[int] = Promise()
    promise.resolve(1)
    seen: list[int] = []
    promise.then(seen.append)
    with pytest.raises(RuntimeError, match="resolved twice"):
        promise.resolve(2)

    assert seen == [1]
