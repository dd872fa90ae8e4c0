"""Policy properties: declared as the engine takes them, read in one place, errors that name them."""

import re

import pytest

from scheduler_plugins.units.parameters import (
    AGES,
    MIX,
    RESERVED_TYPES,
    USUAL,
    BadPropertyError,
    Parameter,
    Settings,
    declared,
    settings_of,
    usable,
)

ALL = (MIX, AGES, RESERVED_TYPES)
# The engine's own grammar of `key=regex;key=regex`.
GRAMMAR = re.compile(r"([a-z_A-Z0-9]+=[^;]*(;[a-z_A-Z0-9]+=[^;]*)*;?)?")

GOOD = [
    pytest.param({}, USUAL, id="nothing set"),
    pytest.param({p.key: "" for p in ALL}, USUAL, id="all empty"),
    pytest.param({"HighUtilization": "80"}, USUAL, id="the engine's own"),
    pytest.param({MIX.key: "a:80,b_1.x-y:20"}, Settings(mix={"a": 0.8, "b_1.x-y": 0.2}), id="a mix"),
    pytest.param({MIX.key: "a:0"}, Settings(mix={"a": 0.0}), id="a mix of nothing"),
    pytest.param({AGES.key: "no"}, Settings(ages=False), id="no ages"),
    pytest.param({AGES.key: "yes"}, USUAL, id="ages"),
    pytest.param({RESERVED_TYPES.key: "a,b"}, Settings(reserved_types=frozenset("ab")), id="types"),
]
BAD = [
    (MIX, "a"),
    (MIX, "a:80,"),
    (MIX, "a:80, b:20"),
    (MIX, "a:-1"),
    (MIX, "a:1234567"),
    (AGES, "true"),
    (AGES, "yes\n"),
    (RESERVED_TYPES, "a,,b"),
    (RESERVED_TYPES, "a b"),
]


@pytest.mark.parametrize(("properties", "settings"), GOOD)
def test_read(properties: dict[str, str], settings: Settings) -> None:
    """A property that is missing or empty has its default; keys of others are ignored."""
    assert settings == settings_of(ALL, properties) == usable(ALL, properties)


@pytest.mark.parametrize(("parameter", "value"), BAD)
def test_bad(parameter: Parameter, value: str) -> None:
    """A bad value is an error that names key, value and what is taken; who must not fail has the default."""
    properties = {AGES.key: "no"} | {parameter.key: value}
    with pytest.raises(BadPropertyError, match=rf"{parameter.key} is .*, not .*{parameter.takes[:5]}") as caught:
        settings_of(ALL, properties)

    assert repr(value) in str(caught.value)
    assert Settings(ages=parameter is AGES) == usable(ALL, properties)


def test_a_unit_reads_its_own_alone() -> None:
    """A bad value of another unit's property costs a unit nothing."""
    assert USUAL == settings_of([AGES], {MIX.key: "?"})


def test_declared() -> None:
    """Properties are declared in the engine's grammar, every regex by its key."""
    text = declared(*ALL)

    assert GRAMMAR.fullmatch(text)
    assert {p.key: p.regex for p in ALL} == dict(entry.split("=", 1) for entry in text.split(";"))
    assert "" == declared()
