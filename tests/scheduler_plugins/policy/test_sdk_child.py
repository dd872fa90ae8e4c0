"""The real SDK against the simulated engine: what is sent, what is guarded, what an engine's death leaves."""

from scheduler_plugins.policy import sdk_child
from simulation.engine.units.discovery import UnitType
from tests.scheduler_plugins.policy.carried_out import carried_out, connected, enabled, enabling
from tests.scheduler_plugins.policy.served import Served, state_of


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
