"""Questions that wait, on a timeline that goes on meanwhile."""

import threading

import pytest

from simulation.timeline import Timeline
from simulation.timeline.processes import Outcome, Promise
from simulation.timeline.turns import Turns


class Scene:
    """A timeline with turns, and what was answered when."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.turns = Turns(self.timeline)
        self.answers: list[tuple[float, object]] = []

    def ask(self, *waits: float, answer: object = "yes") -> None:
        """A question that waits so, then answers."""

        def question() -> object:
            for seconds in waits:
                self.turns.sleep(seconds)
            return answer

        self.turns.ask(question)(self.note)

    def note(self, outcome: Outcome) -> None:
        """Answered now."""
        self.answers.append((self.timeline.now, outcome.error or outcome.value))


def test_waits_overlap() -> None:
    """Time goes on while a question waits, for the timeline and for the other questions."""
    scene = Scene()
    scene.ask(1.0, 2.0, answer="slow")
    scene.ask(0.5, answer="quick")
    scene.ask(answer="at once")
    scene.timeline.run_all()

    assert [(0.0, "at once"), (0.5, "quick"), (3.0, "slow")] == scene.answers


def test_an_error_is_the_answer() -> None:
    """What a question raises reaches whoever asked."""
    scene = Scene()
    error = ValueError("no")

    def question() -> object:
        scene.turns.sleep(1.0)
        raise error

    scene.turns.ask(question)(scene.note)
    scene.timeline.run_all()

    assert [(1.0, error)] == scene.answers


@pytest.mark.parametrize(
    ("resolved_at", "expected"),
    [pytest.param(0.25, (0.25, True), id="in time"), pytest.param(0.75, (0.5, False), id="too late")],
)
def test_a_promise_is_waited_for_until_the_limit(resolved_at: float, expected: tuple[float, bool]) -> None:
    """A wait ends with the promise or at its limit, whichever comes first."""
    scene = Scene()
    promise: Promise[None] = Promise()
    scene.timeline.call_later(resolved_at, lambda: promise.resolve(None))
    scene.turns.ask(lambda: scene.turns.wait(promise, 0.5))(scene.note)
    scene.timeline.run_all()

    assert [expected] == scene.answers


def test_whoever_dies_gives_no_answer_but_the_error() -> None:
    """Questions that wait when their answerer dies end at once, with the error given; their threads end."""
    scene = Scene()
    death = ConnectionError("reset")
    scene.ask(5.0)
    scene.timeline.call_later(1.0, lambda: scene.turns.abort(death))
    scene.timeline.run_all()

    assert [(1.0, death)] == scene.answers
    assert not [thread for thread in threading.enumerate() if thread.name == "turn"]


def test_after_the_end_nobody_waits() -> None:
    """Closing ends the threads of questions that nobody wants answered any more."""
    scene = Scene()
    scene.ask(5.0)
    scene.turns.close(0)

    assert [] == scene.answers
    assert not [thread for thread in threading.enumerate() if thread.name == "turn"]


def test_only_a_question_may_wait() -> None:
    """Code on the timeline itself that waits would stop time: it is told so."""
    with pytest.raises(RuntimeError, match="only a question may wait"):
        Scene().turns.sleep(1.0)
