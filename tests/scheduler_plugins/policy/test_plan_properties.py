"""What holds of every plan, whatever the engine shows and whatever is wished for."""

from hypothesis import given
from hypothesis import strategies as st

from scheduler_plugins.policy import copies, plan
from scheduler_plugins.policy.state import FILTER, WEIGHT, Attached, Cluster, EngineState, Policy
from scheduler_plugins.policy.wishes import Wishes
from scheduler_plugins.units.registry import WEIGHTS
from tests.scheduler_plugins.policy.states import INTERNAL, OURS, applied, engine, policy

GPU = Cluster("id-gpu", "gpu", "", {})
UNITS = [(kind, name) for name, kind, _ in INTERNAL] + [(kind, name) for name, kind in OURS.items()]

wishes = st.builds(
    lambda filtered, factors: Wishes(
        {
            **({(FILTER, "MdevFilter"): 0} if filtered else {}),
            **{(WEIGHT, name): factor for name, factor in factors.items() if factor},
        },
        frozenset((WEIGHT, name) for name, factor in factors.items() if not factor),
    ),
    st.booleans(),
    st.dictionaries(st.sampled_from(sorted(WEIGHTS)), st.integers(0, 5)),
)
# Also what the engine must have rejected: units twice, two filters first, units that are not listed.
attached = st.lists(
    st.builds(
        lambda unit, number: Attached(unit[0], f"{unit[0]}/{unit[1]}", number),
        st.sampled_from([*UNITS, (FILTER, "Hidden")]),
        st.integers(-1, 1),
    ),
    max_size=8,
).map(tuple)


@st.composite
def policies(draw: st.DrawFn) -> list[Policy]:
    """Some by hand, some copies of ours; one may be built in."""
    memories = ["", copies.description("even", "even", GPU), copies.description("even", "p0", GPU)]
    return [
        policy(f"p{number}", draw(attached), description=draw(st.sampled_from(memories)), locked=draw(st.booleans()))
        for number in range(draw(st.integers(1, 4)))
    ]


@st.composite
def engines(draw: st.DrawFn) -> EngineState:
    """Two clusters, each with any of the policies."""
    made = draw(policies())
    names = st.sampled_from(["even", *(one.name for one in made)])
    return engine(*made, clusters={"gpu": draw(names), "office": draw(names)})


def content(state: EngineState, cluster: Cluster) -> set[Attached]:
    """What the cluster's policy has."""
    return set(state.policies[cluster.policy_id].units)


@given(engines(), wishes)
def test_enable_does_what_is_wished_for_once(state: EngineState, wished: Wishes) -> None:
    """The engine rejects none of it, nothing is left to do or left over, and others keep what they had."""
    after = applied(state, plan.enable(state, state.clusters[0], wished).steps)
    gpu, office = after.clusters
    ours = {(kind, name): number for kind, name, number in plan.our_units(after, after.policies[gpu.policy_id])}

    assert () == plan.enable(after, gpu, wished).steps
    assert {key: ours.get(key) for key in wished.wanted if key[0] == WEIGHT} == {
        key: number for key, number in wished.wanted.items() if key[0] == WEIGHT
    }
    assert set(wished.wanted) <= set(ours)
    assert not wished.unwanted & set(ours)
    assert [] == copies.left_over(after, gpu)
    assert state.clusters[1] == office
    assert state.policies[office.policy_id] == after.policies[office.policy_id]


@given(engines(), wishes, wishes)
def test_disable_goes_back_after_any_number_of_changes(state: EngineState, first: Wishes, second: Wishes) -> None:
    """To the policy that the cluster had before the first; a copy that it has already is one of them."""
    before = state.policies[state.clusters[0].policy_id]
    origin = copies.memory_for(before, GPU) or before.id
    after = applied(state, plan.enable(state, state.clusters[0], first).steps)
    after = applied(after, plan.enable(after, after.clusters[0], second).steps)
    if after.clusters[0].policy_id == before.id or origin not in after.policies:
        return
    back = applied(after, plan.disable(after, after.clusters[0]).steps)

    assert origin == back.clusters[0].policy_id
    assert [] == copies.left_over(back, back.clusters[0])
    assert {*state.policies} >= {*back.policies}


@given(engines(), wishes, st.integers(0, 30))
def test_a_run_that_was_cut_off_is_mended_by_the_next(state: EngineState, wished: Wishes, cut: int) -> None:
    """After any step; up to the last ones the cluster has what it had."""
    steps = plan.enable(state, state.clusters[0], wished).steps
    partly = applied(state, steps[:cut])
    whole = applied(partly, plan.enable(partly, partly.clusters[0], wished).steps)
    expected = applied(state, steps)

    assert content(expected, expected.clusters[0]) == content(whole, whole.clusters[0])
    assert len(expected.policies) == len(whole.policies)
    assert partly.clusters[0].policy_id in (state.clusters[0].policy_id, whole.clusters[0].policy_id)
