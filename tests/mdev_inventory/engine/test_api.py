"""What EngineApi asks, and what it makes of the answers: tables of answers, no sockets."""

from collections.abc import Callable
from typing import Any

import pytest
import responses

from mdev_inventory.engine.api import EngineApi
from mdev_inventory.engine.model import Event
from tests.mdev_inventory.engine.net import API, DEVICES, asked, failure
from tests.mdev_inventory.engine.samples import CLUSTER_ID, HOST_ID, VM_ID, sample


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        pytest.param(
            {"body": "<html>Welcome</html>", "content_type": "text/html"}, "bad-answer", ["text/html"], id="HTML"
        ),
        pytest.param({"body": ""}, "bad-answer", ["0 bytes"], id="empty"),
        pytest.param({"body": '{"host": ['}, "bad-answer", ["10 bytes"], id="half"),
        pytest.param({"body": "[]"}, "bad-answer", ["the collection of host", "[]"], id="a list"),
        pytest.param({"body": "null"}, "bad-answer", ["None"], id="null"),
        pytest.param({"body": '{"host": NaN}'}, "bad-answer", ["NaN"], id="NaN"),
        pytest.param({"body": b"\xff\xfe\xff"}, "bad-answer", ["3 bytes"], id="not UTF-8"),
        pytest.param({"body": "[" * 100_000}, "bad-answer", ["100000 bytes"], id="nested without end"),
        pytest.param({"json": {"host": [{}]}}, "bad-answer", ["without id", "'id'"], id="host without id"),
        pytest.param({"json": sample("fault")}, "bad-answer", ["'detail'"], id="a fault with status 200"),
        pytest.param(
            {"json": sample("fault"), "status": 500},
            "http",
            ["status 500", "Operation Failed", "[Internal Engine Error]"],
            id="500 with a fault",
        ),
        pytest.param({"json": {"fault": sample("fault")}, "status": 400}, "http", ["Operation Failed"], id="wrapped"),
        pytest.param({"json": {"fault": 7}, "status": 400}, "http", ["status 400"], id="a fault of another shape"),
        pytest.param({"body": "<html>oops</html>", "status": 500}, "http", ["status 500"], id="500 with HTML"),
        pytest.param(
            {"json": {"reason": "a\nb\x1b[31m" + "c" * 999}, "status": 500}, "http", ["a b\\x1b[31mc", "..."], id="long"
        ),
        pytest.param({"status": 302, "headers": {"Location": "https://sso/"}}, "http", ["https://sso/"], id="redirect"),
        pytest.param(
            {"status": 403, "json": sample("fault")},
            "forbidden",
            ["lacks the right", "[Internal Engine Error]"],
            id="403",
        ),
        pytest.param({"status": 404, "body": "<html/>"}, "not-found", ["no such object"], id="404"),
    ],
)
def test_an_answer_that_is_none(
    net: responses.RequestsMock, engine: EngineApi, answer: dict[str, Any], code: str, words: list[str]
) -> None:
    """Whatever comes instead of hosts is an error with a code, the request, and what came."""
    net.get(f"{API}/hosts", **answer)
    error = failure(engine.hosts)

    assert code == error.code
    assert [] == [word for word in ["GET /api/hosts", *words] if word not in error.text]
    assert error.text.isprintable()


def test_hosts_and_what_was_wrong_with_them(
    net: responses.RequestsMock, engine: EngineApi, caplog: pytest.LogCaptureFixture
) -> None:
    """A problem is logged once, as long as it lasts."""
    broken = sample("host", id="h2", port="ssh")
    for listed in ([sample("host"), broken],) * 2 + ([sample("host")], [sample("host"), broken]):
        net.get(f"{API}/hosts", json={"host": listed})
    problem = "host 'h2': member 'port' is 'ssh', not a whole number from 1 to 65535"
    counts = [(len(engine.hosts()), caplog.text.count(problem)) for _ in range(4)]

    assert [(2, 1), (2, 1), (1, 1), (2, 2)] == counts


def test_host_devices(net: responses.RequestsMock, engine: EngineApi) -> None:
    """They are asked for below the host."""
    net.get(f"{API}/hosts/{HOST_ID}/devices", json=sample("host_devices"))

    assert ["computer", "pci_0000_3b_00_0", "pci_0000_3b_00_4"] == [
        device.name for device in engine.host_devices(HOST_ID)
    ]


@pytest.mark.parametrize(("after", "query"), [(4710, "max=50&from=4710"), (0, "max=50&from=0"), (None, "max=50")])
def test_events(net: responses.RequestsMock, engine: EngineApi, after: int | None, query: str) -> None:
    """Events are asked for by index, and come oldest first."""
    net.get(f"{API}/events", json=sample("events"))

    assert [Event(4711, 153, VM_ID, HOST_ID), Event(4712, 61, VM_ID, None)] == engine.events(after, 50)
    assert [f"GET /events?{query}"] == asked(net)


@pytest.mark.parametrize("odd", ["", "..", "a/b", "a b", "%2e%2e", "é", "-a", "a" * 129, "a\n"])
def test_what_is_no_id_is_not_asked_about(net: responses.RequestsMock, engine: EngineApi, odd: str) -> None:
    """An id goes into a path: what could lead elsewhere exists nowhere."""
    calls: list[Callable[[], object]] = [lambda: engine.vm(odd), lambda: engine.host_devices(odd)]

    assert ["not-found"] * 2 == [failure(call).code for call in calls]
    assert 0 == len(net.calls)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        pytest.param("cad-01", "?search=name%3Dcad-01", id="with a hyphen"),
        pytest.param("cad01.example.com", "?search=name%3Dcad01.example.com", id="with digits and dots"),
        pytest.param("cad", "", id="letters only might be a word of the search"),
        pytest.param("or", "", id="a word of the search"),
        pytest.param("cad 01", "", id="with a blank"),
        pytest.param("cad-*", "", id="with a wildcard"),
        pytest.param('cad"01', "", id="with a quote"),
        pytest.param("cad-é", "", id="not ASCII"),
    ],
)
def test_finding_a_vm_by_name(net: responses.RequestsMock, engine: EngineApi, name: str, query: str) -> None:
    """Only harmless names go into a search; the name has to match letter by letter in any case."""
    others = [sample("vm_4.5", id="v3", name=name + "x"), sample("vm_4.5", id="v4", name=name.upper() + "A")]
    net.get(f"{API}/vms", json={"vm": [*others, sample("vm_4.5", name=name)]})
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.5", name=name))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))

    assert (VM_ID, DEVICES) == (engine.find_vm(name).id, engine.find_vm(name).mediated_devices)
    assert f"GET /vms{query}" == asked(net)[0]


def test_a_name_that_nobody_and_that_two_have(net: responses.RequestsMock, engine: EngineApi) -> None:
    """No VM and several VMs of a name are errors of their own; the latter lists the ids."""
    twins = [sample("vm_4.5", id="v2"), sample("vm_4.5", id="v1")]
    net.get(f"{API}/vms", json={})
    net.get(f"{API}/vms", json={"vm": twins})
    nobody, several = failure(lambda: engine.find_vm("cad-01")), failure(lambda: engine.find_vm("cad-01"))

    assert ("not-found", "ambiguous") == (nobody.code, several.code)
    assert several.text.endswith("v1, v2")


def test_finding_a_vm_by_id(net: responses.RequestsMock, engine: EngineApi) -> None:
    """An id is asked for as such; only one that does not exist might be a name."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.5"))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json={})
    strange = "aaaaaaaa-0000-4000-8000-00000000000f"
    net.get(f"{API}/vms/{strange}", status=404)
    net.get(f"{API}/vms", json={"vm": [sample("vm_4.5", name=strange)]})

    assert VM_ID == engine.find_vm(VM_ID).id
    assert [f"GET /vms/{VM_ID}", f"GET /vms/{VM_ID}/mediateddevices"] == asked(net)
    assert VM_ID == engine.find_vm(strange).id


def test_finding_a_vm_on_an_engine_that_is_gone(net: responses.RequestsMock, engine: EngineApi) -> None:
    """Only an id that does not exist is looked for among the names; other errors are the call's."""
    net.get(f"{API}/vms/{VM_ID}", status=500)

    assert "http" == failure(lambda: engine.find_vm(VM_ID)).code
    assert [f"GET /vms/{VM_ID}"] == asked(net)


@pytest.mark.parametrize(
    ("cluster", "own", "level"),
    [
        pytest.param({"major": "4", "minor": "2"}, None, (4, 2), id="the cluster's"),
        pytest.param({"major": 4, "minor": 6}, {"major": 4, "minor": 2}, (4, 2), id="the VM's own overrides it"),
        pytest.param({"major": "4", "minor": "2"}, {"major": "4", "minor": "10"}, (4, 10), id="in either direction"),
        pytest.param(None, {"major": "4", "minor": "2"}, (4, 2), id="the VM's own alone"),
        pytest.param(None, None, None, id="not told"),
        pytest.param({"major": "x", "minor": "2"}, {"major": "4"}, None, id="junk is not told"),
    ],
)
def test_the_level_of_a_vm(
    net: responses.RequestsMock, engine: EngineApi, cluster: object, own: object, level: object
) -> None:
    """A VM has the level of its cluster, or one of its own."""
    net.get(f"{API}/clusters", json={"cluster": [{"id": CLUSTER_ID.upper(), "version": cluster}]})
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.4", custom_compatibility_version=own))
    net.get(f"{API}/vms", json={"vm": [sample("vm_4.4", custom_compatibility_version=own)]})
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", status=404)
    engine.learn_levels()

    assert [level] * 3 == [engine.vm(VM_ID).level, engine.vms_by_id([VM_ID])[0].level, engine.vms()[0].level]


def test_levels_stay_as_told_last(net: responses.RequestsMock, engine: EngineApi) -> None:
    """Clusters that cannot be listed are no error, and cost no level that is known."""
    net.get(f"{API}/clusters", json={"cluster": [{"id": CLUSTER_ID, "version": {"major": 4, "minor": 2}}]})
    net.get(f"{API}/clusters", status=500)
    net.get(f"{API}/vms", json={"vm": [sample("vm_4.4")]})

    engine.learn_levels()
    engine.learn_levels()

    assert (4, 2) == engine.vms_by_id([VM_ID])[0].level
