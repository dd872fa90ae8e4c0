"""What people and programs are shown."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from scheduler_plugins.cli import doctor, output
from scheduler_plugins.doctor.chain import diagnose
from scheduler_plugins.doctor.facts import Facts, Service, StateFolder
from tests import golden
from tests.scheduler_plugins.cli.running import run
from tests.scheduler_plugins.doctor.well import WELL, engine, gpu, machine

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = replace(WELL.hosts[0].host, name="gpu\x1b[31m")
BROKEN = replace(
    gpu(host=HOSTILE, code="connect", error="host gpu\x1b[31m: VDSM refuses", inventory=None),
    service=Service(error="http://127.0.0.1:18782 does not answer: Connection refused"),
    machine=machine(state=StateFolder(exists=True, mode=0o750, owner=990, free=2**27)).machine,
    engine=engine(permissions=None, denied={"permissions": "GET /api: no"}).engine,
)
SHOWN = {"well": WELL, "broken": BROKEN}


@pytest.mark.parametrize("name", SHOWN)
def test_the_table(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each finding, its remedy below it, one line about all; no control character gets through."""
    findings = diagnose(SHOWN[name])
    output.findings(findings, doctor.summary(findings))
    printed = capsys.readouterr().out

    golden.check(GOLDEN / f"{name}.txt", printed)
    assert "\x1b" not in printed


@pytest.mark.parametrize("name", SHOWN)
def test_the_json(name: str) -> None:
    """The same for programs: members are always there, null where they have no value."""
    document = doctor.document(diagnose(SHOWN[name]), "1.0.0")

    golden.check(GOLDEN / f"{name}.json", json.dumps(document, indent=2) + "\n")


def test_a_finding_in_json_has_all_members() -> None:
    """Programs need not ask whether one is there."""
    members = {"link", "status", "code", "about", "seen", "remedy"}
    document = doctor.document(diagnose(Facts(service=Service(error="not asked"))))

    assert isinstance(document["findings"], list)
    assert [members] == [m for m in {frozenset(each) for each in document["findings"]} if m == members]


def test_without_any_configuration(tmp_path: Path) -> None:
    """The command says so and ends with 1: nothing else can be looked at."""
    ran = run("doctor", "--config", str(tmp_path))

    assert (1, "") == (ran.status, ran.err)
    assert "configuration" in ran.out
    assert "[engine] url" in ran.out
    assert "it must be set" in ran.out
    assert ran.out.endswith("1 failure, 28 cannot be told\n")
    assert "Traceback" not in ran.out


@pytest.mark.parametrize("words", [("--least-free", "0"), ("--root", "/nowhere"), ("--colour",)])
def test_wrong_usage(words: tuple[str, ...]) -> None:
    """Status 2, with nothing on standard output."""
    ran = run("doctor", *words)

    assert (2, "") == (ran.status, ran.out)
