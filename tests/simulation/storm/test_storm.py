"""The boot storm, smaller: the same course and the same referee as `make storm`."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from simulation.storm import real, virtual
from simulation.storm.figures import Figures
from simulation.storm.plan import Plan
from simulation.storm.report import LABELS, WANTED_ZERO, to_json
from simulation.storm.virtual_service import product, without_claims, without_claims_and_rechecks

SMALL = Plan(hosts=4, starts=100, stops=10)
"""A fifth of the storm: 100 starts, room for 96 instances."""
TINY = Plan(hosts=1, starts=25, stops=3, lasts=20.0, stopping=(10.0, 18.0), collect_interval=10.0, settles=45.0)
ZEROS = dict.fromkeys(WANTED_ZERO, 0)


def missed(figures: Figures) -> dict[str, int]:
    """The figures that are wanted to be 0."""
    return {name: getattr(figures, name) for name in WANTED_ZERO}


@pytest.mark.parametrize("version", ["4.4", "4.5"])
@pytest.mark.parametrize("seed", [1, 2])
def test_no_wrong_yes_and_no_wrong_no(seed: int, version: str, tmp_path: Path) -> None:
    """Nobody is sent to a host that cannot hold him, nobody refused whom one could; nothing stays claimed."""
    figures = virtual.storm(replace(SMALL, seed=seed, version=version), product, tmp_path)

    assert ZEROS == missed(figures)
    assert figures.engine_requests.most <= 2
    assert figures.hosts_asked.most <= 16
    assert figures.decision_s.most < 2.0
    assert figures.instances >= figures.capacity - 4


@pytest.mark.parametrize("seed", [1, 3])
def test_killed_in_the_middle(seed: int, tmp_path: Path) -> None:
    """A service that is killed twice, and back a second later, decides as well as one that lives on.

    What the engine decided meanwhile, alone, is not its doing; but it must take that into account.
    """
    figures = virtual.storm(replace(SMALL, seed=seed, killed=(4.0, 12.0)), product, tmp_path)

    assert ZEROS == missed(figures)
    assert figures.unanswered > 10


@pytest.mark.parametrize("make", [without_claims, without_claims_and_rechecks])
def test_what_it_is_without_claims(make: object, tmp_path: Path) -> None:
    """The storm is one: without claims, starts fail by the dozen."""
    figures = virtual.storm(SMALL, make, tmp_path)  # type: ignore[arg-type]

    assert figures.cannot_hold > 50
    assert figures.failed_for_want > 50


def test_one_seed_one_course(tmp_path: Path) -> None:
    """What happens hangs on the seed alone."""
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()

    plan = replace(SMALL, hosts=2, starts=50, stops=5)

    assert 1 == len({virtual.storm(plan, product, folder) for folder in folders})


def test_the_plan_is_the_issues() -> None:
    """500 starts in two clusters of 20 hosts, room for exactly 480, a tenth asks for two."""
    plan = Plan()

    assert (500, 480) == (len(plan.vms), plan.capacity)
    assert [20, 20] == [len(cluster.hosts) for cluster in plan.clusters]
    assert 50 == sum(len(vm.types) == 2 for vm in plan.vms)


def test_every_figure_has_its_words() -> None:
    """The table leaves nothing out."""
    assert set(Figures.__dataclass_fields__) == set(LABELS)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("through_proxy", [False, True], ids=["engine endpoint", "the proxy socket, killed"])
def test_over_sockets(through_proxy: bool, tmp_path: Path) -> None:
    """The service in its own process, real VDSM protocol, hook and endpoints: the same zeros."""
    plan = replace(TINY, killed=(3.0,) if through_proxy else ())
    figures = real.storm(plan, tmp_path, speed=4.0, through_proxy=through_proxy)

    assert ZEROS == missed(figures)
    assert figures.up >= 18
    assert '"tiny"' in to_json({"tiny": [figures]})
    assert asdict(figures)["capacity"] == 24
