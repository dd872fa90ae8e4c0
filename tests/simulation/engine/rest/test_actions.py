"""What can be done over REST: start, stop, migrate, create, refresh, events."""

import pytest

from simulation.engine.audit import MAX_DESCRIPTION
from tests.simulation.engine.centre import FULL_SIZE, Centre
from tests.simulation.engine.rest.client import Client

EVENT = {"origin": "mdev-scheduler", "severity": "warning", "custom_id": "7", "description": "no host fits"}


def test_start_stop(client: Client, centre: Centre) -> None:
    """Both are accepted where the status allows them."""
    vm = centre.vm()
    assert client.ask("POST", f"vms/{vm.id}/start", {}).json() == {"status": "complete"}
    centre.timeline.run_all()
    assert vm.status == "up"
    assert client.ask("POST", f"vms/{vm.id}/stop", {}).status_code == 200
    centre.timeline.run_all()
    assert vm.status == "down"


def test_start_refused(client: Client, centre: Centre) -> None:
    """Validation's refusal is a fault, as is an action that the status forbids."""
    vm = centre.vm(mdev_type="nvidia-0")
    refused = client.ask("POST", f"vms/{vm.id}/start", {})

    assert (refused.status_code, refused.json()["reason"]) == (409, "Operation Failed")
    assert "no host" in refused.json()["detail"]
    assert client.ask("POST", f"vms/{vm.id}/stop", {}).status_code == 409


def test_migrate(client: Client, centre: Centre) -> None:
    """A running VM goes elsewhere."""
    vm = centre.started()
    client.ask("POST", f"vms/{vm.id}/migrate", {})
    centre.timeline.run_all()

    assert vm.host is centre.hosts[1]


def test_create_and_remove(client: Client, centre: Centre) -> None:
    """A VM of one's own; from 4.5 on the property becomes devices."""
    custom = {"custom_property": [{"name": "mdev_type", "value": FULL_SIZE}]}
    body = {"name": "new", "cluster": {"name": "gpu"}, "template": {"name": "Blank"}}
    created = client.ask("POST", "vms", {**body, "custom_properties": custom})
    again = client.ask("POST", "vms", body)
    vm = centre.engine.vms[created.json()["id"]]

    assert (created.status_code, again.status_code) == (201, 409)
    assert [device.spec_params["mdevType"] for device in vm.devices] == [FULL_SIZE]
    assert client.ask("DELETE", f"vms/{vm.id}").status_code == 200
    assert centre.engine.vms == {}


@pytest.mark.parametrize("body", [{}, {"name": "x"}, {"name": "x", "cluster": {"name": "none"}}])
def test_create_incomplete(client: Client, body: object) -> None:
    """Name and cluster are mandatory."""
    assert client.ask("POST", "vms", body).status_code == 400


def test_add_a_device(client: Client, centre: Centre) -> None:
    """A mediated device needs its type."""
    vm = centre.vm(mdev_type=None)
    params = {"property": [{"name": "mdevType", "value": FULL_SIZE}]}
    added = client.ask("POST", f"vms/{vm.id}/mediateddevices", {"spec_params": params})

    assert (added.status_code, added.json()["id"]) == (201, vm.devices[0].id)
    assert client.ask("POST", f"vms/{vm.id}/mediateddevices", {}).status_code == 400


def test_refresh(client: Client, centre: Centre) -> None:
    """The devices are fresh when the answer comes; a host that is lost refuses."""
    host = centre.hosts[0]
    centre.simulated(host).bus.create("0000:3b:00.0", FULL_SIZE, "00000000-0000-4000-8000-000000000001")
    answer = client.ask("POST", f"hosts/{host.id}/refresh", {})

    assert (answer.status_code, host.available[FULL_SIZE]) == (200, False)
    centre.engine.set_host_status(host.id, "non_responsive")
    assert client.ask("POST", f"hosts/{host.id}/refresh", {}).status_code == 409


def test_events(client: Client, centre: Centre) -> None:
    """Newest first; `from` leaves out what is known, `max` what is old."""
    vm = centre.started()
    events = client.get("events")["event"]

    assert [event["code"] for event in events] == ["32", "153"]
    assert [event["index"] for event in client.get("events", **{"from": "1"})["event"]] == ["2"]
    assert client.get("events", **{"from": "2"}) == {}
    assert [event["index"] for event in client.get("events", max="1")["event"]] == ["2"]
    assert events[1] == {
        "cluster": {"href": f"/ovirt-engine/api/clusters/{centre.cluster.id}", "id": centre.cluster.id, "name": "gpu"},
        "code": "153",
        "correlation_id": "00000001",
        "custom_id": "-1",
        "description": "VM vm was started by admin@internal-authz (Host: host0).",
        "flood_rate": "30",
        "host": {"href": f"/ovirt-engine/api/hosts/{centre.hosts[0].id}", "id": centre.hosts[0].id, "name": "host0"},
        "index": "1",
        "origin": "oVirt",
        "severity": "normal",
        "time": 0,
        "vm": {"href": f"/ovirt-engine/api/vms/{vm.id}", "id": vm.id, "name": "vm"},
        "href": "/ovirt-engine/api/events/1",
        "id": "1",
    }


def test_add_an_event(client: Client, centre: Centre) -> None:
    """An external event shows among the others, shortened where it is too long."""
    vm = centre.vm()
    text = "x" * (MAX_DESCRIPTION + 1)
    answer = client.ask("POST", "events", {**EVENT, "description": text, "vm": {"id": vm.id}})
    event = client.get("events")["event"][0]

    assert answer.status_code == 201
    assert (event["origin"], event["severity"], event["vm"]["name"]) == ("mdev-scheduler", "warning", "vm")
    assert len(event["description"]) == MAX_DESCRIPTION


def test_events_are_unique(client: Client) -> None:
    """(origin, custom_id) is taken once."""
    first = client.ask("POST", "events", EVENT)
    second = client.ask("POST", "events", {**EVENT, "description": "another"})
    third = client.ask("POST", "events", {**EVENT, "custom_id": "8"})

    assert [first.status_code, second.status_code, third.status_code] == [201, 409, 201]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"origin": ""}, 400, id="no origin"),
        pytest.param({"severity": None}, 400, id="no severity"),
        pytest.param({"custom_id": None}, 400, id="no custom_id"),
        pytest.param({"description": ""}, 400, id="no description"),
        pytest.param({"origin": "oVirt"}, 409, id="the engine's own origin"),
        pytest.param({"severity": "fatal"}, 409, id="an unknown severity"),
        pytest.param({"custom_id": "2147483648"}, 400, id="a custom_id of more than 32 bits"),
        pytest.param({"custom_id": "seven"}, 400, id="a custom_id that is no number"),
        pytest.param({"vm": {"id": "none"}}, 409, id="an unknown VM"),
    ],
)
def test_bad_events(client: Client, centre: Centre, change: dict[str, object], status: int) -> None:
    """Anything less is refused, and nothing is written."""
    assert client.ask("POST", "events", {**EVENT, **change}).status_code == status
    assert centre.codes() == []


def test_no_json(client: Client) -> None:
    """A body that is no JSON object is a bad request."""
    for body in (b"<action/>", b"[]"):
        answer = client.session.post(f"{client.url}/vms", data=body, timeout=10)
        assert answer.status_code == 400
