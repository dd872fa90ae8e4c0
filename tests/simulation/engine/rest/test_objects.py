"""How objects look: strings for numbers, no nulls, `{}` for nothing, and what each version lacks."""

import pytest

from tests.simulation.engine.centre import FULL_SIZE, Centre
from tests.simulation.engine.rest.client import Client

API = "/ovirt-engine/api"


def test_api(client: Client) -> None:
    """The entry point tells the version."""
    assert client.get("")["product_info"]["version"] == {
        "major": "4",
        "minor": "5",
        "build": "10",
        "revision": "0",
        "full_version": "4.5.10",
    }


def test_host(client: Client, centre: Centre) -> None:
    """A host as the samples show it."""
    host = centre.hosts[0]
    host.separate = True
    href = f"{API}/hosts/{host.id}"

    assert client.get(f"hosts/{host.id}") == {
        "address": "host0",
        "cluster": {"href": f"{API}/clusters/{centre.cluster.id}", "id": centre.cluster.id},
        "comment": "",
        "external_status": "ok",
        "port": "54321",
        "protocol": "stomp",
        "status": "up",
        "type": "rhel",
        "vgpu_placement": "separated",
        "name": "host0",
        "href": href,
        "id": host.id,
        "link": [{"href": f"{href}/devices", "rel": "devices"}, {"href": f"{href}/hooks", "rel": "hooks"}],
    }


def test_hosts_of_a_status(client: Client, centre: Centre) -> None:
    """The collection, and a search in it."""
    centre.engine.set_host_status(centre.hosts[1].id, "non_operational")

    assert [host["name"] for host in client.get("hosts")["host"]] == ["host0", "host1"]
    assert [h["name"] for h in client.get("hosts", search="status=nonoperational")["host"]] == ["host1"]


def test_migration_targets(client: Client, centre: Centre) -> None:
    """Hosts by internal filters alone."""
    vm = centre.vm(mdev_type="nvidia-0")

    assert client.get("hosts", migration_target_of=vm.id) == {}
    assert centre.units.asked == []


def test_devices(client: Client, centre: Centre) -> None:
    """`computer` first; ids are names in hexadecimal digits; types with their figures as strings."""
    devices = client.get(f"hosts/{centre.hosts[0].id}/devices")["host_device"]
    card = next(device for device in devices if "m_dev_types" in device)
    types = {entry["name"]: entry for entry in card["m_dev_types"]["m_dev_type"]}

    assert (devices[0]["name"], devices[0]["id"]) == ("computer", "636f6d7075746572")
    assert bytes.fromhex(card["id"]).decode() == card["name"]
    assert card["parent_device"]["host"] == {"id": centre.hosts[0].id}
    assert card["vendor"]["id"] == "0x10de"
    assert types[FULL_SIZE]["available_instances"] == "1"
    assert types[FULL_SIZE]["human_readable_name"] == "GRID T4-16Q"


@pytest.mark.parametrize(
    ("version", "members"),
    [
        pytest.param("4.4.7", {"available_instances", "description", "human_readable_name", "name"}, id="4.4.7"),
        pytest.param("4.4.6", {"available_instances", "description", "name"}, id="4.4.6"),
        pytest.param("4.3", set(), id="4.3 shows no types"),
    ],
)
def test_types_by_version(version: str, members: set[str]) -> None:
    """What is told of a type."""
    centre = Centre(1, version=version)
    with Client(centre.engine) as client:
        devices = client.get(f"hosts/{centre.hosts[0].id}/devices")["host_device"]
    types = [device["m_dev_types"]["m_dev_type"][0] for device in devices if "m_dev_types" in device]

    assert {member for entry in types for member in entry} == members


def test_hooks(client: Client, centre: Centre) -> None:
    """Each hook by point and file; a host without hooks has an empty collection."""
    centre.hosts[0].hooks = {"after_get_caps": {"50_mdev_inventory": {"checksum": "0f4c"}}}
    hook = client.get(f"hosts/{centre.hosts[0].id}/hooks")["hook"][0]

    assert (hook["event_name"], hook["name"], hook["md5"]) == ("after_get_caps", "50_mdev_inventory", "0f4c")
    assert client.get(f"hosts/{centre.hosts[1].id}/hooks") == {}


def test_no_vms(client: Client) -> None:
    """An empty collection is an empty object."""
    assert client.get("vms") == {}


def test_vm_of_4_4() -> None:
    """The custom property, verbatim; the host as soon as there is one."""
    centre = Centre(1, version="4.4")
    vm = centre.vm("cad-01", f"nodisplay,{FULL_SIZE}")
    href = f"{API}/vms/{vm.id}"
    centre.engine.start_vm(vm.id)
    centre.timeline.run_until(0.5)
    with Client(centre.engine) as client:
        shown = client.get(f"vms/{vm.id}", follow="mediateddevices")
        devices = client.ask("GET", f"vms/{vm.id}/mediateddevices")

    assert shown == {
        "actions": {"link": [{"href": f"{href}/start", "rel": "start"}]},
        "link": [{"href": f"{href}/nics", "rel": "nics"}],
        "cluster": {"href": f"{API}/clusters/{centre.cluster.id}", "id": centre.cluster.id},
        "custom_properties": {"custom_property": [{"name": "mdev_type", "value": f"nodisplay,{FULL_SIZE}"}]},
        "delete_protected": "false",
        "memory": "4294967296",
        "name": "cad-01",
        "placement_policy": {"affinity": "migratable"},
        "status": "wait_for_launch",
        "href": href,
        "id": vm.id,
        "host": {"href": f"{API}/hosts/{centre.hosts[0].id}", "id": centre.hosts[0].id},
    }
    assert (devices.status_code, devices.headers["Content-Type"]) == (404, "text/html;charset=UTF-8")


def test_vm_of_4_5(client: Client, centre: Centre) -> None:
    """No property; devices in a collection of their own, or inlined where asked for."""
    vm = centre.vm("cad-01", FULL_SIZE)
    devices = client.get(f"vms/{vm.id}/mediateddevices")

    assert client.get(f"vms/{vm.id}").keys().isdisjoint({"custom_properties", "mediated_devices", "host"})
    assert client.get(f"vms/{vm.id}", follow="nics,mediateddevices")["mediated_devices"] == devices
    assert client.get("vms", follow="mediateddevices")["vm"][0]["mediated_devices"] == devices
    assert devices["vm_mediated_device"][0]["spec_params"] == {
        "property": [{"name": "mdevType", "value": FULL_SIZE}, {"name": "nodisplay", "value": "false"}]
    }
    assert devices["vm_mediated_device"][0]["id"] == vm.devices[0].id


def test_migrating_vm_shows_its_source(client: Client, centre: Centre) -> None:
    """`migrating`, and the host it comes from."""
    vm = centre.started()
    centre.engine.migrate_vm(vm.id)
    centre.timeline.run_until(centre.timeline.now + 1.0)
    shown = client.get(f"vms/{vm.id}")

    assert (shown["status"], shown["host"]["id"]) == ("migrating", centre.hosts[0].id)


def test_units_and_clusters(client: Client, centre: Centre) -> None:
    """External units with their regexes; the cluster with its properties."""
    centre.cluster.properties["strict"] = "true"
    units = client.get("schedulingpolicyunits")["scheduling_policy_unit"]
    strict = {"name": "strict", "value": "true|false"}

    assert [(unit["name"], unit["type"]) for unit in units[:2]] == [("Fits", "filter"), ("Pack", "weight")]
    assert (units[0]["enabled"], units[0]["properties"]) == ("true", {"property": [strict]})
    assert client.get("clusters")["cluster"] == [client.get(f"clusters/{centre.cluster.id}")]
    assert client.get(f"clusters/{centre.cluster.id}")["custom_scheduling_policy_properties"] == {
        "property": [{"name": "strict", "value": "true"}]
    }


@pytest.mark.parametrize("path", ["hosts/none", "vms/none", "vms/none/mediateddevices", "clusters/none"])
def test_unknown_object(client: Client, path: str) -> None:
    """An object that is not there is a fault of status 404."""
    answer = client.ask("GET", path)

    assert answer.status_code == 404
    assert "none" in answer.json()["detail"]


def test_unknown_resource(client: Client) -> None:
    """A resource that is not there is no JSON."""
    assert client.ask("GET", "datacenters").status_code == 404
    assert client.ask("DELETE", "hosts").status_code == 404


def test_only_json_and_xml(client: Client) -> None:
    """The simulation speaks these two alone, and says so."""
    client.session.headers["Accept"] = "text/csv"

    assert client.ask("GET", "vms").status_code == 406


@pytest.mark.parametrize(("version", "defined"), [("4.4", True), ("4.5", False)])
def test_a_setting_that_clients_may_see(version: str, defined: bool) -> None:
    """Its value by cluster level; VMs ask by the custom property before 4.5 only."""
    centre = Centre(version=version)
    with Client(centre.engine) as client:
        shown = client.get("options/PredefinedVMProperties")
        level = client.get("clusters")["cluster"][0]["version"]

    (value,) = shown["values"]["system_option_value"]
    assert (version, "PredefinedVMProperties") == (value["version"], shown["id"])
    assert defined == ("mdev_type=" in value["value"])
    assert version == f"{level['major']}.{level['minor']}"


def test_a_setting_that_clients_may_not_see(client: Client) -> None:
    """ExternalSchedulerEnabled is internal: the answer is that of a name which does not exist."""
    assert 404 == client.ask("GET", "options/ExternalSchedulerEnabled").status_code
