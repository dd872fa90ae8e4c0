"""The sanity check: its protocol, and what it answers."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.placement import sanity
from benchmarks.placement.workload.openb import Node, Pod
from tests.benchmarks.placement.compiling import PATIENCE, alone
from tests.benchmarks.placement.workload import openb_files

pytestmark = pytest.mark.timeout(PATIENCE)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    with alone("sharing"):
        sanity.run(sanity.PUBLISHED[0].policy, [Node(9, 9, 1, "T4")], [Pod(1, 1, 1, 1000, (), 0, 1)], 0)


def pods(*counts: int) -> list[Pod]:
    """So many requests of each size, the first wants no GPU."""
    return [Pod(1, 1, min(i, 1), 100 * i, (), 0, 1) for i, count in enumerate(counts) for _ in range(count)]


def test_the_target_workload_covers_95_percent_of_the_requests() -> None:
    """Of 100 requests the 95 most frequent are enough; their popularity is made to add up to one."""
    found = sanity.target(pods(60, 35, 3, 2))

    assert {(1, 0, 0, ()): 60 / 95, (1, 1, 100, ()): 35 / 95} == found


def test_every_request_arrives_before_any_arrives_twice() -> None:
    """All are shuffled, then drawn until 130 % of the GPUs are asked for, and no further."""
    given = pods(5, 5, 5)

    order = sanity.arrivals(given, 3000, np.random.default_rng(0))
    demand = np.cumsum([given[i].gpus * given[i].milli for i in order])

    assert set(range(15)) == set(order[:15])
    assert demand[-2] < 1.3 * 3000 <= demand[-1]


def test_the_share_is_read_where_the_demand_reaches_the_capacity() -> None:
    """The last request that leaves the arrived demand at 1000 or less counts, whatever comes after."""
    arrived, allocated = np.array([400, 1000, 1000, 1300]), np.array([400, 700, 700, 900])

    assert 70.0 == sanity.share_at(1000, arrived, allocated, 1000)


def test_what_misses_the_published_figures_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A trace that fills every GPU gives 100 % for all: Best-fit and FGD are off, packing is not judged."""
    trace = openb_files.write(tmp_path, [openb_files.pod()] * 2)

    status = sanity.main(["--trace", str(trace), "--seeds", "2", "--json", str(tmp_path / "found.json")])

    assert 1 == status
    assert 2 == capsys.readouterr().out.count("more than 0.5 away")
    found = json.loads((tmp_path / "found.json").read_text())["sanity"]
    assert [("GPU packing", 100, True), ("Best-fit", 100, False), ("FGD", 100, False)] == [
        (f["name"], f["found"], f["passed"]) for f in found
    ]


def test_a_trace_that_is_not_there_ends_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the file and says what to give."""
    assert 3 == sanity.main(["--trace", str(tmp_path)])
    assert f"{tmp_path}/openb_node_list_gpu_node.csv cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [pytest.param([], id="no trace"), pytest.param(["--trace", "x", "--seeds", "0"], id="no runs")]
)
def test_usage_errors_end_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be run is told before anything is read."""
    with pytest.raises(SystemExit) as caught:
        sanity.main(arguments)

    assert 2 == caught.value.code


@pytest.mark.parametrize("missed", [pytest.param(0.0, id="met"), pytest.param(0.5, id="just met")])
def test_the_tolerance_is_half_a_point(missed: float, tmp_path: Path) -> None:
    """Half a point off passes, more does not."""
    published = sanity.Published("x", 1, 100 - missed, 0, True)
    off = sanity.Published("x", 1, 100 - missed - 0.01, 0, True)
    nodes = [Node(9, 9, 1, "T4")]
    wanted = [Pod(1, 1, 1, 1000, (), 0, 1)]

    assert sanity.find(published, nodes, wanted, 1).passed
    assert (missed < 0.5) == sanity.find(off, nodes, wanted, 1).passed
