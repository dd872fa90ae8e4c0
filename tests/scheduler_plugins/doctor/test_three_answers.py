"""Every link has three answers: what nobody tells is neither well nor wrong, and `ok` means that all was looked at."""

from dataclasses import replace

import pytest

from mdev_inventory.tls import remedies
from mdev_inventory.tls.causes import Cause
from scheduler_plugins.cli import doctor
from scheduler_plugins.doctor.chain import diagnose
from scheduler_plugins.doctor.facts import Facts, ServiceHost
from scheduler_plugins.doctor.findings import Status, worst
from tests.scheduler_plugins.doctor.well import (
    CLUSTER,
    GPU,
    PLAIN,
    POLICY,
    TYPE,
    WELL,
    engine,
    gpu,
    machine,
    said,
    service,
    vm,
)

DOWN = replace(GPU, id="h-3", name="unseen", status="non_responsive")
OLDER = engine(
    version=(4, 4, 10),
    clusters=(replace(CLUSTER, level="4.4"),),
    predefined={"4.4": "sap_agent=.*"},
    user_defined={"4.4": ""},
)
NO_DEVICES = replace(WELL, hosts=(replace(WELL.hosts[1], host=GPU), WELL.hosts[1]))


NO_FILTER = engine(policies={POLICY.id: replace(POLICY, filters=())})


def with_host(facts: Facts, vms: bool = False) -> Facts:
    """One more host, of which nothing is known; without VMs that ask for anything."""
    return engine(facts, hosts=(GPU, PLAIN, DOWN), vms=(vm("desk", "nvidia-9"),) if vms else ())


UNTOLD: dict[str, tuple[Facts, str, str]] = {
    "our permissions": (engine(permissions=None, denied={"permissions": "404"}), "right to add events", "404"),
    "the units, whether one is enabled": (engine(units=None, denied={"units": "403"}), "external scheduling", "403"),
    "the units, ours": (engine(units=None, denied={"units": "403"}), "units", "403"),
    "the units, in policies": (engine(units=None, denied={"units": "403"}), "policies", "403"),
    "the clusters": (engine(clusters=None, denied={"clusters": "403"}), "policies", "403"),
    "the policies": (engine(policies={}, denied={"policies": "403"}), "policies", "403"),
    "the engine's version": (engine(version=None), "engine", "does not tell its version"),
    "whether the engine needs a property": (engine(version=(0, 0, 0)), "VM property", "does not tell its version"),
    "the properties": (
        engine(version=(4, 4, 10), denied={"PredefinedVMProperties": "404"}),
        "VM property",
        "404; engine-config -g PredefinedVMProperties",
    ),
    "the properties of a level": (
        replace(OLDER, engine=replace(OLDER.engine, predefined={"4.3": ""}, user_defined={})),
        "VM property",
        "of level 4.4",
    ),
    "whether a cluster needs the property": (
        with_host(replace(NO_DEVICES, engine=OLDER.engine)),
        "VM property",
        "what these hosts have: unseen",
    ),
    "whether a cluster needs the filter": (
        with_host(replace(NO_DEVICES, engine=NO_FILTER.engine)),
        "policies",
        "what these hosts have: unseen",
    ),
    "whether a host could start a VM": (with_host(WELL, vms=True), "requests", "may start them: desk"),
    "the engine's copies": (engine(devices={}, denied={"devices": "403"}), "engine's view", "403"),
    "hosts, as there are none to be asked": (replace(WELL, hosts=()), "VDSM", "no host could be asked"),
    "hooks likewise": (replace(WELL, hosts=()), "hook", "no host could be asked"),
    "a host that is not up and silent": (
        gpu(host=replace(GPU, status="non_responsive"), code="connect", error="host gpu: refused", inventory=None),
        "VDSM",
        "it is non_responsive, and does not answer: host gpu: refused",
    ),
    "the end of our certificate": (machine(own_days=None), "own certificate", "no date in it"),
    "the end of a host's certificate": (gpu(days=None), "host certificates", "host gpu shows no date"),
    "whose instances are": (
        service(hosts={GPU.id: ServiceHost(12.0, orphans=None, devices=True)}),
        "orphans",
        "on these hosts, or whose they are: gpu",
    ),
    "the port of the engine's questions": (
        machine(config=replace(WELL.config, service=replace(WELL.config.service, xmlrpc_port=0))),
        "engine endpoint",
        "any free port",
    ),
}


@pytest.mark.parametrize(("facts", "link", "because"), UNTOLD.values(), ids=UNTOLD.keys())
def test_what_nobody_tells(facts: Facts, link: str, because: str) -> None:
    """It is not well, nothing is called wrong for it, the reason stands there, and the whole is not well either."""
    findings = diagnose(facts)
    about = [each for each in findings if each.link == link]

    assert Status.UNTOLD in [each.status for each in about]
    assert because in next(each.seen for each in about if each.status is Status.UNTOLD)
    assert [] == [each.code for each in about if each.code]
    assert Status.OK is not worst(findings)
    assert not doctor.complete(findings)


@pytest.mark.parametrize("cause", [*Cause])
@pytest.mark.parametrize("status", ["up", "non_responsive", "maintenance", "connecting"])
def test_why_a_host_cannot_be_asked_is_told_whatever_the_engine_thinks(cause: Cause, status: str) -> None:
    """All hosts of a site are down for one reason: it is named for each, with its remedy."""
    hosts = tuple(
        replace(seen, host=replace(seen.host, status=status), code=str(cause), error=f"host {seen.host.name}: so it is")
        for seen in WELL.hosts
    )
    facts = replace(WELL, hosts=hosts, engine=replace(WELL.engine, hosts=tuple(seen.host for seen in hosts)))
    found = [each for each in diagnose(facts) if each.code]

    assert ["gpu", "plain"] == [each.about for each in found]
    assert {remedies.HOST[cause]} == {each.remedy for each in found}
    assert Status.FAILURE is worst(diagnose(facts))


@pytest.mark.parametrize("broken", ["the engine", "credential files", "not asked"])
def test_what_the_service_heard_last_is_told(broken: str) -> None:
    """Also where nobody can be asked now; without its remedy, which stands beside it."""
    text = (
        f"host gpu: VDSM at gpu: its certificate has ended; {remedies.HOST[Cause.ENDED]}; nor can the engine be asked"
    )
    known = {GPU.id: ServiceHost(None, text, code="certificate-ended", name="gpu")}
    facts = replace(service(hosts=known), hosts=())
    if broken == "the engine":
        facts = engine(facts, code="certificate-ended", error="its certificate has ended", hosts=None)
    if broken == "credential files":
        facts = machine(facts, file_error="the key is missing")
    (found,) = [each for each in diagnose(facts) if each.code == "certificate-ended"]

    assert "gpu" == found.about
    assert found.seen.endswith("its certificate has ended; nor can the engine be asked")
    assert remedies.HOST[Cause.ENDED] == found.remedy


def test_a_host_out_of_service_is_left_out() -> None:
    """One in maintenance may be switched off; it is named."""
    off = replace(WELL.hosts[1], host=replace(PLAIN, status="maintenance"), code="connect", error="host plain: no")
    facts = replace(WELL, hosts=(WELL.hosts[0], off), engine=replace(WELL.engine, vms=()))
    (vdsm,) = said(facts, "VDSM")

    assert (Status.OK, "1 of 2 hosts answer; left out: plain (maintenance)") == (vdsm.status, vdsm.seen)


@pytest.mark.parametrize(
    ("facts", "status"),
    [(WELL, 0), (gpu(clock_off=3600.0), 0), (engine(permissions=None), 3), (gpu(code="connect", error="no"), 1)],
    ids=["all is well", "a warning", "something is not known", "a failure"],
)
def test_the_exit_status(facts: Facts, status: int) -> None:
    """0 means that everything was looked at and nothing fails."""
    assert status == doctor.status(diagnose(facts))


def test_a_request_that_a_known_host_may_fulfil() -> None:
    """It needs no word about hosts that are not known."""
    facts = engine(hosts=(GPU, PLAIN, DOWN), vms=(vm("desk", TYPE),))

    assert [Status.OK] == [each.status for each in said(facts, "requests")]
