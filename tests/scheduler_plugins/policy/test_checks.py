"""Properties are set only where the engine will take them."""

from dataclasses import replace

import pytest

from scheduler_plugins.policy import plan
from scheduler_plugins.policy.errors import RefusalError
from scheduler_plugins.policy.state import EngineState
from scheduler_plugins.policy.wishes import parse
from tests.scheduler_plugins.policy.states import BUILT_IN, attached, engine, policy

AGES = "MdevFragmentationAges"
SET = parse(False, ["MdevFragmentation=1"], [f"{AGES}=no"])


def with_regex(regex: str | None) -> EngineState:
    """The engine knows the unit as another version had it."""
    state = engine()
    units = [
        replace(unit, properties={AGES: regex} if regex else {}) if AGES in unit.properties else unit
        for unit in state.units
    ]
    return replace(state, units=tuple(units))


def test_a_property_goes_to_the_cluster_with_its_policy() -> None:
    """In one request, so that it is never without."""
    last = plan.enable(engine(), engine().clusters[0], SET).steps[-1]

    assert {AGES: "no"} == last.task["properties"]
    assert f"cluster gpu: use even-mdev-gpu, set {AGES}=no" == last.text


def test_a_property_that_is_set_already_is_nothing_to_do() -> None:
    """Another value is one request to the cluster alone."""
    copied = plan.enable(engine(), engine().clusters[0], SET)
    description = str(copied.steps[0].task["description"])
    mine = policy("mine", (*BUILT_IN, *attached(("weight", "MdevFragmentation", 1))), description=description)
    there = engine(mine, clusters={"gpu": "mine"}, properties={AGES: "no"})
    other = engine(mine, clusters={"gpu": "mine"}, properties={AGES: "yes"})

    assert () == plan.enable(there, there.clusters[0], SET).steps
    assert [f"cluster gpu: set {AGES}=no"] == [step.text for step in plan.enable(other, other.clusters[0], SET).steps]


@pytest.mark.parametrize(
    ("state", "options", "words"),
    [
        pytest.param(engine(), [], f"{AGES} belongs to MdevFragmentation, which the policy would", id="no home"),
        pytest.param(with_regex(None), ["MdevFragmentation=1"], "units of an older version", id="unknown key"),
        pytest.param(with_regex("on|off"), ["MdevFragmentation=1"], "takes only on|off", id="another regex"),
        pytest.param(with_regex("(?<a>x)"), ["MdevFragmentation=1"], "takes only", id="Java's own regex"),
    ],
)
def test_a_property_that_the_engine_would_reject(state: EngineState, options: list[str], words: str) -> None:
    """It is refused before anything is posted, with the remedy."""
    with pytest.raises(RefusalError) as caught:
        plan.enable(state, state.clusters[0], parse(False, options, [f"{AGES}=no"]))

    assert words in str(caught.value)
    assert "systemctl restart ovirt-engine" in str(caught.value) or "add it with --weight" in str(caught.value)
