"""The bounds on small cases."""

import json
from pathlib import Path

import pytest

from benchmarks.placement import small_bounds
from benchmarks.placement.judging import bound
from tests.benchmarks.placement.compiling import PATIENCE, alone
from tests.benchmarks.placement.conftest import Judge

pytestmark = pytest.mark.timeout(PATIENCE)


@pytest.fixture(scope="module", autouse=True)
def _compiled(judge: Judge) -> None:
    with alone("card-choice"), alone("draining"):
        small_bounds.bounded("uniform", 1)


def test_what_is_reached_is_below_both_bounds() -> None:
    """The integer bound is the tighter one, and nothing exceeds it."""
    found = small_bounds.bounded("uniform", 1)

    assert max(found[way] for way in small_bounds.REACHED) <= found["integral"] + 1e-6
    assert found["integral"] <= found["linear"] + 1e-6


def test_the_command_prints_a_line_for_each_mix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And writes the same for programs."""
    file = tmp_path / "bounds.json"

    assert 0 == small_bounds.main(["--seeds", "1", "--json", str(file)])

    assert ["mix", *small_bounds.MIXES] == [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert list(small_bounds.MIXES) == [row["mix"] for row in json.loads(file.read_text())["bounds"]]


def test_a_case_that_is_not_solved_ends_with_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No mean is made of the cases that were."""
    monkeypatch.setattr(bound.integral, "__defaults__", (1e-9,))

    assert 3 == small_bounds.main(["--seeds", "1"])
    assert "120 VMs not solved within 1e-09 s" in capsys.readouterr().err
