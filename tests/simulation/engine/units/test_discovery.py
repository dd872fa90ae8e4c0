"""Discovery of external units: what is read, what is skipped, what drops everything."""

import pytest

from simulation.engine.units.discovery import Found, MalformedDiscoveryError, UnitType, properties, units


def test_units() -> None:
    """Sections become types; description and regexes may be missing."""
    answer = {"filters": {"F": ["keeps", "a=x|y;b=.*"]}, "scores": {"W": ["weighs"]}, "balance": {"B": []}}

    assert units(answer) == (
        [
            Found("F", UnitType.FILTER, "keeps", {"a": "x|y", "b": ".*"}),
            Found("W", UnitType.WEIGHT, "weighs", {}),
            Found("B", UnitType.LOAD_BALANCING, "", {}),
        ],
        [],
    )


@pytest.mark.parametrize(
    ("regexes", "accepted"),
    [
        pytest.param("", True, id="none"),
        pytest.param("key=value", True, id="one"),
        pytest.param("key=value;", True, id="a semicolon at the end"),
        pytest.param("a=1;b=2", True, id="two"),
        pytest.param("a=x=y", True, id="an equals sign in the value"),
        pytest.param("a=", True, id="an empty value"),
        pytest.param("a=1;;b=2", False, id="a doubled semicolon"),
        pytest.param(";a=1", False, id="a leading semicolon"),
        pytest.param("a=1; b=2", False, id="a blank before a key"),
        pytest.param("a", False, id="no equals sign"),
        pytest.param("a-b=1", False, id="a dash in a key"),
        pytest.param("{key = regex}", False, id="the syntax that the proxy's manual shows"),
    ],
)
def test_syntax_of_properties(regexes: str, accepted: bool) -> None:
    """A unit whose regex map has a syntax error is skipped, and only that unit."""
    found, skipped = units({"filters": {"F": ["", regexes], "G": ["", ""]}})

    assert [unit.name for unit in found] == (["F", "G"] if accepted else ["G"])
    assert skipped == ([] if accepted else ["F"])


def test_properties() -> None:
    """The first equals sign divides key and regex."""
    assert properties("a=x=y;b=.*;") == {"a": "x=y", "b": ".*"}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(None, id="nil"),
        pytest.param([], id="an array"),
        pytest.param({"filter": {}}, id="an unknown section"),
        pytest.param({"filters": []}, id="a section that is no map"),
        pytest.param({"filters": {"F": "text"}}, id="a unit that is no array"),
        pytest.param({"filters": {"F": ["text", {"a": "b"}]}}, id="regexes as a map"),
    ],
)
def test_malformed(answer: object) -> None:
    """Anything else drops the whole answer."""
    with pytest.raises(MalformedDiscoveryError):
        units(answer)
