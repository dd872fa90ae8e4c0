"""The engine's JSON becomes plain data, or an error that names object, member and value."""

from typing import Any

import pytest

from mdev_inventory.engine import elements, parsing
from mdev_inventory.engine.elements import AnswerError
from mdev_inventory.engine.model import DeviceType, Event, Host, HostDevice, MediatedDevice, Vm
from tests.mdev_inventory.engine.samples import CLUSTER_ID, DEVICE_ID, HOST_ID, VM_ID, sample


def test_a_host_as_the_engine_shows_it() -> None:
    """Every member of a host comes from its place in the answer."""
    expected = Host(HOST_ID, "gpu01", "gpu01.example.com", 54321, "up", CLUSTER_ID, True)

    assert expected == parsing.host(sample("host"))


@pytest.mark.parametrize(
    ("changes", "member", "expected"),
    [
        pytest.param({"port": 54322}, "port", 54322, id="a number that is one"),
        pytest.param({"port": " 54322 "}, "port", 54322, id="a number with blanks"),
        pytest.param({"port": ...}, "port", 54321, id="no port is VDSM's"),
        pytest.param({"port": None}, "port", 54321, id="null is missing"),
        pytest.param({"port": "1"}, "port", 1, id="lowest port"),
        pytest.param({"port": "65535"}, "port", 65535, id="highest port"),
        pytest.param({"vgpu_placement": "consolidated"}, "separate", False, id="compact"),
        pytest.param({"vgpu_placement": ...}, "separate", False, id="4.2 has no placement: compact"),
        pytest.param({"vgpu_placement": "scattered"}, "separate", False, id="unknown word acts as compact"),
        pytest.param({"name": ...}, "name", HOST_ID, id="no name: the id"),
        pytest.param({"name": 17}, "name", "17", id="a name of digits, written as a number"),
        pytest.param({"cluster": ...}, "cluster_id", "", id="no cluster"),
        pytest.param({"cluster": {}}, "cluster_id", "", id="cluster without id"),
        pytest.param({"summary": {"active": "3"}}, "name", "gpu01", id="an unknown member is ignored"),
    ],
)
def test_a_host_with_one_thing_changed(changes: dict[str, Any], member: str, expected: object) -> None:
    """Strings stand for numbers, and what is missing has a known meaning."""
    assert expected == getattr(parsing.host(sample("host", **changes)), member)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"port": "0"}, ["host '1111", "'port'", "'0'", "from 1 to 65535"], id="port below"),
        pytest.param({"port": "65536"}, ["'port'", "'65536'"], id="port above"),
        pytest.param({"port": "ssh"}, ["'port'", "'ssh'"], id="port is a word"),
        pytest.param({"port": True}, ["'port'", "True"], id="port is a boolean"),
        pytest.param({"port": "9" * 5000}, ["'port'", "999"], id="port without end"),
        pytest.param({"port": "٣"}, ["'port'", "\\u0663"], id="port in other digits"),
        pytest.param({"address": ...}, ["'address'", "None", "non-empty string"], id="no address"),
        pytest.param({"address": ""}, ["'address'", "''"], id="empty address"),
        pytest.param({"address": ["a"]}, ["'address'", "['a']"], id="address is a list"),
        pytest.param({"status": {}}, ["'status'", "{}"], id="status is an object"),
        pytest.param({"name": "a\ud800"}, ["'name'", "\\ud800"], id="half a surrogate pair"),
        pytest.param({"cluster": "Default"}, ["'cluster'", "'Default'", "an object"], id="cluster is a word"),
        pytest.param({"cluster": {"id": []}}, ["'cluster.id'", "[]"], id="cluster id is a list"),
    ],
)
def test_a_host_that_cannot_be_read(changes: dict[str, Any], words: list[str]) -> None:
    """The error names the host, the member, the value and what would be right."""
    with pytest.raises(AnswerError) as caught:
        parsing.host(sample("host", **changes))

    assert [] == [word for word in words if word not in str(caught.value)]


def test_a_vm_of_an_older_engine() -> None:
    """The request is the custom property, verbatim; the host is where it runs."""
    expected = Vm(VM_ID, "cad-01", "wait_for_launch", CLUSTER_ID, HOST_ID, "nodisplay,nvidia-22,nvidia-22", None)

    assert expected == parsing.vm(sample("vm_4.4"))


@pytest.mark.parametrize(
    ("start_time", "expected"),
    [
        pytest.param(..., None, id="missing"),
        pytest.param(1529582560995, 1529582560.995, id="milliseconds"),
        pytest.param("1529582560995", 1529582560.995, id="as text"),
        pytest.param("2018-06-21T12:02:40Z", None, id="a date"),
        pytest.param(0, None, id="zero"),
        pytest.param(-1, None, id="negative"),
        pytest.param(10**17, None, id="too late"),
        pytest.param({"x": 1}, None, id="an object"),
    ],
)
def test_when_a_vm_was_started(start_time: object, expected: float | None) -> None:
    """Milliseconds since the epoch; what is none of them costs nothing else."""
    assert expected == parsing.vm(sample("vm_4.4", start_time=start_time)).started_at


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param(..., None, id="missing"),
        pytest.param({}, None, id="empty object"),
        pytest.param({"custom_property": []}, None, id="empty list"),
        pytest.param({"custom_property": None}, None, id="null list"),
        pytest.param([{"name": "mdev_type", "value": "x"}], "x", id="a bare list"),
        pytest.param({"custom_property": [{"name": "mdev_type"}]}, None, id="without a value"),
        pytest.param({"custom_property": [{"name": "mdev_type", "value": ""}]}, "", id="empty value"),
    ],
)
def test_where_the_custom_property_may_stand(properties: object, expected: str | None) -> None:
    """A property is set only where there is a value."""
    assert expected == parsing.vm(sample("vm_4.4", custom_properties=properties)).mdev_type


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        pytest.param({"custom_properties": "mdev_type"}, "custom_properties", id="properties are a word"),
        pytest.param({"custom_properties": {"custom_property": {}}}, "custom_properties", id="no list"),
        pytest.param({"custom_properties": {"custom_property": ["a"]}}, "custom_properties[0]", id="no object in it"),
        pytest.param(
            {"custom_properties": {"custom_property": [{"value": "a"}]}}, "custom_properties[0].name", id="no name"
        ),
        pytest.param({"host": "gpu01"}, "host", id="host is a word"),
        pytest.param({"mediated_devices": 3}, "mediated_devices", id="devices are a number"),
        pytest.param({"mediated_devices": [{}]}, "mediated_devices[0].id", id="device without id"),
    ],
)
def test_a_vm_whose_request_cannot_be_read(changes: dict[str, Any], member: str) -> None:
    """A broken request is an error, never no request."""
    with pytest.raises(AnswerError) as caught:
        parsing.vm(sample("vm_4.4", **changes))

    assert member == caught.value.member


@pytest.mark.parametrize(
    "inlined",
    [
        pytest.param({"mediated_devices": sample("mediated_devices")}, id="wrapped, with underscore"),
        pytest.param({"mediateddevices": sample("mediated_devices")}, id="wrapped, as the link is called"),
        pytest.param({"mediated_devices": sample("mediated_devices")["vm_mediated_device"]}, id="bare list"),
        pytest.param({"mediateddevices": sample("mediated_devices")["vm_mediated_device"]}, id="bare, link"),
    ],
)
def test_followed_devices_in_either_form(inlined: dict[str, Any]) -> None:
    """Inlined devices are read under both names and with or without the wrapper."""
    expected = (MediatedDevice(DEVICE_ID, {"mdevType": "nvidia-22", "nodisplay": "false"}),)

    assert expected == parsing.vm(sample("vm_4.5", **inlined)).mediated_devices


@pytest.mark.parametrize(
    ("inlined", "expected"),
    [
        pytest.param({}, None, id="not inlined"),
        pytest.param({"mediated_devices": {}}, (), id="empty object"),
        pytest.param({"mediated_devices": {"vm_mediated_device": []}}, (), id="empty wrapped list"),
        pytest.param({"mediated_devices": []}, (), id="empty bare list"),
        pytest.param({"mediated_devices": {"href": "/api/vms/1/mediateddevices"}}, None, id="only a link to them"),
    ],
)
def test_no_devices_is_not_the_same_as_not_told(
    inlined: dict[str, Any], expected: tuple[MediatedDevice, ...] | None
) -> None:
    """An inlined empty collection says that there are none; a missing one says nothing."""
    assert expected == parsing.vm(sample("vm_4.5", **inlined)).mediated_devices


def test_spec_params_may_be_real_booleans() -> None:
    """A boolean becomes the word that the REST API has for it."""
    devices = {"vm_mediated_device": [{"id": "d", "spec_params": [{"name": "nodisplay", "value": True}]}]}

    assert (MediatedDevice("d", {"nodisplay": "true"}),) == parsing.mediated_devices(devices)


def test_a_device_without_spec_params_has_none() -> None:
    """What a device without a type means is for the request's grammar to say."""
    assert (MediatedDevice("d", {}),) == parsing.mediated_devices({"vm_mediated_device": [{"id": "d"}]})


def test_host_devices_with_and_without_types() -> None:
    """A figure that is no number is unknown, an older engine's missing name is the id, hex ids are names."""
    types = (
        DeviceType("nvidia-231", "GRID T4-2Q", "max_instance=8", 4),
        DeviceType("nvidia-232", "nvidia-232", "", None),
    )
    expected = (
        HostDevice("computer", None, None, None, None, ()),
        HostDevice("pci_0000_3b_00_0", "nvidia", "0x10de", "0x1eb8", None, types),
        HostDevice("pci_0000_3b_00_4", None, None, None, "pci_0000_3b_00_0", ()),
    )

    assert elements.Read(expected) == parsing.host_devices(sample("host_devices"))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        pytest.param({"name": "pci_0000_3b_00_0", "id": []}, "pci_0000_3b_00_0", id="its name"),
        pytest.param({"id": "7063695f30"}, "pci_0", id="the name in hex"),
        pytest.param({"id": "zz"}, None, id="no hex"),
        pytest.param({"id": "c3"}, None, id="no ASCII"),
        pytest.param({"id": "1"}, None, id="half a byte"),
    ],
)
def test_a_physical_function(function: dict[str, Any], expected: str | None) -> None:
    """By its name, or an id that is the name in hex; another one tells nothing, and costs nothing."""
    device = parsing.host_device({"name": "pci_0000_3b_00_4", "physical_function": function})

    assert expected == device.physfn


def test_events_come_oldest_first() -> None:
    """The engine sends the newest first; an index may be missing where the id tells it."""
    expected = (Event(4711, 153, VM_ID, HOST_ID), Event(4712, 61, VM_ID, None))

    assert expected == parsing.events(sample("events")).items


@pytest.mark.parametrize("event", [{"id": "x"}, {}, {"index": "-1", "id": "1"}])
def test_an_event_without_a_number(event: dict[str, str]) -> None:
    """An event that cannot be put in order is an error."""
    with pytest.raises(AnswerError, match="not a whole number"):
        parsing.event(event)


def test_ids_are_read_in_lower_case() -> None:
    """An id in capitals is the same id: it is compared with those that others write in lower case."""
    shown = sample("vm_4.5", id=VM_ID.upper(), cluster={"id": CLUSTER_ID.upper()}, host={"id": HOST_ID.upper()})
    read = parsing.vm(shown)

    assert (VM_ID, CLUSTER_ID, HOST_ID) == (read.id, read.cluster_id, read.host_id)
    assert HOST_ID == parsing.host(sample("host", id=HOST_ID.upper())).id
