"""What no plan is made for, and why."""

import pytest

from scheduler_plugins.policy.errors import RefusalError
from scheduler_plugins.policy.state import EngineState
from tests.scheduler_plugins.policy.plans import FILTERED, OURS, copy, disable, enable
from tests.scheduler_plugins.policy.states import BUILT_IN, engine, policy


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param(
            engine(policy("mine", (*BUILT_IN, *OURS)), clusters={"gpu": "mine"}),
            ["policy mine", "did not make for it", "take the units out"],
            id="made by hand",
        ),
        pytest.param(
            engine(copy(before="lost"), clusters={"gpu": "even-mdev-gpu"}),
            ["(lost) is gone", "another one in the portal", "even-mdev-gpu"],
            id="the old policy is gone",
        ),
        pytest.param(engine(clusters={"gpu": ""}), ["no policy for cluster gpu"], id="no policy at all"),
    ],
)
def test_no_way_back(state: EngineState, words: list[str]) -> None:
    """With the remedy; nothing is changed."""
    with pytest.raises(RefusalError) as caught:
        disable(state)

    assert [] == [word for word in words if word not in str(caught.value)]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param(
            engine(without=("MdevFilter", "MdevConsolidate")),
            ["knows no policy unit MdevFilter and MdevConsolidate", "ovirt-scheduler-proxy", "mdev_units.py"],
            id="unknown",
        ),
        pytest.param(
            engine(disabled=("MdevConsolidate",)),
            ["has disabled the policy unit MdevConsolidate", "Start mdev-scheduler", "start mdev-scheduler"],
            id="disabled",
        ),
    ],
)
def test_units_that_the_engine_cannot_run(state: EngineState, words: list[str]) -> None:
    """Which service to start, and what to restart."""
    with pytest.raises(RefusalError) as caught:
        enable(state)

    assert any(word in str(caught.value) for word in words)
    assert words[0] in str(caught.value)
    assert "systemctl restart ovirt-engine" in str(caught.value)


def test_a_disabled_unit_that_is_not_wished_for_is_no_obstacle() -> None:
    """The engine passes over it."""
    state = engine(copy(), clusters={"gpu": "even-mdev-gpu"}, disabled=("MdevConsolidate",))

    assert () == enable(state, FILTERED).steps


def test_a_cluster_without_a_policy() -> None:
    """Cannot be; if so, it is told."""
    with pytest.raises(RefusalError, match="choose one in the portal"):
        enable(engine(clusters={"gpu": "gone"}))
