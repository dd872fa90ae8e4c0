"""VMs asked for by their ids in one search, and the devices of one of them: what a decision costs."""

from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from mdev_inventory.engine.api import EngineApi
from tests.mdev_inventory.engine.net import API, DEVICES, FOLLOWED, asked, failure, has
from tests.mdev_inventory.engine.samples import VM_ID, sample


def test_vms_by_id_in_one_search(net: responses.RequestsMock, engine: EngineApi) -> None:
    """All that exist come in one request, with host and property; one that is gone is simply missing."""
    running = sample("vm_4.4", status="up", host={"id": "h1"})
    net.get(f"{API}/vms", json={"vm": [running, sample("vm_4.4", id=other(9))]})
    found = engine.vms_by_id([other(2), VM_ID, VM_ID.upper()], 1.0)

    assert [(VM_ID, "h1", "nodisplay,nvidia-22,nvidia-22", None)] == [
        (vm.id, vm.host_id, vm.mdev_type, vm.mediated_devices) for vm in found
    ]
    assert [f"id={VM_ID} or id={other(2)}"] == searches(net)


def test_vms_that_start_in_the_same_search(net: responses.RequestsMock, engine: EngineApi) -> None:
    """In the first one, where several are needed; of an engine that lists all, no other VM is taken."""
    vms = [sample("vm_4.4", id=other(n), status=s) for n, s in enumerate(("powering_up", "up", "wait_for_launch"))]
    net.get(f"{API}/vms", json={"vm": vms})
    found = engine.vms_by_id([VM_ID], 1.0, starting=True)

    assert [other(0), other(2)] == [vm.id for vm in found]
    assert [f"id={VM_ID} or status=waitforlaunch or status=poweringup"] == searches(net)
    engine.vms_by_id([other(n) for n in range(101)], starting=True)
    assert [True, False] == ["status=" in search for search in searches(net)[1:]]


def test_many_vms_by_id_in_searches_that_fit_into_an_url(net: responses.RequestsMock, engine: EngineApi) -> None:
    """A web server takes 8,190 characters: three hundred ids are three searches."""
    net.get(f"{API}/vms", json={})
    found = engine.vms_by_id([other(n) for n in range(300)])

    assert ([], 3) == (found, len(searches(net)))
    assert max(len(request) for request in asked(net)) < 8000


@pytest.mark.parametrize("ids", [[], ["or", "id=1", "*", f"{VM_ID} or name=*"]])
def test_what_is_no_id_is_not_searched_for(net: responses.RequestsMock, engine: EngineApi, ids: list[str]) -> None:
    """Only ids go into the search, whose language would take other words for its own."""
    assert [] == engine.vms_by_id(ids)
    assert [] == asked(net)


def test_devices_of_a_vm_in_one_request(net: responses.RequestsMock, engine: EngineApi) -> None:
    """On 4.5 the devices alone are asked for."""
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))

    assert DEVICES == engine.devices_of(VM_ID, 1.0)
    assert [f"GET /vms/{VM_ID}/mediateddevices"] == asked(net)


def test_an_older_engine_is_not_asked_for_devices(net: responses.RequestsMock, engine: EngineApi) -> None:
    """Once an engine has shown that it has no mediated devices, nothing is sent."""
    has(net, sample("vm_4.4"), status=404)
    engine.devices_of(VM_ID)
    before = len(asked(net))

    assert engine.devices_of(VM_ID) is None
    assert before == len(asked(net))


def test_devices_of_a_vm_that_is_gone(net: responses.RequestsMock, engine: EngineApi) -> None:
    """A VM that does not exist is an error, not a VM without devices."""
    net.get(f"{API}/vms/{VM_ID}", status=404)
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", status=404)

    assert "not-found" == failure(lambda: engine.devices_of(VM_ID)).code


def other(number: int) -> str:
    """The id of another VM."""
    return f"bbbbbbbb-0000-4000-8000-{number:012}"


def searches(net: responses.RequestsMock) -> list[str]:
    """What was searched for."""
    urls = [urlsplit(str(call.request.url)) for call in net.calls]
    return [words for url in urls for words in parse_qs(url.query).get("search", [])]


def inlining(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The engine has shown that it inlines mediated devices in its list of VMs."""
    carrying = sample("vm_4.5", mediated_devices=sample("mediated_devices"))
    net.get(f"{API}/vms", json={"vm": [carrying]})
    net.get(f"{API}/vms/{VM_ID}/mediateddevices", json=sample("mediated_devices"))
    engine.vms()


def test_an_engine_that_inlines_devices_tells_them_in_the_search(
    net: responses.RequestsMock, engine: EngineApi
) -> None:
    """One request instead of two; a VM without any has none, which is something else than not told."""
    inlining(net, engine)
    carrying = sample("vm_4.5", mediated_devices=sample("mediated_devices"))
    net.remove(responses.GET, f"{API}/vms")
    net.get(f"{API}/vms", json={"vm": [carrying, sample("vm_4.5", id=other(1))]}, match=[FOLLOWED])

    found = engine.vms_by_id([VM_ID, other(1)])

    assert {VM_ID: DEVICES, other(1): ()} == {vm.id: vm.mediated_devices for vm in found}


def test_an_engine_that_no_longer_inlines_devices_is_searched_without(
    net: responses.RequestsMock, engine: EngineApi
) -> None:
    """The devices are then None, to be asked for, and nobody asks to follow again."""
    inlining(net, engine)
    net.remove(responses.GET, f"{API}/vms")
    net.get(f"{API}/vms", status=400, json=sample("fault"), match=[FOLLOWED])
    net.get(f"{API}/vms", json={"vm": [sample("vm_4.5")]})
    before = len(asked(net))

    for _ in range(2):
        assert [None] == [vm.mediated_devices for vm in engine.vms_by_id([VM_ID])]
    assert [True, False, False] == ["follow=" in path for path in asked(net)[before:]]
