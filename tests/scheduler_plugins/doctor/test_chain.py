"""The chain: what hangs on a link that does not hold, and that no link is left out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler_plugins.doctor.catalogue import KINDS
from scheduler_plugins.doctor.chain import CHAIN, LAST, diagnose
from scheduler_plugins.doctor.facts import Facts
from scheduler_plugins.doctor.findings import Status
from tests.scheduler_plugins.doctor.well import WELL, engine, gpu, machine, permissions, proxied, said, service

SERVICE = {"service", "proxy socket", "engine endpoint", "proxy", "orphans", "claims", LAST}
"""What is said of the service without the engine."""


def test_every_link_has_its_place() -> None:
    """Each finding belongs to a link of the chain, and needs name links that come before."""
    names = [link.name for link in CHAIN]

    assert {kind.link for kind in KINDS.values()} <= {*names, LAST}
    for number, link in enumerate(CHAIN):
        assert set(link.needs) <= set(names[:number])


@pytest.mark.parametrize(
    ("facts", "root", "checked"),
    [
        (Facts(), "configuration", {"configuration"}),
        (machine(file_error="the key is missing"), "credential files", SERVICE | {"state directory", "disk"}),
        (engine(code="auth", error="refused"), "credentials", SERVICE | {"own certificate", "engine"}),
    ],
    ids=["no configuration", "no key", "no password"],
)
def test_what_hangs_on_a_broken_link(facts: Facts, root: str, checked: set[str]) -> None:
    """It is not checked because of the first link that does not hold, and no second failure."""
    if not facts.machine.config:
        facts = machine(facts, config_error="no engine is named")
        facts = replace(facts, service=replace(facts.service, error="not asked"))
    findings = diagnose(facts)
    skipped = [each for each in findings if each.status is Status.UNTOLD]

    assert [root] == [each.link for each in findings if each.status is Status.FAILURE]
    assert checked <= {each.link for each in findings} - {each.link for each in skipped} | {LAST}
    assert all(each.seen == f"because {root} does not hold" for each in skipped if each.link != LAST)


def test_one_dead_host_among_many() -> None:
    """It is the one row that is wrong; the others are looked at all the same."""
    facts = gpu(code="connect", error="host gpu: refused", inventory=None)
    findings = diagnose(facts)

    assert ["vdsm-unreachable"] == [each.code for each in findings if each.code]
    assert "1 of 2 hosts answer" in said(facts, "VDSM")[1].seen
    assert Status.OK is said(facts, "hook")[0].status


@pytest.mark.parametrize(
    ("reason", "facts"),
    [
        ("the engine endpoint is closed: held by the proxy", proxied()),
        ("portal events: forbidden", permissions("manipulate_host")),
        ("1 of 2 hosts that are up could not be asked as they should: gpu", gpu(code="tls", error="refused")),
    ],
    ids=["engine endpoint", "portal", "hosts"],
)
def test_what_the_service_says_is_not_said_twice(reason: str, facts: Facts) -> None:
    """Where another link shows why, its own word stands beside it."""
    own = said(service(facts, reasons=(reason,)), LAST)[0]

    assert Status.OK is own.status
    assert reason in own.seen


@given(
    st.builds(
        Facts,
        machine=st.sampled_from([WELL.machine, Facts().machine, proxied().machine]),
        service=st.sampled_from([WELL.service, Facts().service, proxied().service]),
        engine=st.sampled_from([WELL.engine, Facts().engine, engine(code="tls").engine]),
        hosts=st.lists(st.sampled_from([*WELL.hosts, *gpu(code="tls").hosts, *gpu(inventory=None).hosts])).map(tuple),
        version=st.sampled_from(["", "1.0.0"]),
    )
)
def test_whatever_is_known_every_link_is_spoken_of(facts: Facts) -> None:
    """No combination of facts leaves a link out or ends in an error, and the order is always the same."""
    links = list(dict.fromkeys(each.link for each in diagnose(facts)))
    expected = [link.name for link in CHAIN] + [LAST]

    assert expected == [link for link in expected if link in links]
    assert [each for each in links if each in expected] == links
