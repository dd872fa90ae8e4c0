"""Demand from a trace: how requests are mapped to mdev types, and how many of them come."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.placement import __main__ as command
from benchmarks.placement import trace
from benchmarks.placement.workload.fleets import fleet
from benchmarks.placement.workload.openb import Pod
from tests.benchmarks.placement.compiling import PATIENCE
from tests.benchmarks.placement.conftest import Judge
from tests.benchmarks.placement.workload import openb_files

pytestmark = pytest.mark.timeout(PATIENCE)
LADDER = (16, 8, 4, 2, 1)
A40 = (32, 24, 16, 12, 8, 6, 4, 3, 2, 1)


def pod(milli: int, gpus: int = 1, life: float = 10.0) -> Pod:
    """A request that starts at 5."""
    return Pod(1000, 1024, gpus, milli, (), 5.0, 5.0 + life)


@pytest.mark.parametrize(
    ("milli", "table", "places"),
    [
        pytest.param(1, LADDER, 16, id="the smallest there is"),
        pytest.param(62, LADDER, 16, id="just under a sixteenth"),
        pytest.param(63, LADDER, 8, id="just over a sixteenth"),
        pytest.param(500, LADDER, 2, id="a half is a half"),
        pytest.param(501, LADDER, 1, id="more than a half is a whole"),
        pytest.param(1000, LADDER, 1, id="a whole"),
        pytest.param(320, LADDER, 2, id="a third is a half where there are no thirds"),
        pytest.param(320, A40, 3, id="a third"),
        pytest.param(500, (0, 0, 4, 2), 2, id="classes of other models are passed over"),
    ],
)
def test_a_share_is_rounded_up_to_the_table(milli: int, table: tuple[int, ...], places: int) -> None:
    """The smallest instance that holds the share."""
    assert places == table[trace.ceiling(milli, table)]


def test_what_is_left_out_is_counted_and_what_rounding_adds() -> None:
    """470 becomes a half, 810 and 2 x 1000 stay whole: 3.5 cards for 3.28, 6.7 % more."""
    pods = [pod(470), pod(810), pod(1000, 2, 20), pod(0, 0), pod(1000, 4), pod(1000, 8)]

    found = trace.mapped(pods, LADDER)

    assert ([3, 4, 4], [1, 1, 2]) == (found.kind.tolist(), found.count.tolist())
    assert [10, 10, 20] == found.life.tolist()
    assert (1, 2) == (found.without_gpu, found.too_many)
    assert 100 * (3.5 / 3.28 - 1) == pytest.approx(found.waste)


def test_the_mix_is_the_trace_s() -> None:
    """Shares of classes among the requests taken, and that of pairs."""
    shares, pairs = trace.mix_of([pod(470), pod(1000), pod(1000, 2), pod(1000), pod(0, 0)], fleet("16x4"))

    assert [0, 0, 0, 0.25, 0.75] == shares.tolist()
    assert 0.25 == pairs


@pytest.mark.parametrize("name", ["16x4", "t4-a40-a16"])
def test_the_load_is_what_is_asked_for(name: str) -> None:
    """Over a long time the VMs that are there ask for 0.8 of all cards, and from the start on."""
    hosts = fleet(name)
    pods = [pod(470), pod(250), pod(1000, 1, 40.0), pod(1000, 2, 4.0)]

    demand = trace.demand_of(pods, hosts, 0.8, 20_000, 1)

    weight = demand.count / hosts.places.max(axis=0)[demand.kind]
    moments = np.linspace(0, demand.when[-1], 400)
    there = [weight[(demand.when <= now) & (demand.ends > now)].sum() for now in moments]
    assert 0.8 == pytest.approx(np.mean(there) / hosts.model.size, rel=0.05)
    assert 0.8 == pytest.approx(there[0] / hosts.model.size, rel=0.35)
    assert (np.diff(demand.when) >= 0).all()
    assert (np.diff(demand.ends[demand.leaving]) >= 0).all()


def test_the_same_seed_draws_the_same_vms() -> None:
    """Another seed draws others."""
    pods, hosts = [pod(470), pod(250), pod(1000, 1, 40.0)], fleet("16x4")

    first, again, other = (trace.demand_of(pods, hosts, 0.8, 50, seed) for seed in (1, 1, 2))

    assert first.ends.tolist() == again.ends.tolist() != other.ends.tolist()


def test_the_command_says_what_rounding_adds_and_replays(
    judge: Judge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--trace` is an option of the judge's own command; its figures have the judge's form."""
    path = openb_files.write(tmp_path, [openb_files.pod(1, 470), openb_files.pod(1, 1000, deleted=9)])
    options = ["--trace", str(path), "--fleets", "6x8", "--seeds", "1", "--arrivals", "60", "--workers", "1"]

    assert 0 == command.main([*options, "--json", str(tmp_path / "found.json")])

    out = capsys.readouterr().out
    assert "ladder: 2 requests (0.0 % 1/16, 0.0 % 1/8, 0.0 % 1/4, 50.0 % 1/2, 50.0 % 1/1), rounding adds 2.0 %" in out
    assert '"grid":"trace"' in (tmp_path / "found.json").read_text()


@pytest.mark.parametrize("more", [pytest.param([], id="replay"), pytest.param(["--sanity"], id="sanity check")])
def test_a_trace_that_is_not_there_ends_with_3(
    more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the file."""
    assert 3 == command.main([*more, "--trace", str(tmp_path / "none")])
    assert f"{tmp_path}/" in capsys.readouterr().err


def test_an_unknown_fleet_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error lists those that there are."""
    with pytest.raises(SystemExit) as caught:
        trace.main(["--trace", str(tmp_path), "--fleets", "7x7"])

    assert 2 == caught.value.code
    assert "no fleet '7x7'; known: 16x4" in capsys.readouterr().err
