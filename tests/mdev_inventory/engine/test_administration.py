"""What the engine has set up around us, as its JSON shows it."""

from typing import Any

import pytest
import responses

from mdev_inventory.engine.administration import Administration, Cluster, Permission, Policy, Unit
from mdev_inventory.engine.api import EngineApi
from mdev_inventory.engine.errors import EngineError
from tests.mdev_inventory.engine.net import API

POLICY, FILTER, WEIGHT, USER, ROLE = "p-1", "u-1", "u-2", "user-1", "role-1"


@pytest.fixture
def admin(engine: EngineApi) -> Administration:
    """The questions."""
    return Administration(engine.rest, 5)


def part(unit: str, **members: str) -> dict[str, Any]:
    """A unit in a policy."""
    return {"id": unit, "scheduling_policy_unit": {"id": unit}, **members}


@pytest.mark.parametrize(
    ("numbers", "version"),
    [
        ({"major": "4", "minor": "5", "build": "7", "revision": "0"}, (4, 5, 7)),
        ({"major": 4, "minor": 4, "build": 10}, (4, 4, 10)),
        ({"major": "4", "minor": "4"}, (4, 4, 0)),
        ({}, (0, 0, 0)),
        (None, (0, 0, 0)),
    ],
    ids=["strings", "numbers", "no build", "none", "no member"],
)
def test_version(
    net: responses.RequestsMock, admin: Administration, numbers: object, version: tuple[int, int, int]
) -> None:
    """From the entry point; zeros where it does not tell."""
    product = {"product_info": {"name": "oVirt Engine", "version": numbers}} if numbers is not None else {}
    net.get(API, json=product)

    assert version == admin.version()


def test_units(net: responses.RequestsMock, admin: Administration) -> None:
    """Name, type, whose it is, and whether it takes part; booleans are strings."""
    unit = {"id": FILTER, "name": "MdevFilter", "type": "filter", "internal": "false", "enabled": "false"}
    inner = {"id": WEIGHT, "name": "HA", "type": "weight", "internal": "true", "enabled": "true"}
    net.get(f"{API}/schedulingpolicyunits", json={"scheduling_policy_unit": [unit, inner]})

    assert [
        Unit(FILTER, "MdevFilter", "filter", internal=False, enabled=False),
        Unit(WEIGHT, "HA", "weight", internal=True, enabled=True),
    ] == admin.units()


def test_clusters(net: responses.RequestsMock, admin: Administration) -> None:
    """Each with its policy and level; None where none is shown."""
    level = {"major": "4", "minor": "7"}
    chosen = {"id": "c-1", "name": "Default", "scheduling_policy": {"id": POLICY}, "version": level}
    net.get(f"{API}/clusters", json={"cluster": [chosen, {"id": "c-2", "name": "Old"}]})

    assert [Cluster("c-1", "Default", POLICY, "4.7"), Cluster("c-2", "Old", None)] == admin.clusters()


def test_a_setting(net: responses.RequestsMock, admin: Administration) -> None:
    """Its value at each cluster level; one that is empty has no member."""
    values = [{"value": "mdev_type=.*", "version": "4.4"}, {"version": "4.5"}]
    document = {"name": "PredefinedVMProperties", "values": {"system_option_value": values}}
    net.get(f"{API}/options/PredefinedVMProperties", json=document)

    assert {"4.4": "mdev_type=.*", "4.5": ""} == admin.option("PredefinedVMProperties")


def test_a_policy(net: responses.RequestsMock, admin: Administration) -> None:
    """Its filters, and its weights with their factors; an empty collection is `{}`."""
    net.get(f"{API}/schedulingpolicies/{POLICY}", json={"id": POLICY, "name": "mdev"})
    net.get(f"{API}/schedulingpolicies/{POLICY}/filters", json={"filter": [part(FILTER, position="0")]})
    weights = [part(WEIGHT, factor="5"), {"id": FILTER, "factor": 0}, part("u-3")]
    net.get(f"{API}/schedulingpolicies/{POLICY}/weights", json={"weight": weights})

    wanted = Policy(POLICY, "mdev", (FILTER,), ((WEIGHT, 5), (FILTER, 0), ("u-3", 1)))
    assert wanted == admin.policy(POLICY)


def test_an_odd_policy_id_is_not_asked_for(admin: Administration) -> None:
    """It goes into a path."""
    with pytest.raises(EngineError, match="no id of a scheduling policy"):
        admin.policy("../vms")


def test_own_permissions(net: responses.RequestsMock, admin: Administration) -> None:
    """Each role with its permits and what it is for; one for the whole system names no object."""
    net.get(API, json={"authenticated_user": {"id": USER}})
    given = [{"id": "1", "role": {"id": ROLE}}, {"id": "2", "role": {"id": ROLE}, "cluster": {"id": "c-1"}}]
    net.get(f"{API}/users/{USER}/permissions", json={"permission": given})
    net.get(f"{API}/roles", json={"role": [{"id": ROLE, "name": "HostAdmin", "administrative": "true"}]})
    net.get(f"{API}/roles/{ROLE}/permits", json={"permit": [{"id": "1", "name": "manipulate_host"}]})

    permits = frozenset({"manipulate_host"})
    assert [Permission("HostAdmin", permits, ""), Permission("HostAdmin", permits, "cluster")] == admin.permissions()


def test_an_engine_that_does_not_say_who_we_are(net: responses.RequestsMock, admin: Administration) -> None:
    """Engines before 4.2."""
    net.get(API, json={"product_info": {"version": {"major": "4"}}})
    with pytest.raises(EngineError, match="does not say who we are"):
        admin.permissions()


@pytest.mark.parametrize("answer", [[], {"cluster": 7}, {"cluster": [{"name": "no id"}]}])
def test_what_cannot_be_understood(net: responses.RequestsMock, admin: Administration, answer: object) -> None:
    """An error that says so, never a guess."""
    net.get(f"{API}/clusters", json=answer)
    with pytest.raises(EngineError) as raised:
        admin.clusters()

    assert "bad-answer" == raised.value.code
