"""What has to change, on plain data: copies, what is left as it is, and the ways back."""

import pytest

from scheduler_plugins.policy import plan
from scheduler_plugins.policy.state import FILTER
from scheduler_plugins.policy.wishes import Wishes, parse
from tests.scheduler_plugins.policy.plans import FILTERED, OURS, copy, disable, done, enable
from tests.scheduler_plugins.policy.states import BUILT_IN, attached, engine, policy


def test_a_built_in_policy_is_copied_with_all_that_it_has() -> None:
    """The cluster is pointed at the copy last."""
    assert [
        ("add-policy", "even-mdev-gpu"),
        ("attach", "filter", "filter/Memory", -1),
        ("attach", "filter", "filter/CPU", 1),
        ("attach", "weight", "weight/HA", 1),
        ("attach", "balance", "balance/Even", 0),
        ("attach", "filter", "filter/MdevFilter", 0),
        ("attach", "weight", "weight/MdevConsolidate", 3),
        ("set-properties", {"High": "80"}),
        ("point-cluster", "even", "", {}),
    ] == done(enable(engine()))


def test_nothing_is_done_twice() -> None:
    """A cluster that has what is asked for is left alone, whoever made its policy."""
    by_us = engine(copy(), clusters={"gpu": "even-mdev-gpu"})
    by_hand = engine(policy("mine", (*BUILT_IN, *OURS)), clusters={"gpu": "mine"})

    assert ((), "even-mdev-gpu") == (enable(by_us).steps, enable(by_us).policy_name)
    assert () == enable(by_us, FILTERED).steps
    assert () == enable(by_hand).steps


@pytest.mark.parametrize(
    ("wishes", "weights"),
    [
        pytest.param(parse(False, ["MdevConsolidate=5"], []), {"MdevConsolidate": 5}, id="another factor"),
        pytest.param(parse(False, ["MdevSpread=2"], []), {"MdevConsolidate": 3, "MdevSpread": 2}, id="a unit more"),
        pytest.param(parse(False, ["MdevSpread=2", "MdevConsolidate=0"], []), {"MdevSpread": 2}, id="one for another"),
    ],
)
def test_a_policy_in_use_is_replaced_not_changed(wishes: Wishes, weights: dict[str, int]) -> None:
    """By a copy of it that remembers what the cluster had first; the old one goes when it is not used."""
    state = engine(copy(), clusters={"gpu": "even-mdev-gpu"})
    made = enable(state, wishes)
    steps = done(made)

    assert ("add-policy", "even-mdev-gpu-2") == steps[0]
    assert "before=even]" in str(made.steps[0].task["description"])
    assert weights == {
        name.split("/")[1]: number for _, kind, name, number in steps[1:-2] if name.startswith("weight/Mdev")
    }
    assert ("attach", "filter", "filter/MdevFilter", 0) in steps
    assert [("point-cluster", "even-mdev-gpu", "", {}), ("remove-policy", "even-mdev-gpu")] == steps[-2:]


def test_taking_out_what_is_not_there_is_nothing_to_do() -> None:
    """Also where the engine does not know the unit at all."""
    assert () == enable(engine(), parse(False, ["MdevSpread=0"], [])).steps
    assert () == enable(engine(without=("MdevSpread",)), parse(False, ["MdevSpread=0"], [])).steps


def test_a_filter_that_is_there_keeps_its_position() -> None:
    """It is no reason for another copy."""
    first = engine(policy("mine", attached((FILTER, "MdevFilter", -1))), clusters={"gpu": "mine"})

    assert () == enable(first, FILTERED).steps


def test_what_was_left_over_is_thrown_away_first() -> None:
    """Copies for this cluster that no cluster has; its name is free again then. Others' are not touched."""
    unfinished = copy(units=BUILT_IN[:1])
    other = policy("x", description=unfinished.description.replace("id-gpu", "id-office"))
    steps = done(enable(engine(unfinished, other)))

    assert [("remove-policy", "even-mdev-gpu"), ("add-policy", "even-mdev-gpu")] == steps[:2]
    assert ("remove-policy", "x") not in steps


def test_what_a_built_in_policy_shows_of_others_units_is_not_believed() -> None:
    """Only a rejected change can have put it there, and it is gone when the engine is restarted."""
    poisoned = policy("even", (*BUILT_IN, *OURS, *BUILT_IN[:1]), locked=True, properties={"High": "80"})
    state = engine(poisoned)

    assert done(enable(engine())) == done(enable(state))
    assert [] == plan.our_units(state, state.policies["even"])
    assert () == disable(state).steps


def test_a_rejected_duplicate_is_not_copied() -> None:
    """Nor a second first filter: the engine would reject the copy, too."""
    twice = attached((FILTER, "Memory", -1), (FILTER, "CPU", -1), (FILTER, "Memory", -1))
    steps = done(enable(engine(policy("mine", twice), clusters={"gpu": "mine"}), FILTERED))

    assert [
        ("attach", "filter", "filter/Memory", -1),
        ("attach", "filter", "filter/CPU", 0),
        ("attach", "filter", "filter/MdevFilter", 0),
    ] == steps[1:-1]


def test_units_that_are_not_listed_are_left_out() -> None:
    """Mandatory ones run anyway; a note says so."""
    state = engine(policy("mine", attached((FILTER, "Hidden"), (FILTER, "Memory"))), clusters={"gpu": "mine"})
    made = enable(state)

    assert "filter/Hidden" not in str(made.steps)
    assert ("units that the engine does not list are left out: those that are mandatory run anyway",) == made.notes


@pytest.mark.parametrize("properties", [{"High": "8"}, {"Unheard": "80"}], ids=["bad value", "unknown key"])
def test_properties_that_the_engine_would_reject_are_not_copied(properties: dict[str, str]) -> None:
    """With a note."""
    made = enable(engine(policy("mine", properties=properties), clusters={"gpu": "mine"}))

    assert not any(step.task["do"] == "set-properties" for step in made.steps)
    assert (f"not copied, as no unit of the policy takes it: {''.join(properties)}",) == made.notes


def test_there_and_back() -> None:
    """The cluster gets what it had; the copy goes."""
    made = disable(engine(copy(), clusters={"gpu": "even-mdev-gpu"}))

    assert [("point-cluster", "even-mdev-gpu", "even", {}), ("remove-policy", "even-mdev-gpu")] == done(made)
    assert "even" == made.policy_name


def test_a_copy_that_others_have_stays() -> None:
    """For whom an administrator chose it; a note names them."""
    state = engine(copy(), clusters={"gpu": "even-mdev-gpu", "office": "even-mdev-gpu"})

    assert [("point-cluster", "even-mdev-gpu", "even", {})] == done(disable(state))
    assert ("policy even-mdev-gpu stays, as cluster office has it, too",) == disable(state).notes
    assert ("remove-policy", "even-mdev-gpu") not in done(enable(state, parse(False, ["MdevSpread=1"], [])))


def test_back_to_a_policy_that_somebody_made_with_our_units() -> None:
    """The cluster gets what it had; a note says what is in it, and then nothing is left to do."""
    mine = policy("mine", (*BUILT_IN, *OURS))
    made = disable(engine(copy(before="mine"), mine, clusters={"gpu": "even-mdev-gpu"}))
    after = engine(mine, clusters={"gpu": "mine"})

    assert ("policy mine, as cluster gpu had it before, has MdevFilter, MdevConsolidate, too",) == made.notes
    assert () == plan.back(after, after.clusters[0]).steps


def test_disable_where_nothing_is_enabled() -> None:
    """Removes what was left over, or does nothing."""
    assert () == disable(engine()).steps
    assert [("remove-policy", "even-mdev-gpu")] == done(disable(engine(copy())))


def test_steps_in_words() -> None:
    """What a dry run prints."""
    assert [
        "make policy even-mdev-gpu, a copy of even",
        "even-mdev-gpu: add filter Memory",
        "even-mdev-gpu: add filter CPU",
        "even-mdev-gpu: add weight HA with factor 1",
        "even-mdev-gpu: add balance Even",
        "even-mdev-gpu: add filter MdevFilter",
        "even-mdev-gpu: add weight MdevConsolidate with factor 3",
        "even-mdev-gpu: set High=80",
        "cluster gpu: use even-mdev-gpu",
    ] == [step.text for step in enable(engine()).steps]
