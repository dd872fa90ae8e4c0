"""Plans carried out through the SDK, against an engine that may fail on the way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scheduler_plugins.policy import plan, sdk_child
from scheduler_plugins.policy.plan import Plan
from scheduler_plugins.policy.state import EngineState
from scheduler_plugins.policy.status import cluster_named
from scheduler_plugins.policy.wishes import Wishes, parse
from simulation.engine.rest.faults import Kind
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
