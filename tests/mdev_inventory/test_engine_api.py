"""What EngineApi asks, and what it makes of the answers: tables of answers, no sockets."""

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from mdev_inventory.engine_api import EngineApi, EngineError
from mdev_inventory.engine_model import Event, MediatedDevice, Vm
from tests.mdev_inventory.engine_samples import CLUSTER_ID, DEVICE_ID, HOST_ID, VM_ID, sample

BASE = "https://engine.example.com/ovirt-engine"
API = f"{BASE}/api"
TOKEN = f"{BASE}/sso/oauth/token"
LOGOUT = f"{BASE}/services/sso-logout"
PASSWORD = "päss&wörd"
DEVICES = (MediatedDevice(DEVICE_ID, {"mdevType": "nvidia-22", "nodisplay": "false"}),)
BARE = Vm(VM_ID, "cad-01", "down", CLUSTER_ID, None, None, None)


class Clock:
    """Seconds that pass only when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    """The network: nothing but what a test registers, and a token for whoever asks."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(TOKEN, json=sample("token"))
        mock.post(LOGOUT, json={})
        yield mock


@pytest.fixture
def clock() -> Clock:
    """The clock of the pauses after refused logins."""
    return Clock()


@pytest.fixture
def engine(net: responses.RequestsMock, clock: Clock) -> Iterator[EngineApi]:
    """The engine's API with that network."""
    with EngineApi(BASE, "admin@internal", PASSWORD, clock=clock) as api:
        yield api


def asked(net: responses.RequestsMock) -> list[str]:
    """What was asked of the API, without token and logout."""
    calls = [f"{c.request.method} {c.request.url}" for c in net.calls]
    return [c.replace(API, "") for c in calls if API in c]


def failure(call: Callable[[], object]) -> EngineError:
    """The error of a call that has to fail."""
    with pytest.raises(EngineError) as caught:
        call()
    return caught.value


def test_the_token_is_asked_for_as_the_engine_wants_it(
    net: responses.RequestsMock, engine: EngineApi
) -> None:
    """The form is that of the password grant, Accept is exactly application/json."""
    net.get(f"{API}/hosts", json={})
    engine.hosts()
    login, question = (call.request for call in net.calls)

    assert "application/json" == login.headers["Accept"]
    assert "application/x-www-form-urlencoded" == login.headers["Content-Type"]
    assert "username=admin%40internal&password=p%C3%A4ss%26w%C3%B6rd" in str(login.body)
    assert str(login.body).startswith("grant_type=password&scope=ovirt-app-api&")
    assert ("Bearer Zmlyc3Q", "4", "application/json") == tuple(
        question.headers[name] for name in ("Authorization", "Version", "Accept")
    )


def test_one_token_serves_all_calls(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The token is reused until the engine refuses it."""
    net.get(f"{API}/hosts", json={})
    for _ in range(3):
        engine.hosts()

    assert 1 == len([c for c in net.calls if c.request.url == TOKEN])


def test_a_401_costs_one_new_token(net: responses.RequestsMock, engine: EngineApi) -> None:
    """An expired token is replaced once, and the question asked again with the new one."""
    net.get(f"{API}/hosts", json={"error": "expired"}, status=401)
    net.get(f"{API}/hosts", json={"host": [sample("host")]})
    net.replace(responses.POST, TOKEN, json=sample("token"))
    net.post(TOKEN, json=sample("token", access_token="second"))

    assert ["gpu01"] == [host.name for host in engine.hosts()]
    assert ["Bearer Zmlyc3Q", "Bearer second"] == [
        c.request.headers["Authorization"] for c in net.calls if API in str(c.request.url)
    ]


def test_a_second_401_is_an_error(net: responses.RequestsMock, engine: EngineApi) -> None:
    """A token that is refused as soon as it was given is a named error, not a loop."""
    net.get(f"{API}/hosts", body="<html>Unauthorized</html>", status=401)
    error = failure(engine.hosts)

    assert ("auth", 401, 2) == (error.code, error.status, len(asked(net)))
    assert "GET /api/hosts" in error.text


@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_a_refused_login(net: responses.RequestsMock, engine: EngineApi, status: int) -> None:
    """The engine's own words are shown with the user's name, and what to check."""
    net.replace(responses.POST, TOKEN, json=sample("token_refused"), status=status)
    error = failure(engine.hosts)

    assert ("auth", status, []) == (error.code, error.status, asked(net))
    assert "'admin@internal'" in error.text
    assert "user name or password is incorrect" in error.text


def test_a_refusal_that_repeats_the_password(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The password is never shown, in whatever form the engine sends it back."""
    said = f"no {PASSWORD}, nor p%C3%A4ss%26w%C3%B6rd, {'x' * 280}{PASSWORD}"
    net.replace(responses.POST, TOKEN, json={"error": said}, status=400)
    error = failure(engine.hosts)

    assert [] == [secret for secret in ("päss", "p%C3") if secret in error.text + repr(error)]
    assert "no ***, nor ***" in error.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param("<html>Login</html>", 200, "bad-answer", id="HTML"),
        pytest.param("", 200, "bad-answer", id="empty"),
        pytest.param("[]", 200, "bad-answer", id="a list"),
        pytest.param("{}", 200, "bad-answer", id="no token"),
        pytest.param('{"access_token": ""}', 200, "bad-answer", id="empty token"),
        pytest.param('{"access_token": 7}', 200, "bad-answer", id="token is a number"),
        pytest.param('{"access_token": "a\\nHost: x"}', 200, "bad-answer", id="token with a line break"),
        pytest.param("<html>oops</html>", 500, "http", id="500"),
        pytest.param("<html>gone</html>", 404, "http", id="404"),
        pytest.param("<html>no</html>", 401, "http", id="401 of another server"),
        pytest.param("<html>later</html>", 503, "http", id="503 is not tried again"),
    ],
)
def test_a_login_that_is_no_login(
    net: responses.RequestsMock, engine: EngineApi, body: str, status: int, code: str
) -> None:
    """What answers without a token is named with path and status."""
    net.replace(responses.POST, TOKEN, body=body, status=status)
    error = failure(engine.hosts)

    assert (code, status) == (error.code, error.status)
    assert "POST /sso/oauth/token" in error.text
    assert 1 == len(net.calls)


def test_a_refused_login_is_not_tried_at_once_again(
    net: responses.RequestsMock, engine: EngineApi, clock: Clock
) -> None:
    """Each refusal doubles the pause, because the engine locks accounts; then it works again."""
    net.replace(responses.POST, TOKEN, json=sample("token_refused"), status=400)
    tries = []
    for clock.now in (0.0, 4.9, 5.0, 14.9, 15.0):
        assert "auth" == failure(engine.hosts).code
        tries.append(len(net.calls))
    net.replace(responses.POST, TOKEN, json=sample("token"))
    net.get(f"{API}/hosts", json={})
    clock.now = 35.0

    assert [1, 1, 2, 2, 3] == tries
    assert [] == engine.hosts()


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        pytest.param(
            {"body": "<html>Welcome</html>", "content_type": "text/html"},
            "bad-answer",
            ["text/html"],
            id="HTML",
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
        pytest.param(
            {"json": {"fault": sample("fault")}, "status": 400}, "http", ["Operation Failed"], id="wrapped"
        ),
        pytest.param(
            {"json": {"fault": 7}, "status": 400}, "http", ["status 400"], id="a fault of another shape"
        ),
        pytest.param(
            {"body": "<html>oops</html>", "status": 500}, "http", ["status 500"], id="500 with HTML"
        ),
        pytest.param(
            {"json": {"reason": "a\nb\x1b[31m" + "c" * 999}, "status": 500},
            "http",
            ["a b [31mc", "..."],
            id="long",
        ),
        pytest.param(
            {"status": 302, "headers": {"Location": "https://sso/"}}, "http", ["https://sso/"], id="redirect"
        ),
        pytest.param({"status": 403, "json": sample("fault")}, "http", ["status 403"], id="403"),
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
    """A problem is listed as long as it lasts, and logged once."""
    broken = sample("host", id="h2", port="ssh")
    net.get(f"{API}/hosts", json={"host": [sample("host"), broken]})
    net.get(f"{API}/hosts", json={"host": [sample("host"), broken]})
    net.get(f"{API}/hosts", json={"host": [sample("host")]})
    problem = "host 'h2': member 'port' is 'ssh', not a whole number from 1 to 65535"
    counts = [(len(engine.hosts()), engine.problems()) for _ in range(3)]

    assert [(2, (problem,)), (2, (problem,)), (1, ())] == counts
    assert 1 == len([r for r in caplog.records if r.levelno == logging.WARNING])


def test_host_devices_and_hooks(net: responses.RequestsMock, engine: EngineApi) -> None:
    """Both are asked for below the host."""
    net.get(f"{API}/hosts/{HOST_ID}/devices", json=sample("host_devices"))
    net.get(f"{API}/hosts/{HOST_ID}/hooks", json=sample("hooks"))

    assert ["computer", "pci_0000_3b_00_0", "pci_0000_3b_00_4"] == [
        device.name for device in engine.host_devices(HOST_ID)
    ]
    assert [("after_get_caps", "50_mdev_inventory")] == engine.host_hooks(HOST_ID)


@pytest.mark.parametrize(
    ("after", "query"), [(4710, "max=50&from=4710"), (0, "max=50&from=0"), (None, "max=50")]
)
def test_events(net: responses.RequestsMock, engine: EngineApi, after: int | None, query: str) -> None:
    """Events are asked for by index, and come oldest first."""
    net.get(f"{API}/events", json=sample("events"))

    assert [Event(4711, 153, VM_ID, HOST_ID), Event(4712, 61, VM_ID, None)] == engine.events(after, 50)
    assert [f"GET /events?{query}"] == asked(net)


def test_a_vm_of_a_newer_engine_in_two_requests(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The mediated devices are asked for at their own address."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.5"))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))

    assert DEVICES == engine.vm(VM_ID).mediated_devices
    assert [f"GET /vms/{VM_ID}", f"GET /vms/{VM_ID}/mediateddevices"] == asked(net)


def test_a_vm_of_a_newer_engine_without_devices(net: responses.RequestsMock, engine: EngineApi) -> None:
    """No devices is something else than not told."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.5"))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json={})

    assert () == engine.vm(VM_ID).mediated_devices


def test_an_older_engine_is_found_out_once(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The first VM costs three requests, each further one a single request."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.4"))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", body="<html/>", status=404)
    first, second = engine.vm(VM_ID), engine.vm(VM_ID)

    assert first == second
    assert ("nodisplay,nvidia-22,nvidia-22", None) == (first.mdev_type, first.mediated_devices)
    assert 4 == len(asked(net))


def test_an_engine_that_was_upgraded(net: responses.RequestsMock, engine: EngineApi) -> None:
    """What was learnt of an engine ends with its token: the restart of an upgrade ends that, too."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.4"))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", status=404)
    engine.vm(VM_ID)
    net.replace(responses.GET, f"{API}/vms/{VM_ID}", json={}, status=401)
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.5"))
    net.replace(responses.GET, f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))
    net.replace(responses.POST, TOKEN, json=sample("token", access_token="second"))

    assert DEVICES == engine.vm(VM_ID).mediated_devices


def test_a_vm_that_is_gone(net: responses.RequestsMock, engine: EngineApi) -> None:
    """A VM that does not exist says nothing about the engine."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("fault"), status=404)

    assert ("not-found", 404) == (
        failure(lambda: engine.vm(VM_ID)).code,
        failure(lambda: engine.vm(VM_ID)).status,
    )


def test_a_vm_that_goes_between_two_requests(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The 404 of a VM that has just gone does not make the engine an older one."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.5"))
    net.get(f"{API}/vms/{VM_ID}", status=404)
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", status=404)
    gone = failure(lambda: engine.vm(VM_ID))
    net.get(f"{API}/vms/v2", json=sample("vm_4.5", id="v2"))
    net.get(f"{API}/vms/v2/mediateddevices", json=sample("mediated_devices"))

    assert "not-found" == gone.code
    assert DEVICES == engine.vm("v2").mediated_devices


def test_an_odd_404_of_an_engine_that_has_devices(net: responses.RequestsMock, engine: EngineApi) -> None:
    """Once devices were seen, a 404 for one VM is an error, never a VM without a request."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.5"))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json={})
    net.get(f"{API}/vms/v2", json=sample("vm_4.5", id="v2"))
    net.get(f"{API}/vms/v2/mediateddevices", status=404)
    engine.vm(VM_ID)
    error = failure(lambda: engine.vm("v2"))

    assert ("http", 404) == (error.code, error.status)


@pytest.mark.parametrize(
    "devices",
    [
        pytest.param({"vm_mediated_device": [{}]}, id="device without id"),
        pytest.param({"vm_mediated_device": [{"id": "d", "spec_params": 3}]}, id="parameters are a number"),
        pytest.param({"vm_mediated_device": "nvidia-22"}, id="a word"),
    ],
)
def test_half_a_request_is_an_error(net: responses.RequestsMock, engine: EngineApi, devices: Any) -> None:
    """Devices that cannot all be read are an error, never a smaller request."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.5"))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=devices)

    assert "bad-answer" == failure(lambda: engine.vm(VM_ID)).code


def test_an_answer_about_another_vm(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The answer has to be about the VM that was asked for."""
    net.get(f"{API}/vms/v2", json=sample("vm_4.5"))

    assert "bad-answer" == failure(lambda: engine.vm("v2")).code


@pytest.mark.parametrize("odd", ["", "..", "a/b", "a b", "%2e%2e", "é", "-a", "a" * 129, "a\n"])
def test_what_is_no_id_is_not_asked_about(net: responses.RequestsMock, engine: EngineApi, odd: str) -> None:
    """An id goes into a path: what could lead elsewhere exists nowhere."""
    calls: list[Callable[[], object]] = [
        lambda: engine.vm(odd),
        lambda: engine.host_devices(odd),
        lambda: engine.host_hooks(odd),
    ]

    assert ["not-found"] * 3 == [failure(call).code for call in calls]
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


def listing(net: responses.RequestsMock, *vms: dict[str, Any]) -> None:
    """The engine lists these VMs, each of which exists."""
    net.get(f"{API}/vms", json={"vm": list(vms)})
    for vm in vms:
        net.get(f"{API}/vms/{vm['id']}", json=vm)


def test_all_vms_of_an_older_engine(net: responses.RequestsMock, engine: EngineApi) -> None:
    """On an older engine the list has everything; that it is one is tried anew each time."""
    listing(net, sample("vm_4.4"), sample("vm_4.4", id="v2", custom_properties=...))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", status=404)
    once = engine.vms()

    assert once == engine.vms()
    assert [("nodisplay,nvidia-22,nvidia-22", None), (None, None)] == [
        (vm.mdev_type, vm.mediated_devices) for vm in once
    ]
    assert ["GET /vms", f"GET /vms/{VM_ID}/mediateddevices", f"GET /vms/{VM_ID}"] * 2 == asked(net)


def test_all_vms_with_devices_inlined(net: responses.RequestsMock, engine: EngineApi) -> None:
    """Once an answer has shown inlined devices, one request tells all, also that a VM has none."""
    followed = responses.matchers.query_param_matcher({"follow": "mediateddevices"})
    carrying = sample("vm_4.5", mediated_devices=sample("mediated_devices"))
    listing(net, sample("vm_4.5"), sample("vm_4.5", id="v2"))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))
    net.get(f"{API}/vms", json={"vm": [carrying, sample("vm_4.5", id="v2")]}, match=[followed])
    first = {vm.id: vm.mediated_devices for vm in engine.vms()}
    before = len(asked(net))

    assert {VM_ID: DEVICES, "v2": ()} == first
    assert first == {vm.id: vm.mediated_devices for vm in engine.vms()}
    assert ["GET /vms?follow=mediateddevices"] == asked(net)[before:]


@pytest.mark.parametrize("inlined", [{}, {"mediated_devices": {}}, {"mediated_devices": [{"id": "d"}]}])
def test_all_vms_where_nothing_proves_that_devices_are_inlined(
    net: responses.RequestsMock, engine: EngineApi, inlined: dict[str, Any]
) -> None:
    """As long as no VM of an answer carries a device with its type, each VM is asked by itself."""
    listing(net, sample("vm_4.5", **inlined), sample("vm_4.5", id="v2", **inlined))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))
    net.get(f"{API}/vms/v2/mediateddevices", json={})

    assert {VM_ID: DEVICES, "v2": ()} == {vm.id: vm.mediated_devices for vm in engine.vms()}


def test_all_vms_of_an_engine_that_refuses_to_follow(net: responses.RequestsMock, engine: EngineApi) -> None:
    """An engine that answers `follow` with an error is asked for each VM, and not to follow again."""
    followed = responses.matchers.query_param_matcher({"follow": "mediateddevices"})
    plain = responses.matchers.query_param_matcher({})
    net.get(f"{API}/vms", status=400, json=sample("fault"), match=[followed])
    net.get(f"{API}/vms", json={"vm": [sample("vm_4.5")]}, match=[plain])
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))
    engine.vms()

    assert [DEVICES] == [vm.mediated_devices for vm in engine.vms()]
    assert 1 == asked(net).count("GET /vms?follow=mediateddevices")


def test_one_vm_does_not_lose_the_others(net: responses.RequestsMock, engine: EngineApi) -> None:
    """A VM that goes meanwhile is left out; one that cannot be read says so; the others are there."""
    listing(net, *(sample("vm_4.5", id=f"v{n}") for n in range(4)))
    net.replace(responses.GET, f"{API}/vms/v0", status=404)
    net.get(f"{API}/vms/v0/mediateddevices", status=404)
    net.get(f"{API}/vms/v1/mediateddevices", json=sample("mediated_devices"))
    net.get(f"{API}/vms/v2/mediateddevices", json=sample("fault"), status=500)
    net.get(f"{API}/vms/v3/mediateddevices", body="{")
    found = {vm.id: vm for vm in engine.vms()}

    assert ["v1", "v2", "v3"] == list(found)
    assert (DEVICES, "") == (found["v1"].mediated_devices, found["v1"].unreadable)
    assert "Operation Failed" in found["v2"].unreadable
    assert (found["v2"].unreadable, found["v3"].unreadable) == engine.problems()
    assert found["v3"].mediated_devices is None


def test_an_engine_that_fails_meanwhile_fails_the_whole_list(
    net: responses.RequestsMock, engine: EngineApi
) -> None:
    """What is wrong with the engine rather than with a VM is the whole call's error."""
    listing(net, sample("vm_4.5"))
    net.get(re.compile(".*/mediateddevices"), body=ConnectionResetError("reset"))

    assert "unreachable" == failure(engine.vms).code


def test_no_vms_at_all(net: responses.RequestsMock, engine: EngineApi) -> None:
    """An empty data centre needs no more than its list."""
    net.get(f"{API}/vms", json={})

    assert ([], ["GET /vms"]) == (engine.vms(), asked(net))


def test_close_revokes_the_token(net: responses.RequestsMock) -> None:
    """At the end the token is given back, once."""
    net.get(f"{API}/hosts", json={})
    engine = EngineApi(BASE, "admin@internal", PASSWORD)
    engine.hosts()
    engine.close()
    engine.close()
    logouts = [c.request.body for c in net.calls if c.request.url == LOGOUT]

    assert ["scope=ovirt-app-api&token=Zmlyc3Q"] == logouts
    assert "closed" == failure(engine.hosts).code


def test_close_of_an_engine_that_is_gone(net: responses.RequestsMock) -> None:
    """Whether the engine can be told or not, closing ends without an error."""
    net.get(f"{API}/hosts", json={})
    net.replace(responses.POST, LOGOUT, body=ConnectionRefusedError("refused"))
    engine = EngineApi(BASE, "admin@internal", PASSWORD)
    engine.hosts()
    engine.close()

    assert "closed" == failure(engine.hosts).code


def test_close_without_a_question(net: responses.RequestsMock) -> None:
    """Whoever asked nothing has no token to give back."""
    EngineApi(BASE, "admin@internal", PASSWORD).close()

    assert 0 == len(net.calls)


def test_no_secret_in_logs_errors_and_names(
    net: responses.RequestsMock, engine: EngineApi, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither password nor token shows anywhere, debugging included."""
    caplog.set_level(logging.DEBUG)
    net.get(f"{API}/hosts", status=500)
    error = failure(engine.hosts)
    shown = f"{engine!r} {error!r} {error} {vars(error)} {caplog.text}"

    assert [] == [secret for secret in ("päss", "p%C3", "Zmlyc3Q") if secret in shown]
    assert "EngineApi('https://engine.example.com/ovirt-engine', 'admin@internal')" == repr(engine)
