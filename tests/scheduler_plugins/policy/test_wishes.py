"""A command's options, understood or refused with what would have been right."""

import pytest

from scheduler_plugins.policy.errors import WishError
from scheduler_plugins.policy.state import FILTER, WEIGHT
from scheduler_plugins.policy.wishes import OURS, PARAMETERS, Wishes, parse
from scheduler_plugins.units import registry as units

THE_FILTER = {(FILTER, "MdevFilter"): 0}
SPREAD = (WEIGHT, "MdevSpread")


@pytest.mark.parametrize(
    ("filtered", "weights", "properties", "expected"),
    [
        pytest.param(False, [], [], Wishes(THE_FILTER), id="nothing named: the filter"),
        pytest.param(True, [], [], Wishes(THE_FILTER), id="the filter"),
        pytest.param(False, ["MdevSpread=2"], [], Wishes({SPREAD: 2}), id="a weight alone"),
        pytest.param(True, ["MdevSpread=1"], [], Wishes({**THE_FILTER, SPREAD: 1}), id="both"),
        pytest.param(False, ["MdevSpread=0"], [], Wishes({}, frozenset({SPREAD})), id="none of a weight"),
        pytest.param(False, ["MdevSpread=1000"], [], Wishes({SPREAD: 1000}), id="the largest factor"),
        pytest.param(
            False,
            [],
            ["MdevFragmentationAges=no"],
            Wishes(properties={"MdevFragmentationAges": "no"}),
            id="a property alone",
        ),
        pytest.param(False, [], ["MdevReserveTypes="], Wishes(properties={"MdevReserveTypes": ""}), id="the default"),
        pytest.param(False, ["MdevSpread=1", "MdevSpread=3"], [], Wishes({SPREAD: 3}), id="the last one counts"),
    ],
)
def test_understood(filtered: bool, weights: list[str], properties: list[str], expected: Wishes) -> None:
    """What is wished for."""
    assert expected == parse(filtered, weights, properties)


@pytest.mark.parametrize(
    ("weights", "properties", "words"),
    [
        (["MdevSpred=1"], [], "no weight 'MdevSpred'; did you mean MdevSpread?"),
        (["Xyz=1"], [], "no weight 'Xyz'; there are: MdevConsolidate"),
        (["MdevFilter=1"], [], "MdevFilter is a filter and has no factor; --filter adds it"),
        (["MdevSpread"], [], "write MdevSpread=FACTOR, a whole number to 1000"),
        (["MdevSpread=1001"], [], "a whole number to 1000; 0 takes it out"),
        (["MdevSpread=-1"], [], "a whole number"),
        (["MdevSpread=1.5"], [], "a whole number"),
        ([], ["MdevReserveTypes"], "write MdevReserveTypes=VALUE; nothing after the = is the default"),
        ([], ["MdevFragmentationAge=no"], "did you mean MdevFragmentationAges?"),
        ([], ["HighUtilization=80"], "no unit has a property 'HighUtilization'"),
        ([], ["MdevFragmentationAges=maybe"], "it must be yes or no, or empty for the default"),
        ([], ["MdevReserveTypes=a;b"], "it must be a list like nvidia-231"),
    ],
)
def test_refused(weights: list[str], properties: list[str], words: str) -> None:
    """The option is repeated, and what is allowed is said."""
    with pytest.raises(WishError) as caught:
        parse(False, weights, properties)

    assert words in str(caught.value)
    assert str(caught.value).startswith(f"--weight {weights[0]}:" if weights else f"--property {properties[0]}:")


def test_ours_are_all_units_and_their_properties() -> None:
    """A new unit, and a new property, can be wished for."""
    declared = {
        text.partition("=")[0]
        for unit in (*units.FILTERS.values(), *units.WEIGHTS.values())
        for text in unit.properties.split(";")
        if text
    }

    assert {name for _, name in OURS} == {*units.FILTERS, *units.WEIGHTS}
    assert declared == set(PARAMETERS)
