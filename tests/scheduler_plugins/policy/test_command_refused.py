"""What the command `policy` says where it cannot do what was asked."""

import re
from pathlib import Path

import pytest

from scheduler_plugins.policy import runner
from simulation.engine.rest.faults import Kind
from simulation.vdsm.pki import Authority
from tests.scheduler_plugins.policy.commands import DISABLE, ENABLE, command, here
from tests.scheduler_plugins.policy.served import Served

pytestmark = pytest.mark.usefixtures("sdk")


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
    assert f"mdev-scheduler: --password-file '{file}': others may use the file (mode 0644)" in loose.err
    assert "[engine]" not in loose.err
    assert 0 == command(served, *words).status
    assert 0 == command(served, *words[:3], typed="other\n").status


def test_a_wrong_password(served: Served) -> None:
    """The engine's word, and no traceback."""
    served.tokens.password = "changed"
    ran = command(served, "status")

    assert (3, "", 1) == (ran.status, ran.out, len(ran.err.splitlines()))
    assert "The username or password is incorrect" in ran.err
    assert "ovirt-aaa-jdbc-tool user show" in ran.err


def test_an_engine_that_is_not_there(served: Served) -> None:
    """Where it was looked for."""
    folder = served.configured()
    served.rest.stop()
    ran = here("status", "--config", str(folder))

    assert (3, "", 1) == (ran.status, ran.out, len(ran.err.splitlines()))
    assert served.url in ran.err
    assert "`mdev-scheduler doctor` tells why" in ran.err


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
    assert "`mdev-scheduler doctor` tells why" in ran.err
    assert 0 == served.rest.counts["POST sso/oauth/token"]


@pytest.mark.parametrize(
    ("words", "err"),
    [
        (("enable", "--cluster", "gpv"), "--cluster 'gpv': the engine has no such cluster; there are: gpu, office"),
        (("enable", "--cluster", ""), "--cluster '': the engine has no such cluster; there are: gpu, office"),
        (("status", "--password-file", "/nowhere/x"), "--password-file '/nowhere/x': the file cannot be read: No such"),
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
