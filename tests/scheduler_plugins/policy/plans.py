"""Plans for one cluster, and what is left once they are done."""

from typing import Any

from scheduler_plugins.policy import copies, plan
from scheduler_plugins.policy.plan import Plan
from scheduler_plugins.policy.state import FILTER, WEIGHT, EngineState
from scheduler_plugins.policy.wishes import Wishes, parse
from tests.scheduler_plugins.policy.states import BUILT_IN, attached, engine, policy

FILTERED = parse(True, [], [])


PACKED = parse(True, ["MdevConsolidate=3"], [])
OURS = attached((FILTER, "MdevFilter"), (WEIGHT, "MdevConsolidate", 3))


def enable(state: EngineState, wishes: Wishes = PACKED) -> Plan:
    """For the first cluster."""
    return plan.enable(state, state.clusters[0], wishes)


def disable(state: EngineState) -> Plan:
    """For the first cluster."""
    return plan.disable(state, state.clusters[0])


def done(made: Plan) -> list[tuple[Any, ...]]:
    """The steps in short."""
    short = {
        "add-policy": ("name",),
        "attach": ("kind", "unit", "number"),
        "set-properties": ("properties",),
        "point-cluster": ("from", "policy", "properties"),
        "remove-policy": ("policy",),
    }
    return [(step.task["do"], *(step.task[key] for key in short[str(step.task["do"])])) for step in made.steps]


def copy(name: str = "even-mdev-gpu", units: Any = (*BUILT_IN, *OURS), before: str = "even") -> Any:
    """A copy that we made for gpu."""
    state = engine()
    return policy(name, units, description=copies.description("even", before, state.clusters[0]))
