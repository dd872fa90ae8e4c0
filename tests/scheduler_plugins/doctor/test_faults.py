"""Each link broken alone in a whole installation: the one finding, its remedy, and the exit status."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler_plugins.doctor.catalogue import KINDS
from scheduler_plugins.doctor.chain import CHAIN, LAST
from scheduler_plugins.doctor.findings import Status
from simulation.engine.rest.faults import Kind
from simulation.engine.units.discovery import UnitType
from simulation.vdsm import Fault
from tests.scheduler_plugins.doctor.faults import Broken, engine, hosts, machine, mode, options
from tests.scheduler_plugins.doctor.site import Site, eventually, free_port, site

pytestmark = pytest.mark.timeout(180)

EVEN = ("OptimalForEvenDistribution", UnitType.WEIGHT)
FAULTS: tuple[tuple[str, Broken, str], ...] = (
    ("configuration-wrong", options(lambda _: "[service]\nhttp_prot = 1"), "did you mean http_port?"),
    ("file-unusable", mode(lambda s: s.service.folder / "engine-password", 0o644), "mode 0644"),
    ("own-certificate-expires", machine.own_certificate(5), "5 days left"),
    ("own-certificate-expired", machine.own_certificate(-3), "expired 3 days ago"),
    ("state-missing", options(lambda _: "[service]\nstate_dir = /nowhere"), "/nowhere does not exist"),
    ("state-unwritable", mode(lambda s: s.state, 0o550), "mode 0550"),
    ("state-open", mode(lambda s: s.state, 0o757), "mode 0757"),
    ("state-closed", machine.closed_to_the_proxy, "mode 0700"),
    ("disk-full", machine.disk(20), "MiB free"),
    ("disk-low", machine.disk(2), "MiB free"),
    ("service-down", options(lambda _: f"[service]\nhttp_port = {free_port()}"), "Connection refused"),
    ("service-foreign", machine.foreign("http_port"), "no JSON; the port is held by"),
    ("proxy-socket-closed", options(lambda _: "[service]\nsocket = /nowhere/x.sock"), "No such file"),
    ("proxy-socket-locked", mode(lambda s: s.service.folder / "proxy.sock", 0o600), "mode 0600"),
    ("engine-endpoint-closed", options(lambda _: f"[service]\nxmlrpc_port = {free_port()}"), "nobody listens"),
    ("engine-endpoint-foreign", machine.foreign("xmlrpc_port"), "is held by"),
    ("plugin-missing", machine.proxy(None, ()), "no mdev_units.py in"),
    ("plugin-differs", machine.proxy("another version", machine.ALL_UNITS), "of another version"),
    ("plugin-not-loaded", machine.proxy(machine.PLUGIN.read_text(), ()), "does not know MdevConsolidate"),
    ("engine-unreachable", engine.engine_stopped, "Connection refused"),
    ("engine-certificate-unknown-authority", options(engine.another_authority), "not in the CA file"),
    ("credentials-refused", options(engine.wrong_password), "refuses to let 'admin@internal' in"),
    ("right-read", engine.api(Kind.FORBIDDEN, "/api/hosts"), "lacks the right"),
    ("lists-unreadable", engine.api(Kind.ERROR, "/api/vms"), "HTTP status 500"),
    ("right-events", engine.roles("ReadOnlyAdmin", "HostAdmin"), "inject_external_events"),
    ("right-refresh", engine.roles("ReadOnlyAdmin", "ExternalEventsCreator"), "manipulate_host"),
    ("external-scheduling-off", engine.all_disabled, "none enabled"),
    ("unit-disabled", engine.unit_disabled, "weight MdevConsolidate is disabled"),
    ("unit-missing", engine.unit_missing, "weight MdevConsolidate is unknown"),
    ("policy-without-filter", engine.policy(lambda p: p.filters.clear()), "VMs with a request: desk"),
    ("policy-unused", engine.nobody_asks, "hosts with mediated devices: gpu"),
    ("policy-outvoted", engine.policy(lambda p: p.weights.append((EVEN, 10))), "ours count 1, internal 10"),
    ("vdsm-unreachable", hosts.vdsm_gone, "host plain: VDSM at 127.0.0.1"),
    ("certificate-unknown-authority", hosts.vdsm_tls(hosts.of_another_authority), "not in the CA file"),
    ("vdsm-error", hosts.vdsm_fault(Fault.RECOVERING), "error 99"),
    ("certificate-ended", hosts.vdsm_tls(lambda s: s.center.vdsm_tls(-2)), "its certificate has ended, on 20"),
    ("certificate-expires", hosts.vdsm_tls(lambda s: s.center.vdsm_tls(5)), "host plain: 5 days left"),
    ("hook-missing", mode(lambda s: s.center.hooks["gpu"], 0o644), "host gpu: no hook"),
    ("hook-other-version", hosts.hook("inventory['hook_version'] = '0.0.1'"), "host gpu: version 0.0.1"),
    ("hook-unreadable", hosts.hook("inventory['schema'] = 99"), "schema"),
    ("clock-off", hosts.hook("inventory['collected_at'] = '2001-01-01T00:00:00Z'"), "behind this machine"),
    ("inventory-errors", hosts.hook("inventory['errors'] = [{'path': '/sys/x', 'error': 'EIO'}]"), "/sys/x: EIO"),
    ("request-impossible", engine.vm("typo", {"mdevType": "nvidia-2222"}), "VM typo: no host of its cluster"),
    ("request-unreadable", engine.vm("odd", {"nodisplay": "true"}), "has no mdevType"),
    ("engine-blind", engine.engine_blind, "host gpu: free there, none left for the engine"),
    ("orphans", hosts.orphan, hosts.FOREIGN),
    ("vdsm-silent", hosts.vdsm_fault(Fault.NEVER_ANSWER), "gave up after 3 s"),
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation for all faults."""
    with site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def well(running: Site) -> Site:
    """The installation, with the last fault mended and forgotten."""
    eventually(running.is_well)
    return running


def test_all_is_well(well: Site) -> None:
    """Every link is looked at and holds, and there is nothing to do."""
    status, answer = well.ask()

    assert (0, "ok") == (status, answer["status"])
    assert [link.name for link in CHAIN] + [LAST] == [each["link"] for each in answer["findings"]]
    assert [] == [each for each in answer["findings"] if each["status"] != "ok" or each["remedy"]]


@pytest.mark.parametrize(("code", "broken", "seen"), FAULTS, ids=[code for code, _, _ in FAULTS])
def test_one_fault(well: Site, code: str, broken: Broken, seen: str) -> None:
    """It is found alone, in its own words, with its remedy; only failures make the exit status 1."""
    with broken(well):
        status, answer = well.ask()
    wrong = [each for each in answer["findings"] if each["status"] in ("warning", "failure")]

    assert [code] == [each["code"] for each in wrong], wrong
    assert seen in wrong[0]["seen"]
    assert wrong[0]["remedy"]
    assert "{" not in wrong[0]["remedy"]
    assert wrong[0]["remedy"] not in wrong[0]["seen"]
    assert KINDS[code].status.value == wrong[0]["status"] == answer["status"]
    assert int(KINDS[code].status is Status.FAILURE) == status


def test_the_service_killed(well: Site) -> None:
    """What needs the service is not checked and says why; engine and hosts are looked at all the same."""
    well.service.kill()
    status, answer = well.ask()
    with_service = {"proxy socket", "engine endpoint", "proxy", "inventories", "orphans", "claims", LAST}

    assert 1 == status
    assert ["service-down"] == [each["code"] for each in answer["findings"] if each["code"]]
    assert with_service == {e["link"] for e in answer["findings"] if e["status"] == "cannot be told"}
    assert {"because service does not hold"} == {
        each["seen"] for each in answer["findings"] if each["status"] == "cannot be told"
    }


def test_an_engine_of_4_4(tmp_path: Path) -> None:
    """Requests are custom properties there, and all of it is well just the same."""
    with site(tmp_path, "4.4") as older:
        eventually(older.is_well)
        status, answer = older.ask()
    said = {each["link"]: each["seen"] for each in answer["findings"]}

    assert (0, "ok", 0) == (status, answer["status"], answer["counts"]["cannot be told"])
    assert "it answers, 4.4.10" == said["engine"]
    assert "mdev_type is defined; 1 VM with it" == said["VM property"]
    assert "1 VM with a request, none seen to be impossible" == said["requests"]


def test_an_engine_of_4_4_without_the_property(tmp_path: Path) -> None:
    """No VM there can ask for a device: found alone, with the command that defines it."""
    with site(tmp_path, "4.4") as older:
        eventually(older.is_well)
        older.engine.world.options["PredefinedVMProperties"] = {"4.4": "sap_agent=^(true|false)$"}
        status, answer = older.ask()

    (wrong,) = (each for each in answer["findings"] if each["code"])
    assert (1, "property-undefined") == (status, wrong["code"])
    assert "engine-config -s UserDefinedVMProperties='mdev_type=" in wrong["remedy"]


def test_all_is_well_through_the_proxy(tmp_path: Path) -> None:
    """The proxy holds the engine's port with our plugin: the closed engine endpoint is nothing to tell."""
    root = tmp_path / "root"
    plugin = machine.PLUGIN.read_text()
    with machine.proxy_running(root, plugin, machine.ALL_UNITS) as port, site(tmp_path, proxy_port=port) as proxied:
        status, answer = proxied.ask()
    said = {each["link"]: each for each in answer["findings"]}

    assert [] == [each for each in answer["findings"] if each["status"] != "ok"]
    assert 0 == status
    assert "ovirt-scheduler-proxy listens" in said["engine endpoint"]["seen"]
    assert "has this version's plugin" in said["proxy"]["seen"]
    assert "the engine endpoint is closed" in said["service's own word"]["seen"]
