"""What is left of a decision: its answer, its best host, how old its knowledge was, its lines in the log."""

import logging
from dataclasses import replace

import pytest

from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.decisions.decision import Decision, Weights
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.units.verdict import Verdict
from tests.scheduler_plugins.world import FREE, FULL, TYPE, fitting

YES = Verdict("a", True, None, None, "lands", 90.0, None)
NO = Verdict("b", False, None, RefusalCode.CLAIMED, "taken", None, None)
DECISION = Decision("MdevFilter", "vm", "", Request((TYPE,)), (YES, NO), 100.0, 0.1)


def test_the_hosts_answered() -> None:
    """The hosts that fit are answered, unless fewer were."""
    assert ("a",) == DECISION.fitting
    assert () == replace(DECISION, answered=()).fitting
    assert "fits on 1 of 2 hosts" == DECISION.summary


def test_how_old_the_knowledge_was() -> None:
    """A verdict's knowledge is as old as its inventory, and never less than nothing."""
    ages = [DECISION.age_s(verdict) for verdict in (YES, NO, replace(YES, seen_at=101.0))]

    assert [10.0, None, 0.0] == ages


@pytest.mark.parametrize(
    ("best", "weights"),
    [
        pytest.param(None, [], id="nobody weighed"),
        pytest.param("b", [{"a": 5, "b": 4}], id="one unit"),
        pytest.param("a", [{"a": 5, "b": 4}, {"a": 0, "b": 2}], id="the least sum"),
        pytest.param("a", [{"a": 1, "b": 1, "x": 0}], id="of equals the first; others were not answered"),
    ],
)
def test_the_best_host(best: str | None, weights: list[dict[str, int]]) -> None:
    """Of the hosts answered the one with the least sum of weights."""
    units = tuple(Weights(f"unit{n}", tuple(scores.items())) for n, scores in enumerate(weights))

    assert best == replace(DECISION, answered=("a", "b"), weights=units).best


def test_the_funnel_and_each_rejection_are_logged(scheduler: Scheduler, caplog: pytest.LogCaptureFixture) -> None:
    """The log has how many hosts fit, and at the debug level why each of the others does not."""
    with caplog.at_level(logging.DEBUG, logger="scheduler"):
        fitting(scheduler, FREE, FULL)

    funnel, rejection = caplog.records
    assert logging.INFO == funnel.levelno
    assert "Filter unit=MdevFilter" in funnel.getMessage()
    assert f"request={TYPE} start=2 end=1" in funnel.getMessage()
    assert logging.DEBUG == rejection.levelno
    assert f"host={FULL} code=no-free-instance" in rejection.getMessage()
