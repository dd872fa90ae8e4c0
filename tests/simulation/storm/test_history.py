"""The history of all promises over real endpoints, with kills and with steps of the machine's clock."""

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from hypothesis import settings

from simulation.engine.state import Attempt, Decision
from simulation.storm import real
from simulation.storm.figures import NO_DEVICE, SLOT_TAKEN
from simulation.storm.history import Outcome, Promise, outcome, outcomes
from simulation.storm.judge import Question
from tests.simulation.storm.stepped import VARIABLE, set_clock
from tests.simulation.storm.test_storm import TINY

PROGRAM = (sys.executable, "-m", "tests.simulation.storm.stepped")
LONG = settings.default is not None and settings.default.max_examples > 1000
"""As `make test-long` runs it."""
SPEED = 2.0
PLAN = replace(TINY, hosts=2, starts=50, stops=8, killed=(5.0, 14.0))
LONG_PLAN = replace(
    PLAN, hosts=4, starts=100, stops=40, lasts=90.0, stopping=(5.0, 80.0), killed=(5.0, 15.0, 30.0, 45.0, 60.0)
)
STEPS = (3600.0, -3600.0, 86_400.0, 29.0, -29.0, 0.0, -86_400.0 * 365)
READERS = 6
STEP_EVERY_S, READ_EVERY_S = 0.6, 0.1


@contextmanager
def disturbed(storm: real.RealStorm, clock: Path, seed: int) -> Iterator[None]:
    """Somebody sets the machine's clock again and again, and others ask the web API, while it lasts."""
    over, chance = threading.Event(), random.Random(seed)

    def step() -> None:
        while not over.wait(STEP_EVERY_S):
            set_clock(clock, chance.choice(STEPS))

    def read() -> None:
        while not over.wait(READ_EVERY_S):
            with suppress(requests.RequestException):  # it is killed now and then
                requests.get(f"{storm.service.api}/api/v1/explain", params={"vm": "vm001"}, timeout=10)
                requests.get(f"{storm.service.api}/api/v1/claims", timeout=10)

    threads = [threading.Thread(target=step), *(threading.Thread(target=read) for _ in range(READERS))]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, 6 if LONG else 2))
@pytest.mark.parametrize("through_proxy", [False, True] if LONG else [False])
def test_every_promise_is_kept_or_ended_or_at_risk(
    seed: int, through_proxy: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """None is broken: the service is killed, its machine's clock set by hours and years, and others ask meanwhile.

    A start that was decided on while the service was dead, and that the engine does not show yet, is nothing that it
    can know of: whom that one harms is counted as `beside`.
    """
    clock = tmp_path / "clock"
    monkeypatch.setenv(VARIABLE, str(clock))
    plan = replace(LONG_PLAN if LONG else PLAN, seed=seed)
    with real.running(plan, tmp_path, SPEED, through_proxy, PROGRAM) as storm, disturbed(storm, clock, seed):
        storm.run()
    figures = storm.figures()
    found = outcomes(storm.course.vms, storm.judge.questions)
    with capsys.disabled():
        if LONG:
            print(f"\nseed={seed} proxy={through_proxy} {dict(found)} unanswered={figures.unanswered}")

    assert 0 == found[Outcome.BROKEN]
    assert (0, 0, 0) == (figures.refused_wrongly, figures.claims_left, figures.faults)
    assert found[Outcome.KEPT] >= 0.7 * plan.capacity


def question(answer: str, at_risk: bool = False, able: str = "a") -> Question:
    """One that was answered with that host, where `able` could hold the VM."""
    could, hosts = frozenset([able]), frozenset([answer])
    return Question("v", 1.0, ("a", "b"), could, could, hosts, 2.0, at_risk=at_risk)


def attempt(host: str, reason: str = "", created: float | None = 3.0, at: float = 2.5) -> Attempt:
    """A start there, decided at that moment, and why it failed."""
    return Attempt(host, at, Decision(), created, reason=reason)


@pytest.mark.parametrize(
    ("expected", "asked", "started", "other"),
    [
        pytest.param(Outcome.KEPT, question("a"), attempt("a"), None, id="started"),
        pytest.param(Outcome.ENDED, question("a"), None, None, id="never started"),
        pytest.param(Outcome.ENDED, question("a"), attempt("b", NO_DEVICE), None, id="started elsewhere"),
        pytest.param(Outcome.ENDED, question("a"), attempt("a", "qemu died"), None, id="failed otherwise"),
        pytest.param(Outcome.ENDED, question("a"), attempt("a", created=None), None, id="refused at once"),
        pytest.param(Outcome.AT_RISK, question("a", True), attempt("a", NO_DEVICE), None, id="told"),
        pytest.param(Outcome.RACED, question("a"), attempt("a", SLOT_TAKEN), None, id="one slot"),
        pytest.param(
            Outcome.BESIDE, question("a"), attempt("a", NO_DEVICE), attempt("a"), id="a start not asked about"
        ),
        pytest.param(Outcome.BROKEN, question("a"), attempt("a", NO_DEVICE), attempt("b"), id="elsewhere is no excuse"),
        pytest.param(Outcome.BROKEN, question("a"), attempt("a", NO_DEVICE), None, id="no excuse"),
        pytest.param(Outcome.BROKEN, question("a", able="b"), attempt("a"), None, id="wrong, whoever came too late"),
        pytest.param(Outcome.BROKEN, question("a", able="b"), attempt("a"), attempt("a"), id="wrong before it"),
        pytest.param(Outcome.KEPT, question("a", able="b"), attempt("a"), attempt("a", at=1.5), id="could not know"),
        pytest.param(Outcome.KEPT, question("a", True, able="b"), attempt("a"), None, id="told, and it went well"),
    ],
)
def test_what_became_of_a_promise(
    expected: Outcome, asked: Question, started: Attempt | None, other: Attempt | None
) -> None:
    """Every way that there is."""
    assert expected == outcome(Promise(asked, started), [other] if other else [])
