"""The engine's own SDK against the simulated engine: what it lists and does there."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.simulation.engine.centre import FULL_SIZE, Centre
from tests.simulation.engine.rest.client import Client

ovirtsdk4 = pytest.importorskip("ovirtsdk4", reason="the engine's SDK is not installed: .ci/sdk tells why")


@pytest.fixture
def system(client: Client) -> Iterator[Any]:
    """The SDK's root service, logged in."""
    connection = ovirtsdk4.Connection(url=client.url, username="admin@internal", password="secret")
    yield connection.system_service()
    connection.close()


def test_hosts_and_their_devices(system: Any, centre: Centre) -> None:
    """With the types that the engine knows of, as numbers."""
    hosts = system.hosts_service().list()
    devices = system.hosts_service().host_service(hosts[0].id).devices_service().list()
    types = {found.name: found.available_instances for device in devices for found in device.m_dev_types or ()}

    assert sorted(centre.engine.hosts) == sorted(host.id for host in hosts)
    assert {"up"} == {host.status.value for host in hosts}
    assert types[FULL_SIZE] == 1


def test_vms_and_what_they_ask_for(system: Any, centre: Centre) -> None:
    """Made, listed, and shown with their mediated devices."""
    types = ovirtsdk4.types
    cluster = types.Cluster(id=centre.cluster.id)
    made = system.vms_service().add(types.Vm(name="desk", cluster=cluster, template=types.Template(name="Blank")))
    devices = system.vms_service().vm_service(made.id).mediated_devices_service()
    devices.add(types.VmMediatedDevice(spec_params=[types.Property(name="mdevType", value=FULL_SIZE)]))

    assert ["desk"] == [vm.name for vm in system.vms_service().list(search="name=desk")]
    assert [FULL_SIZE] == [
        one.value for device in devices.list() for one in device.spec_params if one.name == "mdevType"
    ]


def test_events(system: Any) -> None:
    """Added, and listed with the time at which they happened."""
    event = ovirtsdk4.types.Event(
        origin="test", severity=ovirtsdk4.types.LogSeverity.WARNING, custom_id=7, description="a <b>"
    )
    system.events_service().add(event)
    found = system.events_service().list(max=1)[0]

    assert ("test", 7, "a <b>") == (found.origin, found.custom_id, found.description)
    assert isinstance(found.time, datetime)


def test_an_action(system: Any, centre: Centre) -> None:
    """Refreshing a host comes back when it is done."""
    host_id = next(iter(centre.engine.hosts))

    assert system.hosts_service().host_service(host_id).refresh() is None


def test_what_is_not_there(system: Any) -> None:
    """An error of the SDK, with the engine's own words."""
    with pytest.raises(ovirtsdk4.NotFoundError):
        system.hosts_service().host_service("nobody").get()
