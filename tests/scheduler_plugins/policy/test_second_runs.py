"""What is left when an engine dies, hangs or loses an answer, and what a second run makes of it."""

from pathlib import Path
from typing import Any

import pytest

from scheduler_plugins.policy import runner, sdk_child
from scheduler_plugins.policy.errors import EngineTroubleError
from scheduler_plugins.policy.plan import Step
from simulation.engine.rest.faults import Kind
from simulation.engine.units.discovery import UnitType
from tests.scheduler_plugins.policy.carried_out import (
    COPY,
    LIVES,
    Planner,
    connected,
    disabling,
    enabled,
    enabling,
    second_run_mends,
)
from tests.scheduler_plugins.policy.served import Served, state_of


@pytest.mark.parametrize(("before", "planner", "expected"), LIVES)
def test_a_second_run_mends_what_a_dying_engine_left(
    tmp_path: Path, before: tuple[Planner, ...], planner: Planner, expected: dict[str, Any]
) -> None:
    """The engine dies after having done each request in turn; the same command again gets it right."""
    died_at = 0
    while second_run_mends(tmp_path, before, planner, expected, died_at):
        died_at += 1

    assert died_at > 12


@pytest.mark.parametrize("restarted", [False, True], ids=["alive", "restarted"])
@pytest.mark.parametrize(("before", "planner", "expected"), LIVES)
def test_a_second_run_mends_what_a_lost_answer_left(
    tmp_path: Path, before: tuple[Planner, ...], planner: Planner, expected: dict[str, Any], restarted: bool
) -> None:
    """The answer to each change is lost in turn, and the engine goes on, or starts again."""
    changes = 0
    for method in ("POST", "PUT", "DELETE"):
        died_at = 0
        while second_run_mends(tmp_path, before, planner, expected, died_at, method, restarted):
            died_at += 1
        changes += died_at

    assert changes == (2 if planner is disabling else 11 + len(before) * 2)


def test_a_built_in_policy_that_shows_a_rejected_unit(served: Served) -> None:
    """Somebody tried to add our filter to it: it shows, but is not stored, so there is something to do."""
    locked, memory = served.policy("evenly_distributed"), ("Memory", UnitType.FILTER)
    locked.live.filters += [(("MdevFilter", UnitType.FILTER), 0), (memory, 0)]
    enabled(served)
    served.restart()
    content = served.of(served.gpu)

    assert "evenly_distributed-mdev-gpu" == content.pop("name")
    assert COPY == content


def test_a_copy_is_used_only_when_it_is_complete(served: Served) -> None:
    """Up to the last step the cluster has what it had."""
    with connected(served) as connection:
        steps = enabling()(state_of(sdk_child.served(connection, []))).steps
        for count in range(1, len(steps)):
            answer = sdk_child.served(connection, [dict(step.task) for step in steps[:count]])
            assert "state" in answer
            assert "evenly_distributed" == served.of(served.gpu)["name"]
            removal = Step({"do": "remove-policy", "policy": answer["created"]}, "")
            sdk_child.served(connection, [dict(removal.task)])


@pytest.mark.parametrize(
    ("kind", "part", "expected"),
    [
        (Kind.ERROR, "/api/", "failed"),
        (Kind.HTML, "/api/", "unreachable"),
        (Kind.FORBIDDEN, "/api/", "denied"),
        (Kind.HALF, "/api/", "unreachable"),
        (Kind.NOTHING, "/api/", "unreachable"),
    ],
    ids=lambda value: value.name if isinstance(value, Kind) else str(value),
)
def test_an_engine_that_does_not_answer_properly(served: Served, kind: Kind, part: str, expected: str) -> None:
    """Each has a kind of its own, and a text without the SDK's innards."""
    with connected(served) as connection:
        served.rest.faults.add(kind, part)
        answer = sdk_child.served(connection, [])

    assert expected == answer["error"]["kind"], answer
    assert "object at" not in answer["error"]["text"]


def test_an_engine_that_hangs(served: Served) -> None:
    """Each request has its deadline."""
    connection = sdk_child.connected({**served.task(), "timeout": 1})
    served.rest.faults.add(Kind.HANG, "/api/", times=1)
    answer = sdk_child.served(connection, [])
    connection.close()

    assert "unreachable" == answer["error"]["kind"]
    assert "timed out" in answer["error"]["text"].lower()


def test_a_login_that_hangs(served: Served) -> None:
    """The SDK sets it no deadline, so the child has one of its own, and is ended by it."""
    served.rest.faults.add(Kind.HANG, "/sso/")
    with pytest.raises(EngineTroubleError) as caught:
        runner.look(served.asked(timeout=1.0))

    assert ("unreachable", "no answer to the login within 1 s") == (caught.value.kind, str(caught.value))


def test_a_logout_that_hangs_loses_no_answer(served: Served) -> None:
    """The answer is out before."""
    served.rest.faults.add(Kind.HANG, "/sso-logout")

    assert ["gpu", "office"] == [cluster.name for cluster in runner.look(served.asked(timeout=1.0)).clusters]
