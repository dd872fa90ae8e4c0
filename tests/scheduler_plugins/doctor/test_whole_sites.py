"""A whole installation in which one thing holds for everybody: no host is up, or our user may see little."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mdev_inventory.tls import remedies
from simulation.engine.rest.faults import Kind
from tests.scheduler_plugins.doctor.faults import changed, engine
from tests.scheduler_plugins.doctor.site import Site, eventually, site

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation for all."""
    with site(tmp_path_factory.mktemp("site")) as running:
        eventually(running.is_well)
        yield running


def test_what_our_user_may_not_see(running: Site) -> None:
    """The units are neither missing nor there: that cannot be told, and why; the exit status says so."""
    with engine.api(Kind.FORBIDDEN, "/api/schedulingpolicyunits")(running):
        status, answer = running.ask()
    untold = {each["link"]: each["seen"] for each in answer["findings"] if each["status"] == "cannot be told"}

    assert (3, "cannot be told", False) == (status, answer["status"], answer["complete"])
    assert {"external scheduling", "units", "policies"} == untold.keys()
    assert all("lacks the right" in seen for seen in untold.values())
    assert [] == [each for each in answer["findings"] if each["code"]]


def test_every_certificate_has_ended(running: Site) -> None:
    """The engine shows every host as not responsive; doctor names the cause for each, with its remedy."""
    ended = running.center.vdsm_tls(-2)
    with ExitStack() as broken:
        for vdsm in running.center.vdsms.values():
            broken.enter_context(changed(vdsm, tls=ended))
        for host in running.engine.hosts.values():
            broken.enter_context(changed(host, status="non_responsive"))
        status, answer = running.ask()
    found = [each for each in answer["findings"] if each["code"] == "certificate-ended"]

    assert (1, "failure") == (status, answer["status"])
    assert ["gpu", "plain"] == sorted(each["about"] for each in found)
    assert {remedies.HOST["certificate-ended"]} == {each["remedy"] for each in found}
    assert not [each for each in answer["findings"] if "all is well" in each["seen"]]
