"""The API, asked over HTTP."""

from dataclasses import replace

import pytest

from mdev_inventory.engine.errors import EngineError
from mdev_inventory.model import NVIDIA, BareCard, MdevType, ParentDevice
from tests.scheduler_plugins.service.web.conftest import Served
from tests.scheduler_plugins.world import (
    DEAD,
    DOWN,
    ELSEWHERE,
    FREE,
    FULL,
    NOW,
    STRANGER,
    TYPE,
    WANTS,
    host,
    with_errors,
)


def test_the_list_of_hosts(served: Served) -> None:
    """Every host by name, with what is seen, free and used; null where nothing is known."""
    items = {item["name"]: item for item in served.get("/api/v1/hosts")["items"]}

    assert ["dead", "down", "elsewhere", "free", "full"] == list(items)
    assert {
        "id": FREE,
        "name": "free",
        "address": "free.example.com",
        "status": "up",
        "cluster_id": "cluster-1",
        "vgpu_placement": "consolidated",
        "source": "hook",
        "age_s": 10.0,
        "collected_at": "2023-11-14T22:13:10Z",
        "parents": 1,
        "types": [{"id": TYPE, "name": "GRID M60-8Q", "free": 1, "used": 1}],
        "orphans": None,
        "foreign": [],
        "bare_cards": [],
        "failure": None,
    } == items["free"]
    dead = items["dead"]
    assert (None, None, None, None, []) == tuple(
        dead[key] for key in ("source", "age_s", "collected_at", "parents", "types")
    )
    assert {"code": "connect", "text": "host dead refuses", "at": NOW - 5} == dead["failure"]


def test_one_host_has_its_devices(served: Served) -> None:
    """All that the inventory holds, and what could not be read."""
    served.world.observations[FREE] = with_errors(served.world.observations[FREE], "/sys/x")
    found = served.get(f"/api/v1/hosts/{FREE}")

    (device,) = found["devices"]
    assert {
        "address": "0000:3b:00.0",
        "vendor": "0x10de",
        "device": "0x13f2",
        "driver": "nvidia",
        "numa_node": 0,
        "physfn": None,
    } == {key: value for key, value in device.items() if key != "types"}
    assert [
        {
            "id": TYPE,
            "name": "GRID M60-8Q",
            "description": "max_instance=2",
            "device_api": "vfio-pci",
            "available_instances": 1,
            "instances": ["11111111-0000-4000-8000-000000000000"],
        }
    ] == device["types"]
    assert [{"path": "/sys/x", "error": "EIO"}] == found["errors"]


def test_one_host_that_was_never_seen(served: Served) -> None:
    """Known by name, with nothing in it."""
    assert [] == served.get(f"/api/v1/hosts/{DEAD}")["devices"]


def test_the_list_of_types(served: Served) -> None:
    """Free counts hosts that are up; the others are listed with theirs."""
    (item,) = served.get("/api/v1/types")["items"]

    assert (TYPE, "GRID M60-8Q", "max_instance=2", 3, 1) == tuple(
        item[key] for key in ("id", "name", "description", "free", "used")
    )
    assert {"down": (2, "maintenance"), "elsewhere": (2, "up"), "free": (1, "up"), "full": (0, "up")} == {
        each["name"]: (each["free"], each["status"]) for each in item["hosts"]
    }


def test_unknown_is_null_and_never_zero(served: Served) -> None:
    """A source that cannot tell instances: used is null, also in the sum."""
    seen = served.world.observations[FREE]
    card = seen.inventory.parents[0]
    blind = MdevType(TYPE, "", "", "", 1, None)
    odd = ParentDevice("0000:af:00.0", types=None)
    inventory = seen.inventory._replace(parents=(card._replace(types=(blind,)), odd), collected_at="")
    served.world.observations = {FREE: replace(seen, inventory=inventory)}

    found = served.get(f"/api/v1/hosts/{FREE}")
    assert [{"id": TYPE, "name": TYPE, "free": 1, "used": None}] == found["types"]
    assert None is found["collected_at"]
    assert [None, None] == [found["devices"][0]["types"][0]["instances"], found["devices"][1]["types"]]
    assert None is served.get("/api/v1/types")["items"][0]["used"]


@pytest.mark.parametrize("vm", [WANTS, "wants"])
def test_explain(served: Served, vm: str) -> None:
    """Where it would go, and why not elsewhere; no decision is left behind."""
    found = served.get("/api/v1/explain", vm=vm)

    assert (WANTS, "wants", [TYPE], True) == tuple(found[k] for k in ("vm_id", "vm_name", "request", "fits"))
    assert "fits on 1 of 3 hosts" == found["summary"]
    verdicts = {verdict["host_name"]: verdict for verdict in found["verdicts"]}
    assert {"dead": "no-inventory", "free": None, "full": "no-free-instance"} == {
        name: verdict["code"] for name, verdict in verdicts.items()
    }
    assert [{"parent": "0000:3b:00.0", "type": TYPE}] == verdicts["free"]["placement"]
    weights = verdicts["free"]["weights"]
    assert ["MdevConsolidate", "MdevSpread", "MdevFragmentation"] == list(weights)
    assert (0, 10) == (weights["MdevConsolidate"], weights["MdevSpread"])
    assert ("hook", 10.0) == (verdicts["free"]["source"], verdicts["free"]["age_s"])
    assert () == served.scheduler.decisions


def test_errors_have_a_code_and_a_fitting_status(served: Served) -> None:
    """The same form for ours, the framework's and the server's own."""
    assert (404, "unknown-host") == served.error(f"/api/v1/hosts/{STRANGER}")
    assert (404, "unknown-vm") == served.error("/api/v1/explain", vm="nobody")
    assert (422, "bad-parameter") == served.error("/api/v1/explain")
    assert (422, "bad-parameter") == served.error("/api/v1/explain", vm="x" * 256)
    assert (404, "not-found") == served.error("/api/v2/hosts")
    assert (404, "not-found") == served.error("/api/v1/hosts/")
    assert (404, "not-found") == served.error("/docs")
    served.world.engine_error = EngineError("timeout", "no answer")
    assert (503, "engine-unreachable") == served.error("/api/v1/explain", vm="nobody")


def test_a_name_that_several_bear_is_a_conflict(served: Served) -> None:
    """The text tells the ids."""
    served.world.engine_vms *= 2

    assert (409, "ambiguous-name") == served.error("/api/v1/explain", vm="wants")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(served: Served, method: str) -> None:
    """Only reading is served."""
    answer = served.ask("/api/v1/hosts", method)

    assert (405, "method-not-allowed") == (answer.status_code, answer.json()["error"]["code"])


def test_a_fault_keeps_its_text_to_itself(served: Served) -> None:
    """The log has it."""
    served.world.engine_error = ZeroDivisionError("secret")  # type: ignore[assignment]
    answer = served.ask("/api/v1/explain", vm="wants")

    assert (500, "fault") == (answer.status_code, answer.json()["error"]["code"])
    assert "secret" not in answer.text


def test_starts_in_flight(served: Served) -> None:
    """Each with what it takes, the hosts it may be on, and its age; a second decision replaces the first."""
    assert [] == served.get("/api/v1/claims")["items"]
    served.scheduler.filter("MdevFilter", WANTS, [FREE, FULL], {})
    served.world.now += 5
    (claim,) = served.get("/api/v1/claims")["items"]

    assert {
        "vm_id": WANTS,
        "types": [TYPE],
        "host_ids": [FREE],
        "host_names": [served.world.hosts[FREE].name],
        "age_s": 5,
    } == {key: claim[key] for key in ("vm_id", "types", "host_ids", "host_names", "age_s")}


def test_health(served: Served) -> None:
    """ok, or degraded with the reasons; it answers in either case."""
    assert ("ok", []) == tuple(served.get("/healthz")[key] for key in ("status", "reasons"))
    served.reasons.append("engine hosts: refused")
    assert ("degraded", ["engine hosts: refused"]) == tuple(
        served.get("/healthz")[key] for key in ("status", "reasons")
    )


def test_openapi_describes_every_route(served: Served) -> None:
    """The description is there without anything loaded from elsewhere."""
    paths = served.get("/openapi.json")["paths"]

    assert {
        "/api/v1/hosts",
        "/api/v1/hosts/{host_id}",
        "/api/v1/types",
        "/api/v1/claims",
        "/api/v1/explain",
        "/healthz",
    } == set(paths)


def test_a_host_that_left_is_gone(served: Served) -> None:
    """What is shown follows the engine's list."""
    served.get("/api/v1/hosts")
    served.world.host_list = (host(FULL, "full"), host(ELSEWHERE, "elsewhere"), host(DOWN, "down"))

    assert ["down", "elsewhere", "full"] == [item["name"] for item in served.get("/api/v1/hosts")["items"]]


def test_cards_that_carry_no_mediated_devices_are_told(served: Served) -> None:
    """With the reason, in the list of hosts and on the page."""
    seen = served.world.observations[FREE]
    inventory = seen.inventory._replace(bare_cards=(BareCard("0000:af:00.0", NVIDIA, driver="vfio-pci"),))
    served.world.observations = {**served.world.observations, FREE: replace(seen, inventory=inventory)}
    (card,) = next(host for host in served.get("/api/v1/hosts")["items"] if host["id"] == FREE)["bare_cards"]

    assert ("0000:af:00.0", "reserved") == (card["address"], card["code"])
    assert "bound to vfio-pci" in card["text"]
    assert "no mediated devices: bound to vfio-pci" in served.ask("/").text
