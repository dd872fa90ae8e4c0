"""Wrong and old knowledge, as it is made."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.placement import troubles
from benchmarks.placement.judging.run import MEAN_S
from benchmarks.placement.replaying.state import EMPTY
from benchmarks.placement.workload import fleets
from benchmarks.placement.workload.demand import Case, demand_of, mix_of
from tests.benchmarks.placement.compiling import PATIENCE
from tests.benchmarks.placement.conftest import Judge

pytestmark = pytest.mark.timeout(PATIENCE)
CASE = Case("16x4", "uniform", 0.95, 0.1, "exp")


def test_a_wrong_mix_is_wrong_by_30_per_cent() -> None:
    """Each share too high or too low by as much, and all together still everything."""
    told = troubles.wrong_mix(np.full(5, 0.2), np.random.default_rng(1))

    assert np.isclose(1.0, told.sum())
    assert np.isclose(1.3 / 0.7, told.max() / told.min())


def test_bursts_come_within_their_minute() -> None:
    """Twenty after one another, in order, and everybody stays as long as before."""
    before = demand_of(CASE, fleets.fleet("16x4"), 200, 1)
    after = troubles.in_bursts(before)

    assert np.allclose(after.ends - after.when, before.ends - before.when)
    assert (np.diff(after.when) >= 0).all()
    within = (after.when[19::20] - after.when[::20]) * MEAN_S
    assert (within <= troubles.AGE_S).all()
    assert sorted(after.leaving) == list(range(200))
    assert (np.diff(after.ends[after.leaving]) >= 0).all()


def test_orphans_are_one_in_twenty() -> None:
    """Of the instances that would run on average: 0.95 of 64 cards, 0.3875 of a card each."""
    fleet = fleets.fleet("16x4")
    with_orphans = troubles.orphaned(fleet, mix_of(fleet, "uniform"), CASE, np.random.default_rng(1))

    assert round(0.05 * 0.95 * 64 / 0.3875) == (with_orphans.orphans != EMPTY).sum()
    assert (fleet.orphans == EMPTY).all()


def test_every_trouble_changes_what_is_let_in(judge: Judge) -> None:
    """Each rule has a figure under each; packing knows no mix, so a wrong one leaves it alone."""
    del judge
    found = {name: troubles.work(troubles.Job(CASE, name, 1, 400)) for name in troubles.TROUBLES}

    assert found["none"][0] == found["mix"][0]
    assert found["none"] != found["old"]
    assert found["none"][0] > found["orphans"][0]
    assert all(0 < gpu <= 100 for outcomes in found.values() for gpu, _ in outcomes)
    assert [0.0] * len(troubles.RULES) == [failed for _, failed in found["orphans"]]


def test_the_command_compares_to_packing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each trouble and rule, and the same for programs."""
    file = tmp_path / "troubles.json"

    assert 0 == troubles.main(["--seeds", "1", "--arrivals", "80", "--workers", "1", "--json", str(file)])

    rows = json.loads(file.read_text())["troubles"]
    assert len(troubles.TROUBLES) * len(troubles.RULES) == len(rows)
    assert len(rows) == len(capsys.readouterr().out.splitlines())
    assert {0.0} == {row["difference"] for row in rows if row["policy"] == "packing"}
