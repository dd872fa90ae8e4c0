"""The commands as an administrator types them, with the real SDK over TLS against the simulated engine."""

import pytest

from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from simulation.engine.state import Policy
from tests import golden
from tests.scheduler_plugins.cli.running import run
from tests.scheduler_plugins.policy.commands import DISABLE, ENABLE, GOLDEN, check, command
from tests.scheduler_plugins.policy.served import Served

pytestmark = pytest.mark.usefixtures("sdk")


def test_a_life_with_our_units(served: Served) -> None:
    """Looked at, tried, enabled, again, another cluster, changed, and back."""
    check(served, "status-before", "status")
    check(served, "dry-run", *ENABLE, "--dry-run")
    assert ["evenly_distributed", "none"] == served.names()
    assert [] == served.tokens.changes()

    check(served, "enable", *ENABLE)
    count = len(served.tokens.changes())
    check(served, "enable-again", *ENABLE)
    assert count == len(served.tokens.changes())

    wishes = ("--weight", "MdevReserve=5", "--property", "MdevReserveTypes=nvidia-231")
    check(served, "enable-office", "enable", "--cluster", served.office.id, "--filter", *wishes)
    check(served, "enable-change", "enable", "--cluster", "gpu", "--weight", "MdevConsolidate=5")
    check(served, "status-enabled", "status")
    assert {"MdevReserveTypes": "nvidia-231"} == served.office.properties

    check(served, "disable", *DISABLE)
    check(served, "disable-again", *DISABLE)
    assert "evenly_distributed" == served.of(served.gpu)["name"]
    assert ["evenly_distributed", "none", "none-mdev-office"] == served.names()


def test_back_to_a_policy_made_by_hand(served: Served) -> None:
    """Done is done, also where that has our units; a note says so."""
    made = served.engine.add_cluster("made", Policy(("MdevFilter",), (("MdevConsolidate", 1),)))

    assert 0 == command(served, "enable", "--cluster", "made", "--weight", "MdevSpread=1").status
    ran = command(served, "disable", "--cluster", "made")

    assert (0, "") == (ran.status, ran.err)
    assert "done: cluster made: use made_units" in ran.out
    assert "note: policy made_units, as cluster made had it before, has MdevFilter" in ran.out
    assert "made_units" == served.of(made)["name"]


def test_as_a_process_of_its_own(served: Served) -> None:
    """The same, from the command line."""
    ran = run("policy", "status", "--config", str(served.configured()))

    assert (0, "") == (ran.status, ran.err)
    golden.check(GOLDEN / "status-before.txt", ran.out)


def test_for_programs(served: Served) -> None:
    """The same as JSON."""
    enabled = command(served, *ENABLE, "--json").json
    shown = command(served, "status", "--json").json

    assert ("gpu", "evenly_distributed-mdev-gpu", True, False) == (
        enabled["cluster"],
        enabled["policy"],
        enabled["changed"],
        enabled["dry_run"],
    )
    assert 11 == len(enabled["steps"])
    assert {
        "id": served.gpu.id,
        "name": "gpu",
        "policy": "evenly_distributed-mdev-gpu",
        "locked": False,
        "copy_of": "evenly_distributed",
        "units": [{"kind": "filter", "name": "MdevFilter"}, {"kind": "weight", "name": "MdevConsolidate", "factor": 3}],
        "properties": {},
    } == shown["clusters"][0]
    assert {*FILTERS, *WEIGHTS} == {unit["name"] for unit in shown["units"]}
    assert {"enabled"} == {unit["engine"] for unit in shown["units"]}
    assert not command(served, *ENABLE, "--json").json["changed"]
