"""Each cause of a failed handshake, for hosts and for the engine: its code, its words, its remedy, on every Python."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from mdev_inventory.tls import remedies
from mdev_inventory.tls.causes import Cause
from tests.mdev_inventory.tls.table import CASES, PLAIN, Said, run

ROOT = Path(__file__).parent.parent.parent.parent
Table = Mapping[str, Mapping[str, Said]]
EXPECTED: Mapping[str, tuple[str, str]] = {
    "ended": ("certificate-ended", "its certificate has ended, on 20"),
    "the authority's ended": ("certificate-authority-ended", "of the authority that signed its own has ended: 'root'"),
    "not yet valid": ("certificate-not-yet-valid", "not yet valid, only from 20"),
    "another name": ("certificate-other-name", "is not for 'localhost' but for 'other.example'"),
    "another address": ("certificate-other-name", "is not for '127.0.0.1' but for '192.0.2.1'"),
    "no names, asked by address": ("certificate-without-names", "no subjectAltName, only the common name '127.0.0.1'"),
    "no names, asked by name": ("certificate-without-names", "no subjectAltName, only the common name 'localhost'"),
    "another authority": ("certificate-unknown-authority", "/ca.pem': 'root' ("),
    "an authority of the same name": ("certificate-unknown-authority", "of an authority that is not in the CA file"),
    "an authority of the same name, keys not told apart": (
        "certificate-unknown-authority",
        "of an authority that is not in the CA file",
    ),
    "for clients only": ("certificate-unfit", "is not fit for a server"),
    PLAIN: ("no-tls", "speaks no TLS"),
    **dict.fromkeys(
        (
            "well",
            "an authority without key usage",
            "without authority key identifier",
            "only the issuing authority in the CA file",
        ),
        ("", ""),
    ),
}
"""By case: the code that both clients give and words that both say; empty where both accept."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """What is said under the Python that runs the tests."""
    return run(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def elsewhere(newer_interpreter: Path, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """What is said under a later Python, with the product's packages for it."""
    packages = tmp_path_factory.mktemp("packages")
    lock = (ROOT / "deploy/bundle/requirements.txt").read_text()
    (packages / "pins").write_text("\n".join(re.findall(r"^\S+==\S+", lock, re.M)))
    wanted = ["--only-binary=:all:", f"--constraint={packages / 'pins'}", "cryptography", "requests"]
    pip = [str(newer_interpreter), "-m", "pip", "--quiet", "install", f"--target={packages}", *wanted]
    if subprocess.run(pip, capture_output=True, check=False, timeout=100).returncode:
        pytest.skip(f"the product's packages are not to be had for {newer_interpreter}")
    ask = [str(newer_interpreter), "-m", "tests.mdev_inventory.tls.table", str(packages / "run")]
    path = os.pathsep.join([str(ROOT), str(packages)])
    told = subprocess.run(ask, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, check=True)
    found: Table = json.loads(told.stdout)
    return found


def right(table: Table, case: str) -> None:
    """Both clients say what is expected of them, and end with the remedy that the one table has."""
    code, words = EXPECTED[case]
    for who, remedy in (("host", remedies.HOST), ("engine", remedies.ENGINE)):
        said, text = table[case][who]

        assert (code, code != "") == (said, text != ""), who
        assert words in text, who
        assert not code or text.endswith(f"; {remedy[code]}"), who
        assert 1 == text.count(remedy[code]) if code else True, who


@pytest.mark.parametrize("case", EXPECTED)
def test_both_clients_name_the_cause(here: Table, case: str) -> None:
    """The same for hosts and engine: what one accepts the other accepts; each cause has its own name and remedy."""
    right(here, case)


@pytest.mark.timeout(180)
def test_on_every_python(elsewhere: Table) -> None:
    """What `ssl` has as its defaults (strict ones from 3.13 on) changes nothing."""
    for case in EXPECTED:
        right(elsewhere, case)


def test_every_case_is_expected() -> None:
    """And every cause has a case, but for the other side's refusal, which has tests of its own (`test_rpc`)."""
    assert {*CASES, PLAIN} == set(EXPECTED)
    assert {*Cause} - {Cause.TLS} == {code for code, _ in EXPECTED.values() if code}


@pytest.mark.parametrize("table", [remedies.HOST, remedies.ENGINE], ids=["hosts", "engine"])
def test_every_cause_has_a_remedy_of_its_own(table: Mapping[str, str]) -> None:
    """No two causes have one remedy, and each is one line."""
    found = [table[cause] for cause in Cause]

    assert len(found) == len(set(found))
    assert not any("\n" in remedy or "  " in remedy for remedy in table.values())
