"""VMs and what they ask for, from engines with mediated devices and from older ones."""

from typing import Any

import pytest
import responses

from mdev_inventory.engine.api import EngineApi
from tests.mdev_inventory.engine.net import API, DEVICES, FOLLOWED, PLAIN, TOKEN, asked, failure, has
from tests.mdev_inventory.engine.samples import VM_ID, sample


def test_a_vm_of_a_newer_engine_in_two_requests(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The mediated devices are asked for at their own address."""
    has(net, sample("vm_4.5"), json=sample("mediated_devices"))

    assert DEVICES == engine.vm(VM_ID).mediated_devices
    assert [f"GET /vms/{VM_ID}", f"GET /vms/{VM_ID}/mediateddevices"] == asked(net)


def test_a_vm_of_a_newer_engine_without_devices(net: responses.RequestsMock, engine: EngineApi) -> None:
    """No devices is something else than not told."""
    has(net, sample("vm_4.5"), json={})

    assert () == engine.vm(VM_ID).mediated_devices


def test_an_older_engine_is_found_out_once(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The first VM costs three requests, each further one a single request."""
    has(net, sample("vm_4.4"), body="<html/>", status=404)
    first, second = engine.vm(VM_ID), engine.vm(VM_ID)

    assert first == second
    assert ("nodisplay,nvidia-22,nvidia-22", None) == (first.mdev_type, first.mediated_devices)
    assert 4 == len(asked(net))


def test_an_engine_that_was_upgraded(net: responses.RequestsMock, engine: EngineApi) -> None:
    """What was learnt of an engine ends with its token: the restart of an upgrade ends that, too."""
    has(net, sample("vm_4.4"), status=404)
    engine.vm(VM_ID)
    net.replace(responses.GET, f"{API}/vms/{VM_ID}", json={}, status=401)
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.5"))
    net.replace(responses.GET, f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))
    net.replace(responses.POST, TOKEN, json=sample("token", access_token="second"))

    assert DEVICES == engine.vm(VM_ID).mediated_devices


def test_a_vm_that_is_gone(net: responses.RequestsMock, engine: EngineApi) -> None:
    """A VM that does not exist says nothing about the engine."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("fault"), status=404)

    assert ("not-found", 404) == (failure(lambda: engine.vm(VM_ID)).code, failure(lambda: engine.vm(VM_ID)).status)


def test_a_vm_that_goes_between_two_requests(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The 404 of a VM that has just gone does not make the engine an older one."""
    net.get(f"{API}/vms/{VM_ID}", json=sample("vm_4.5"))
    net.get(f"{API}/vms/{VM_ID}", status=404)
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", status=404)
    gone = failure(lambda: engine.vm(VM_ID))
    has(net, sample("vm_4.5", id="v2"), json=sample("mediated_devices"))

    assert "not-found" == gone.code
    assert DEVICES == engine.vm("v2").mediated_devices


def test_an_odd_404_of_an_engine_that_has_devices(net: responses.RequestsMock, engine: EngineApi) -> None:
    """Once devices were seen, a 404 for one VM is an error, never a VM without a request."""
    has(net, sample("vm_4.5"), json={})
    has(net, sample("vm_4.5", id="v2"), status=404)
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
    has(net, sample("vm_4.5"), json=devices)

    assert "bad-answer" == failure(lambda: engine.vm(VM_ID)).code


def test_an_answer_about_another_vm(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The answer has to be about the VM that was asked for."""
    net.get(f"{API}/vms/v2", json=sample("vm_4.5"))

    assert "bad-answer" == failure(lambda: engine.vm("v2")).code


def listing(net: responses.RequestsMock, *vms: dict[str, Any]) -> None:
    """The engine lists these VMs, each of which exists."""
    net.get(f"{API}/vms", json={"vm": list(vms)})
    for vm in vms:
        has(net, vm)


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
    carrying = sample("vm_4.5", mediated_devices=sample("mediated_devices"))
    listing(net, sample("vm_4.5"), sample("vm_4.5", id="v2"))
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))
    net.get(f"{API}/vms", json={"vm": [carrying, sample("vm_4.5", id="v2")]}, match=[FOLLOWED])
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
    net.get(f"{API}/vms", status=400, json=sample("fault"), match=[FOLLOWED])
    net.get(f"{API}/vms", json={"vm": [sample("vm_4.5")]}, match=[PLAIN])
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))
    engine.vms()

    assert [DEVICES] == [vm.mediated_devices for vm in engine.vms()]
    assert 1 == asked(net).count("GET /vms?follow=mediateddevices")


def test_one_vm_does_not_lose_the_others(
    net: responses.RequestsMock, engine: EngineApi, caplog: pytest.LogCaptureFixture
) -> None:
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
    assert all(found[vm].unreadable in caplog.text for vm in ("v2", "v3"))
    assert found["v3"].mediated_devices is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param({"body": ConnectionResetError("reset")}, "unreachable", id="gone"),
        pytest.param({"status": 503}, "http", id="restarting"),
    ],
)
@pytest.mark.parametrize("known", [False, True], ids=["first time", "later"])
def test_an_engine_that_fails_meanwhile_fails_the_whole_list(
    net: responses.RequestsMock, engine: EngineApi, answer: dict[str, Any], code: str, known: bool
) -> None:
    """What is wrong with the engine rather than with a VM is the whole call's error."""
    listing(net, sample("vm_4.5"), sample("vm_4.5", id="v2"))
    net.get(f"{API}/vms/v2/mediateddevices", json={})
    if known:
        engine.vm("v2")
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", **answer)

    assert code == failure(engine.vms).code


def test_a_passing_trouble_with_follow_is_not_remembered(net: responses.RequestsMock, engine: EngineApi) -> None:
    """An engine that fails to answer once does not count as one that cannot follow."""
    net.get(f"{API}/vms", status=500, json=sample("fault"), match=[FOLLOWED])
    net.get(f"{API}/vms", json={"vm": [sample("vm_4.5")]}, match=[PLAIN])
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))
    engine.vms()

    assert [DEVICES] == [vm.mediated_devices for vm in engine.vms()]
    assert 2 == asked(net).count("GET /vms?follow=mediateddevices")


def test_an_engine_that_is_gone_when_asked_to_follow(net: responses.RequestsMock, engine: EngineApi) -> None:
    """Without a connection there is no list, with or without inlined devices."""
    net.get(f"{API}/vms", body=ConnectionResetError("reset"), match=[FOLLOWED])
    net.get(f"{API}/vms", json={"vm": [sample("vm_4.5")]}, match=[PLAIN])
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))

    assert "unreachable" == failure(engine.vms).code


def test_no_vms_at_all(net: responses.RequestsMock, engine: EngineApi) -> None:
    """An empty data centre needs no more thits list."""
    net.get(f"{API}/vms", json={})

    assert ([], ["GET /vms"]) == (engine.vms(), asked(net))
