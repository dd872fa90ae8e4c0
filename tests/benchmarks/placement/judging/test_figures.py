"""Demand, fleets, statistics and reports of the judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.placement import __main__ as command
from benchmarks.placement.judging.report import Results, document
from benchmarks.placement.judging.statistics import estimate, holm
from benchmarks.placement.workload import fleets
from benchmarks.placement.workload.demand import LIFETIMES, MIXES, Case, demand_of, mix_of
from benchmarks.placement.workload.grids import GRIDS, TUNING_SEEDS

EXP = Case("16x4", "uniform", 0.95, 0.1, "exp")


@pytest.mark.parametrize("lifetimes", [name for name in LIFETIMES if name != "vdi"])
def test_the_load_is_the_demand_over_the_cards(lifetimes: str) -> None:
    """What is asked for, times how long, over time and cards, is the load of the case."""
    case = Case("16x4", "bimodal", 0.95, 0.1, lifetimes)
    fleet = fleets.fleet(case.fleet)
    demand = demand_of(case, fleet, 100_000, 1)
    size = demand.count / fleet.places[0][demand.kind]
    busy = float((size * (demand.ends - demand.when)).sum())

    assert pytest.approx(0.95, rel=0.08) == busy / (demand.when[-1] * fleet.model.size)


def test_the_day_curve_fills_the_fleet_at_noon() -> None:
    """At noon of a late day the desktops there ask for the load of the case, at night for what persists."""
    case = Case("16x4", "uniform", 1.1, 0.0, "vdi")
    fleet = fleets.fleet(case.fleet)
    demand = demand_of(case, fleet, 10_000, 1)

    def asked(now: float) -> float:
        there = (demand.when <= now) & (demand.ends > now)
        return float((1.0 / fleet.places[0][demand.kind[there]]).sum()) / fleet.model.size

    assert pytest.approx(1.1, rel=0.15) == np.mean([asked(day + 0.5) for day in range(30, 60)])
    assert pytest.approx(1.1 * 0.45 / 1.36, rel=0.3) == np.mean([asked(day + 0.1) for day in range(30, 60)])


@pytest.mark.parametrize("name", fleets.FLEETS)
@pytest.mark.parametrize("mix", MIXES)
def test_every_mix_is_shared_out_among_the_types_of_every_fleet(name: str, mix: str) -> None:
    """Shares add up to one, and each type of each model gets some."""
    shares = mix_of(fleets.fleet(name), mix)

    assert pytest.approx(1.0) == shares.sum()
    assert (shares > 0).all()


def test_real_tables_are_those_of_the_devices() -> None:
    """A T4 is the ladder, an A40 has ten sizes; a host without cards is a host."""
    assert (16, 8, 4, 2, 1) == fleets.places("tesla-t4") == fleets.places("a16")
    assert (32, 24, 16, 12, 8, 6, 4, 3, 2, 1) == fleets.places("a40")
    assert 27 == fleets.fleet("t4-a40-a16").first.size - 1


def test_the_seed_makes_the_demand() -> None:
    """The same seed gives the same VMs, another seed others."""
    fleet = fleets.fleet(EXP.fleet)
    first, again, other = (demand_of(EXP, fleet, 100, seed) for seed in (1, 1, 2))

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.when, other.when)


def test_tuning_seeds_are_reported_nowhere() -> None:
    """What parameters were fitted on is not what they are judged by."""
    for name, grid in GRIDS.items():
        assert name == "tune" or not set(grid.seeds) & set(TUNING_SEEDS)
        assert len(grid.seeds) >= 20 or name == "tune"
    assert 90 == len(GRIDS["frozen"].cases)
    assert 108 == len(GRIDS["families"].cases)


def test_an_estimate_is_students() -> None:
    """Mean, 95 % interval and p-value of four values, as in any table of t."""
    found = estimate(np.array([1.0, 2.0, 3.0, 4.0]))

    assert pytest.approx(2.5) == found.mean
    assert pytest.approx((0.4457, 4.5543), abs=1e-3) == (found.low, found.high)
    assert pytest.approx(0.0305, abs=1e-3) == found.p


def test_holm_corrects_the_smallest_most() -> None:
    """The smallest p-value is multiplied by their number, the next by one less, and none falls below it."""
    assert pytest.approx([0.03, 0.06, 0.06]) == holm([0.01, 0.04, 0.03])


def test_a_report_names_the_worst_case_and_counts_wins() -> None:
    """Two cases: one clear win, one loss within the noise."""
    cases = [EXP, Case("6x8", "uniform", 0.95, 0.0, "exp")]
    base = [[90.0, 95.0, 80.0, 1.0, 0.0, 5.0]] * 4
    figures = {(case.name, "packing"): base for case in cases}
    figures[cases[0].name, "fragmentation"] = [[90.5 + n / 100, *base[0][1:]] for n in range(4)]
    figures[cases[1].name, "fragmentation"] = [[90.0 + n, *base[0][1:]] for n in (-1, 1, -1, 0.5)]

    report = document(Results(cases, ["packing", "fragmentation"], figures), "packing")

    whole = next(row for row in report["groups"] if row["policy"] == "fragmentation" and row["by"] == "all")
    assert (1, 0, 1, 0) == (whole["wins"], whole["losses"], whole["holm_wins"], whole["holm_losses"])
    assert (cases[1].name, -0.125) == (whole["worst_case"], whole["worst"])
    assert ["packing"] == [row["against"] for row in report["duels"]]


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("judge")
def test_the_command_writes_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table for people, JSON for programs, every rule and case in both."""
    target = tmp_path / "figures.json"
    options = ["--seeds", "2", "--arrivals", "60", "--policies", "fragmentation", "--workers", "1"]

    assert 0 == command.main([*options, "--json", str(target)])
    report = json.loads(target.read_text())
    assert 48 * 2 == len(report["runs"])
    assert {2} == {len(run["gpu"]) for run in report["runs"]}
    assert "fragmentation against" in capsys.readouterr().out


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("judge")
def test_a_full_run_writes_each_reported_grid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each grid has a file of its own, and progress is told on standard error."""
    options = ["--full", "--seeds", "1", "--arrivals", "8", "--policies", "packing", "--workers", "1"]

    assert 0 == command.main([*options, "--json", str(tmp_path / "all.json")])
    assert {f"all-{name}.json" for name in command.FULL} == {path.name for path in tmp_path.iterdir()}
    assert "frozen: 90 of 90 replayed" in capsys.readouterr().err


def test_an_unknown_rule_is_an_error_that_names_the_known() -> None:
    """A misspelt rule ends the run at once."""
    with pytest.raises(SystemExit, match="no rule 'fdg'; known: random"):
        command.main(["--policies", "fdg"])
