"""The compiled replay, made once for all processes of a test run."""

import fcntl
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.placement.replaying.replay import Outcome, replay
from benchmarks.placement.replaying.weighing import Setting
from scheduler_plugins.demand.ages import EDGES
from scheduler_plugins.demand.mix import SEVERAL_SHARE, class_value, several_value
from tests.benchmarks.placement.slow import Vm, demand, fleet

Judge = Callable[..., Outcome]


def judged(
    hosts: int,
    cards: int,
    vms: Sequence[Vm],
    rule: int,
    *,
    random_ties: bool = False,
    lag: float = 0.0,
    claims: bool = True,
) -> Outcome:
    """The demand replayed by the compiled judge against hosts of so many T4s."""
    mix = np.full(5, 0.2)
    value, tasks = np.array([class_value(share) for share in mix]), np.concatenate([mix, 0.0 * mix])
    several = several_value(SEVERAL_SHARE)
    setting = Setting(rule, random_ties, 1, value, several, tasks, 0, lag, claims)
    return replay(fleet(hosts, cards), demand(vms), setting, np.array(EDGES) / 3600.0)


@pytest.fixture(scope="session")
def judge() -> Judge:
    """`judged`, compiled by whoever comes first; the others take it from the disk."""
    with (Path(tempfile.gettempdir()) / "mdev-scheduler-judge.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        judged(1, 1, [Vm(0.0, 1.0, 0)], 0)
    return judged
