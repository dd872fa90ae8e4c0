"""The commands as an administrator types them, with the real SDK over TLS against the simulated engine."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scheduler_plugins.cli.app import app
from scheduler_plugins.policy import runner
from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from simulation.engine.rest.faults import Kind
from simulation.engine.state import Policy
from simulation.vdsm.pki import Authority
from tests import golden
from tests.scheduler_plugins.cli.test_cli import NOWHERE, Ran, run
from tests.scheduler_plugins.policy.served import Served

pytestmark = pytest.mark.usefixtures("sdk")
GOLDEN = Path(__file__).parent / "golden"
ENABLE = ("enable", "--cluster", "gpu", "--filter", "--weight", "MdevConsolidate=3")
DISABLE = ("disable", "--cluster", "gpu")


def here(*words: str, typed: str = "", **environ: str) -> Ran:
    """The command in this process, which saves its start."""
    usual = {"COLUMNS": "80", "https_proxy": NOWHERE, "ALL_PROXY": NOWHERE}
    result = CliRunner().invoke(app, ["policy", *words], input=typed, env={**usual, **environ})
    assert isinstance(result.exception, SystemExit | None), result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def command(served: Served, *words: str, typed: str = "", **environ: str) -> Ran:
    """`mdev-scheduler policy` with the engine's configuration."""
    return here(*words, "--config", str(served.configured()), typed=typed, **environ)


def check(served: Served, name: str, *words: str) -> None:
    """It succeeds, and prints what the file holds."""
    ran = command(served, *words)

    assert (0, "") == (ran.status, ran.err)
    golden.check(GOLDEN / f"{name}.txt", ran.out)


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


@pytest.mark.parametrize(
    ("offered", "words"),
    [
        pytest.param([], "the engine knows no policy unit MdevFilter and MdevConsolidate: it learns", id="none"),
        pytest.param(["MdevFilter"], "the engine knows no policy unit MdevConsolidate", id="one"),
    ],
)
def test_units_that_the_engine_has_never_heard_of(tmp_path: Path, offered: list[str], words: str) -> None:
    """A no, with which service to look after and what to restart; nothing is changed."""
    served = Served(tmp_path)
    served.engine.units.table.clear()
    served.offer(offered)
    served.restart()
    ran = command(served, *ENABLE)
    status = command(served, "status").out
    served.rest.stop()

    assert (1, "") == (ran.status, ran.out)
    assert words in ran.err
    assert "restart the engine (systemctl restart ovirt-engine)" in ran.err
    assert [] == served.tokens.changes()
    assert re.search(r"MdevConsolidate +weight +unknown", status)


def test_units_that_the_engine_has_disabled(served: Served) -> None:
    """They were not offered when it started again; a cluster that is enabled shows it."""
    command(served, *ENABLE)
    count = len(served.tokens.changes())
    served.offer([])
    served.restart()
    ran = command(served, "enable", "--cluster", "office")
    status = command(served, "status").out

    assert (1, "") == (ran.status, ran.out)
    assert "the engine has disabled the policy unit MdevFilter: nobody offered it" in ran.err
    assert "mdev-scheduler" in ran.err
    assert count == len(served.tokens.changes())
    assert re.search(r"MdevFilter +filter +disabled", status)


def test_an_engine_that_dies_on_the_way(served: Served) -> None:
    """The command says how far it came; run again, it finishes, and what was begun is gone."""
    served.rest.faults.add(Kind.UNSAID, "/weights", method="POST", times=1)
    served.rest.faults.add(Kind.NOTHING, "/weights", method="POST")
    served.rest.faults.add(Kind.NOTHING, "/schedulingpolicies", method="DELETE")
    first = command(served, *ENABLE)
    left = command(served, "status").out
    served.rest.faults.clear()
    served.restart()
    second = command(served, *ENABLE)

    assert (3, "") == (first.status, first.out)
    assert "4 of 11 steps were taken: run the same command again" in first.err
    assert (
        "left over, no cluster has it: policy evenly_distributed-mdev-gpu; "
        "remove it with policy disable --cluster gpu\n"
    ) in left
    assert second.out.startswith("done: remove policy evenly_distributed-mdev-gpu\n")
    assert {"HA": 1, "OptimalForEvenDistribution": 2, "MdevConsolidate": 3} == served.of(served.gpu)["weights"]
    assert ["evenly_distributed", "evenly_distributed-mdev-gpu", "none"] == served.names()


def test_an_engine_that_rejects_a_unit(served: Served) -> None:
    """Its words, and nothing stays of the copy whose memory it has spoilt."""
    served.engine.policies.denied.add("MdevConsolidate")
    ran = command(served, *ENABLE)

    assert (3, "") == (ran.status, ran.out)
    assert "MdevConsolidate cannot be used as weight" in ran.err
    assert "what it rejected may show in its policies until it is restarted" in ran.err
    assert ["evenly_distributed", "none"] == served.names()


def test_a_user_who_may_only_look(served: Served) -> None:
    """Whom to ask as instead."""
    served.rest.faults.add(Kind.FORBIDDEN, "/schedulingpolicies", method="POST")
    ran = command(served, *ENABLE)

    assert (3, "") == (ran.status, ran.out)
    assert "policies are edited with --user of an administrator of the whole system (role SuperUser)" in ran.err
    assert 0 == command(served, "status").status


def test_another_user_with_a_password_file(served: Served, tmp_path: Path) -> None:
    """Which must be nobody else's to read; or with the password piped in."""
    served.tokens.user, served.tokens.password = "root@internal", "other"
    file = tmp_path / "root"
    file.write_text("other\n")
    words = ("status", "--user", "root@internal", "--password-file", str(file))
    loose = command(served, *words)
    file.chmod(0o600)

    assert (2, "") == (loose.status, loose.out)
    assert f"--password-file: [engine] password_file = '{file}': others may use the file" in loose.err
    assert 0 == command(served, *words).status
    assert 0 == command(served, *words[:3], typed="other\n").status


def test_a_wrong_password(served: Served) -> None:
    """The engine's word, and no traceback."""
    served.tokens.password = "changed"
    ran = command(served, "status")

    assert (3, "", 1) == (ran.status, ran.out, len(ran.err.splitlines()))
    assert "The username or password is incorrect" in ran.err
    assert "are user and password right" in ran.err


def test_an_engine_that_is_not_there(served: Served) -> None:
    """Where it was looked for."""
    folder = served.configured()
    served.rest.stop()
    ran = here("status", "--config", str(folder))

    assert (3, "", 1) == (ran.status, ran.out, len(ran.err.splitlines()))
    assert served.url in ran.err
    assert "is it up, and are [engine] url and ca_file right?" in ran.err


def test_the_engines_address_may_be_short(served: Served) -> None:
    """As the service takes it: without path, or with a slash at its end."""
    folder = served.configured()
    for url in (served.url.removesuffix("/ovirt-engine/api"), f"{served.url}/"):
        (folder / "60.conf").write_text(f"[engine]\nurl = {url}\n")
        assert 0 == here("status", "--config", str(folder)).status


def test_another_authority_is_not_trusted(served: Served, tmp_path: Path) -> None:
    """The engine's certificate is checked, always."""
    folder = served.configured()
    other = Authority(tmp_path / "other", "another CA").ca_file
    (folder / "60.conf").write_text(f"[engine]\nca_file = {other}\n")
    ran = here("status", "--config", str(folder))

    assert (3, "") == (ran.status, ran.out)
    assert "certificate" in ran.err
    assert "are [engine] url and ca_file right?" in ran.err
    assert 0 == served.rest.counts["POST sso/oauth/token"]


@pytest.mark.parametrize(
    ("words", "err"),
    [
        (("enable", "--cluster", "gpv"), "--cluster gpv: the engine has no such cluster; there are: gpu, office"),
        (("disable", "--cluster", "gpv"), "the engine has no such cluster"),
        (("enable", "--cluster", "gpu", "--weight", "MdevSpred=1"), "did you mean MdevSpread?"),
        (("enable",), "Missing option"),
        (("status", "--sdk-python", "/nowhere"), "no Python here has the engine's SDK (tried /nowhere)"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_asked_for(served: Served, words: tuple[str, ...], err: str) -> None:
    """Usage is status 2; the SDK's absence is status 3."""
    ran = command(served, *words)

    assert (3 if "--sdk-python" in words else 2, "") == (ran.status, ran.out)
    assert err in ran.err
    assert "Traceback" not in ran.err


def test_two_clusters_of_one_name(served: Served) -> None:
    """Cannot be told apart by it: ids are given."""
    other = served.engine.add_cluster("gpu")
    ran = command(served, *DISABLE)

    assert 2 == ran.status
    assert f"there are several of that name; give an id: {served.gpu.id}, {other.id}" in ran.err


def test_without_a_configuration(tmp_path: Path) -> None:
    """Nothing is asked of anybody."""
    ran = here("status", "--config", str(tmp_path))

    assert (2, "") == (ran.status, ran.out)
    assert "[engine] url" in ran.err


def test_a_python_may_be_named_in_the_environment(served: Served) -> None:
    """For who has the SDK elsewhere."""
    assert 3 == command(served, "status", **{runner.VARIABLE: "/nowhere/python"}).status
