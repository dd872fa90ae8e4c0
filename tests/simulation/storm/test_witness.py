"""Whose a wrong answer was: the service's, or that of the plugin which found no service."""

from pathlib import Path

import pytest

from simulation.storm.judge import Question
from simulation.storm.witness import Witness

LINE = "INFO (decision_0) [scheduler] Filter unit=MdevFilter vm={} name='x' start=2 end=0 note='' risk={!r}\n"


def asked(
    log: Path, answer: set[str], able: set[str], before: str = "", after: str = "", down: bool = True
) -> Question:
    """A question, its answer noted by a witness; the log's lines are from before it and from meanwhile."""
    witness = Witness(log)
    log.write_text(before)
    question = Question("vm", 0.0, ("a", "b"), frozenset(able), frozenset(able))
    question.asked_in_vain, question.log_at = down, witness.place()
    log.write_text(before + after)
    question.answer = frozenset(answer)
    witness.note(question)
    return question


@pytest.mark.parametrize(("down", "answer"), [(True, None), (False, frozenset())], ids=["down", "up"])
def test_a_refusal_the_service_knows_nothing_of(down: bool, answer: frozenset[str] | None, tmp_path: Path) -> None:
    """The plugin had found no service and answered alone; where there was one, its silence is its fault."""
    question = asked(tmp_path / "log", set(), {"a"}, before=LINE.format("vm", ""), down=down)

    assert answer == question.answer


@pytest.mark.parametrize(("answer", "able"), [(set(), {"a"}), ({"a", "b"}, {"a"})], ids=["no", "yes"])
@pytest.mark.parametrize("risk", ["", "an pending decision is late"])
def test_a_wrong_answer_of_the_services_own(answer: set[str], able: set[str], risk: str, tmp_path: Path) -> None:
    """It stays the service's; whether it was at risk is what the service said."""
    question = asked(tmp_path / "log", answer, able, after=LINE.format("vm", risk))

    assert (frozenset(answer), bool(risk)) == (question.answer, question.at_risk)


@pytest.mark.parametrize(("answer", "able"), [(set(), set()), ({"a"}, {"a", "b"})], ids=["no", "yes"])
def test_a_right_answer_is_left_alone(answer: set[str], able: set[str], tmp_path: Path) -> None:
    """No line is looked for: to refuse a VM that no host could hold, or to let fewer hosts pass, is right."""
    assert frozenset(answer) == asked(tmp_path / "log", answer, able).answer
