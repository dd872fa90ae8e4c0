"""Scheduling policies over REST: what is accepted, what is rejected, and what a rejection leaves behind."""

from typing import Any

import pytest

from simulation.engine.rest.faults import Kind
from tests.simulation.engine.centre import Centre
from tests.simulation.engine.rest.client import Client

POLICIES = "schedulingpolicies"


def unit(client: Client, name: str, kind: str) -> dict[str, str]:
    """A policy unit, as one refers to it."""
    units = client.get("schedulingpolicyunits")["scheduling_policy_unit"]
    return {"id": next(one["id"] for one in units if (one["name"], one["type"]) == (name, kind))}


def policy(client: Client, name: str) -> str:
    """A policy's id."""
    return next(str(one["id"]) for one in client.get(POLICIES)["scheduling_policy"] if one["name"] == name)


def attached(client: Client, path: str) -> list[Any]:
    """Positions or factors of what is attached, in order."""
    rows: list[Any] = next(iter(client.get(path).values()), [])
    return [int(row.get("position") or row.get("factor")) for row in rows]


@pytest.fixture
def mine(client: Client) -> str:
    """The path of an empty policy that may be edited."""
    made = client.ask("POST", POLICIES, {"name": "mine", "description": "by hand"})
    assert 201 == made.status_code
    return f"{POLICIES}/{made.json()['id']}"


def filter_body(client: Client, name: str, position: int = 0) -> dict[str, Any]:
    """A filter to attach."""
    return {"position": str(position), "scheduling_policy_unit": unit(client, name, "filter")}


def test_a_cluster_shows_its_policy(client: Client, centre: Centre) -> None:
    """With the units that it was made with."""
    chosen = client.get(f"clusters/{centre.cluster.id}")["scheduling_policy"]["id"]

    assert unit(client, "Fits", "filter") == {"id": client.get(f"{POLICIES}/{chosen}/filters")["filter"][0]["id"]}
    assert [1] == attached(client, f"{POLICIES}/{chosen}/weights")
    assert {} == client.get(f"{POLICIES}/{chosen}/balances")


def test_the_engines_own_policies_are_locked(client: Client) -> None:
    """And show their limits."""
    shown = client.get(f"{POLICIES}/{policy(client, 'evenly_distributed')}")

    assert ("true", "80") == (shown["locked"], shown["properties"]["property"][0]["value"])


def test_scheduling_goes_by_the_policy_of_the_cluster(client: Client, centre: Centre, mine: str) -> None:
    """A unit attached over REST is asked from the next start on."""
    client.ask("POST", f"{mine}/filters", filter_body(client, "Fits"))
    client.ask("PUT", f"clusters/{centre.cluster.id}", {"scheduling_policy": {"id": mine.split("/")[1]}})
    centre.started()

    assert [["Fits"]] == centre.units.names
    client.ask("PUT", f"clusters/{centre.cluster.id}", {"scheduling_policy": {"id": policy(client, "none")}})
    assert () == centre.cluster.policy.filters


@pytest.mark.parametrize(
    ("kind", "bodies"),
    [
        pytest.param("filters", [("Fits", "filter", 0), ("Fits", "filter", 0)], id="a unit twice"),
        pytest.param("filters", [("CPU", "filter", -1), ("Memory", "filter", -1)], id="two are the first"),
        pytest.param("filters", [("CPU", "filter", 1), ("Memory", "filter", 1)], id="two are the last"),
        pytest.param("filters", [("Fits", "filter", 0), ("Pack", "weight", 0)], id="a weight as a filter"),
        pytest.param("weights", [("Pack", "weight", 2), ("Spread", "weight", -1)], id="a negative factor"),
    ],
)
def test_a_rejected_unit_stays_in_force_until_the_engine_starts_again(
    client: Client, centre: Centre, mine: str, kind: str, bodies: list[tuple[str, str, int]]
) -> None:
    """The mapper writes into the live policy before the command validates it."""
    member = "position" if kind == "filters" else "factor"
    answers = [
        client.ask("POST", f"{mine}/{kind}", {member: str(number), "scheduling_policy_unit": unit(client, name, of)})
        for name, of, number in bodies
    ]
    poisoned = attached(client, f"{mine}/{kind}")
    centre.engine.start(centre.units)
    centre.timeline.run_all()

    assert [200, 409] == [answer.status_code for answer in answers]
    assert [number for _, _, number in bodies] == poisoned
    assert [bodies[0][2]] == attached(client, f"{mine}/{kind}")


def test_a_locked_policy_is_poisoned_too(client: Client) -> None:
    """It is refused, and shows the unit all the same."""
    path = f"{POLICIES}/{policy(client, 'none')}/filters"
    before = attached(client, path)

    assert 409 == client.ask("POST", path, filter_body(client, "Fits")).status_code
    assert [*before, 0] == attached(client, path)


def test_detaching(client: Client, mine: str) -> None:
    """By the unit's id; what is not attached is not found."""
    path = f"{mine}/weights"
    pack = unit(client, "Pack", "weight")
    client.ask("POST", path, {"factor": "7", "scheduling_policy_unit": pack})

    assert [7] == attached(client, path)
    assert 200 == client.ask("DELETE", f"{path}/{pack['id']}").status_code
    assert 404 == client.ask("DELETE", f"{path}/{pack['id']}").status_code
    assert {} == client.get(path)


def test_balance_is_replaced_and_detached(client: Client, mine: str) -> None:
    """A policy has one at most."""
    balance = unit(client, "OptimalForEvenDistribution", "load_balancing")
    for _ in range(2):
        assert 200 == client.ask("POST", f"{mine}/balances", {"scheduling_policy_unit": balance}).status_code

    assert [balance["id"]] == [row["id"] for row in client.get(f"{mine}/balances")["balance"]]
    assert 200 == client.ask("DELETE", f"{mine}/balances/{balance['id']}").status_code
    assert {} == client.get(f"{mine}/balances")


def properties(**values: str) -> dict[str, Any]:
    """As in a document."""
    return {"property": [{"name": name, "value": value} for name, value in values.items()]}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        pytest.param({"strict": "true"}, 200, id="as its unit wants it"),
        pytest.param({"strict": "maybe"}, 409, id="another value"),
        pytest.param({"unheard": "of"}, 409, id="no unit's property"),
    ],
)
def test_properties_are_validated_by_the_units_of_the_policy(
    client: Client, centre: Centre, mine: str, values: dict[str, str], status: int
) -> None:
    """For the policy's own, and for the cluster's; an empty policy understands none."""
    new = client.ask("POST", POLICIES, {"name": "next", "properties": properties(strict="true")})
    client.ask("POST", f"{mine}/filters", filter_body(client, "Fits"))
    chosen = {
        "scheduling_policy": {"id": mine.split("/")[1]},
        "custom_scheduling_policy_properties": properties(**values),
    }

    assert 409 == new.status_code
    assert status == client.ask("PUT", mine, {"properties": properties(**values)}).status_code
    assert status == client.ask("PUT", f"clusters/{centre.cluster.id}", chosen).status_code
    assert (values if status == 200 else {}) == centre.cluster.properties


def test_a_cluster_keeps_what_the_new_policy_understands(client: Client, centre: Centre) -> None:
    """And gets the policy's own values for what it lacks."""
    centre.cluster.properties = {"HighUtilization": "60", "strict": "true"}
    wanted = policy(client, "evenly_distributed")
    client.ask("PUT", f"clusters/{centre.cluster.id}", {"scheduling_policy": {"id": wanted}})

    assert {"HighUtilization": "60", "CpuOverCommitDurationMinutes": "2"} == centre.cluster.properties


def test_removing_a_policy(client: Client, centre: Centre, mine: str) -> None:
    """Not while a cluster has it, and never a locked one."""
    cluster = f"clusters/{centre.cluster.id}"
    client.ask("PUT", cluster, {"scheduling_policy": {"id": mine.split("/")[1]}})
    used = client.ask("DELETE", mine).status_code
    client.ask("PUT", cluster, {"scheduling_policy": {"id": policy(client, "none")}})

    assert (409, 200, 404) == (used, client.ask("DELETE", mine).status_code, client.ask("GET", mine).status_code)
    assert 409 == client.ask("DELETE", f"{POLICIES}/{policy(client, 'none')}").status_code


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", POLICIES, {}, 400),
        ("POST", POLICIES, {"name": "none"}, 409),
        ("PUT", "clusters/nobody", {}, 404),
        ("POST", f"{POLICIES}/nobody/filters", {}, 404),
    ],
)
def test_what_cannot_be_done(client: Client, method: str, path: str, body: object, status: int) -> None:
    """A name is needed, and must be new; objects must exist."""
    assert status == client.ask(method, path, body).status_code


def test_a_unit_must_be_named(client: Client, mine: str) -> None:
    """Before anything is touched."""
    assert 400 == client.ask("POST", f"{mine}/filters", {"position": "0"}).status_code
    assert 400 == client.ask("POST", f"{mine}/filters", filter_body(client, "Fits") | {"position": "x"}).status_code
    assert {} == client.get(f"{mine}/filters")


def test_a_change_may_be_done_and_nobody_hears_of_it(client: Client) -> None:
    """An engine that dies between doing and answering, after a request that it answered."""
    client.rest.faults.add(Kind.UNSAID, POLICIES, method="POST", times=1, after=1)
    for name in ("heard", "unheard"):
        try:
            client.ask("POST", POLICIES, {"name": name})
        except OSError:
            assert "unheard" == name

    assert policy(client, "unheard")
    assert 1 == client.rest.faults.made[Kind.UNSAID]
