"""The real SDK against the simulated engine: what is sent, what is guarded, what an engine's death leaves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scheduler_plugins.policy import plan, runner, sdk_child
from scheduler_plugins.policy.errors import EngineTroubleError
from scheduler_plugins.policy.plan import Plan, Step
from scheduler_plugins.policy.state import EngineState
from scheduler_plugins.policy.status import cluster_named
from scheduler_plugins.policy.wishes import Wishes, parse
from simulation.engine.rest.faults import Kind
from simulation.engine.units.discovery import UnitType
from tests.scheduler_plugins.policy.served import Served, state_of

ovirtsdk4 = pytest.importorskip("ovirtsdk4", reason="the engine's SDK is not installed: .ci/sdk tells why")
pycurl = pytest.importorskip("pycurl")

WISHES = parse(True, ["MdevConsolidate=3"], [])
OTHERS = parse(False, ["MdevConsolidate=5", "MdevSpread=2"], [])
Planner = Callable[[EngineState], Plan]


def enabling(wishes: Wishes = WISHES) -> Planner:
    """Plans `enable` for the cluster gpu."""
    return lambda state: plan.enable(state, cluster_named(state, "gpu"), wishes)


def disabling(state: EngineState) -> Plan:
    """Plans `disable` for the cluster gpu."""
    return plan.disable(state, cluster_named(state, "gpu"))


@contextmanager
def connected(served: Served) -> Iterator[Any]:
    """A connection that logs out where it can."""
    connection = sdk_child.connected(served.task())
    try:
        yield connection
    finally:
        connection.close()


def carried_out(served: Served, planner: Planner) -> dict[str, Any]:
    """Looks, plans, takes the steps: the child's last answer."""
    with connected(served) as connection:
        answer = sdk_child.served(connection, [])
        if "error" in answer:
            return answer
        steps = planner(state_of(answer)).steps
        return sdk_child.served(connection, [dict(step.task) for step in steps]) if steps else answer


def enabled(served: Served, wishes: Wishes = WISHES) -> EngineState:
    """After `enable` of gpu."""
    return state_of(carried_out(served, enabling(wishes)))


def test_what_is_seen(served: Served) -> None:
    """Units, policies with all that is attached, and clusters."""
    with connected(served) as connection:
        seen = sdk_child.look(connection.system_service())
    even = next(one for one in seen["policies"] if one["name"] == "evenly_distributed")
    names = {unit["id"]: (unit["name"], unit["type"]) for unit in seen["units"]}

    assert even["locked"]
    assert [("PinToHost", -1), ("Memory", 0), ("CPU", 1)] == [
        (names[unit][0], number) for unit, number in even["filters"]
    ]
    assert [("HA", 1), ("OptimalForEvenDistribution", 2)] == [
        (names[unit][0], number) for unit, number in even["weights"]
    ]
    assert [("OptimalForEvenDistribution", "load_balancing")] == [names[unit] for unit, _ in even["balances"]]
    assert {"gpu": even["id"]} == {one["name"]: one["policy"] for one in seen["clusters"] if one["name"] == "gpu"}
    assert {"MdevFilter": (True, False)} == {
        unit["name"]: (unit["enabled"], unit["internal"])
        for unit in seen["units"]
        if unit["type"] == "filter" and not unit["internal"]
    }


def test_what_the_sdk_sends(served: Served) -> None:
    """The bodies of all changes of an `enable`, in order."""
    state = enabled(served)
    copied = served.engine.policies.of(served.gpu)
    ids = {(unit.type, unit.name): unit.id for unit in state.units}
    sent = [(method, path, " ".join(body.split())) for method, path, body in served.tokens.changes()]
    path = f"schedulingpolicies/{copied.id}"

    assert sent[0] == (
        "POST",
        "schedulingpolicies",
        "<scheduling_policy> <description>Copy of evenly_distributed with units of mdev-scheduler, "
        f"for cluster gpu. [mdev-scheduler: cluster={served.gpu.id} "
        f"before={served.policy('evenly_distributed').id}]</description> "
        "<name>evenly_distributed-mdev-gpu</name> </scheduling_policy>",
    )
    assert sent[1] == (
        "POST",
        f"{path}/filters",
        f'<filter> <position>-1</position> <scheduling_policy_unit id="{ids["filter", "PinToHost"]}"/> </filter>',
    )
    assert sent[-3] == (
        "POST",
        f"{path}/weights",
        f'<weight> <factor>3</factor> <scheduling_policy_unit id="{ids["weight", "MdevConsolidate"]}"/> </weight>',
    )
    assert sent[-2][:2] == ("PUT", path)
    assert "<property> <name>HighUtilization</name> <value>80</value> </property>" in sent[-2][2]
    assert sent[-1] == (
        "PUT",
        f"clusters/{served.gpu.id}",
        f'<cluster> <scheduling_policy id="{copied.id}"/> </cluster>',
    )
    assert {"application/xml"} == {each.headers["content-type"] for each in served.tokens.requests}


def test_a_locked_policy_is_never_posted_to(served: Served) -> None:
    """Not even where a plan says so."""
    locked = served.policy("none")
    unit = served.engine.policies.units()["MdevFilter", UnitType.FILTER].id
    with connected(served) as connection:
        task = {"do": "attach", "policy": locked.id, "kind": "filter", "unit": unit, "number": 0}
        answer = sdk_child.served(connection, [task])

    assert ("changed", 0) == (answer["error"]["kind"], answer["taken"])
    assert "none is locked" in answer["error"]["text"]
    assert [] == served.tokens.changes()


def test_somebody_elses_change_is_noticed_before_a_post(served: Served) -> None:
    """What a plan supposes is looked at right before."""
    enabled(served)
    before = len(served.tokens.changes())
    unit = served.engine.policies.units()["MdevFilter", UnitType.FILTER].id
    policy = served.engine.policies.of(served.gpu).id
    with connected(served) as connection:
        task = {"do": "attach", "policy": policy, "kind": "filter", "unit": unit, "number": 0}
        answer = sdk_child.served(connection, [task])

    assert "changed" == answer["error"]["kind"]
    assert "is attached by now" in answer["error"]["text"]
    assert before == len(served.tokens.changes())


def test_a_cluster_that_was_given_another_policy_meanwhile_keeps_it(served: Served) -> None:
    """An administrator's choice is not overwritten."""
    with connected(served) as connection:
        steps = enabling()(state_of(sdk_child.served(connection, []))).steps
        served.engine.policies.choose(served.gpu, served.policy("none"), {})
        answer = sdk_child.served(connection, [dict(step.task) for step in steps])

    assert ("changed", len(steps) - 1) == (answer["error"]["kind"], answer["taken"])
    assert "none" == served.of(served.gpu)["name"]


def test_a_rejected_post_is_told_with_the_engines_words(served: Served) -> None:
    """With the policy that was made, so that it can be removed."""
    served.engine.policies.denied.add("MdevConsolidate")
    answer = carried_out(served, enabling())

    assert "refused" == answer["error"]["kind"]
    assert "MdevConsolidate cannot be used as weight" in answer["error"]["text"]
    assert answer["created"] == served.policy("evenly_distributed-mdev-gpu").id


EVENLY = {
    "properties": {"HighUtilization": "80", "CpuOverCommitDurationMinutes": "2"},
    "filters": {"PinToHost": -1, "Memory": 0, "CPU": 1},
    "weights": {"HA": 1, "OptimalForEvenDistribution": 2},
    "balance": "OptimalForEvenDistribution",
}
COPY = {
    **EVENLY,
    "filters": {"PinToHost": -1, "Memory": 0, "CPU": 1, "MdevFilter": 0},
    "weights": {"HA": 1, "OptimalForEvenDistribution": 2, "MdevConsolidate": 3},
}


LIVES = [
    pytest.param((), enabling(), COPY, id="enable"),
    pytest.param(
        (enabling(),),
        enabling(OTHERS),
        {**COPY, "weights": {**EVENLY["weights"], "MdevConsolidate": 5, "MdevSpread": 2}},  # type: ignore[dict-item]
        id="change factors",
    ),
    pytest.param((enabling(),), disabling, EVENLY, id="disable"),
]
"""What was done before, what is cut off, and what the cluster's policy shall have in the end."""


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


def second_run_mends(
    folder: Path,
    before: tuple[Planner, ...],
    planner: Planner,
    expected: dict[str, Any],
    died_at: int,
    method: str = "",
    restarted: bool = False,
) -> bool:
    """Whether a run was cut off so late; fails where the second one does not end as it should.

    With a method, requests of that method are counted, and the engine goes on; else it is dead from then on.
    """
    served = Served(folder, tls=False)
    for each in before:
        carried_out(served, each)
    served.rest.faults.add(Kind.UNSAID, "/api", times=1, method=method, after=died_at)
    if not method:
        served.rest.faults.add(Kind.NOTHING, "/api", after=died_at)
    failed, cut_off = fails(served, planner), served.rest.faults.made[Kind.UNSAID] == 1
    assert failed == cut_off
    sent = served.tokens.changes()
    assert len(set(sent)) == len(sent)
    served.rest.faults.clear()
    if restarted:
        served.restart()
    answer = carried_out(served, planner)
    names, content = served.names(), served.of(served.gpu)
    served.rest.stop()

    name = content.pop("name")
    assert expected == content, died_at
    assert {"evenly_distributed", "none", name} == set(names), died_at
    assert (planner is disabling) == (name == "evenly_distributed"), died_at
    assert () == planner(state_of(answer)).steps, died_at
    return cut_off


def fails(served: Served, planner: Planner) -> bool:
    """Whether a run meets the engine's death."""
    try:
        answer = carried_out(served, planner)
    except (ovirtsdk4.Error, pycurl.error):
        return True
    return "error" in answer


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
