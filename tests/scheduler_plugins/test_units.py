"""The tables of policy units, and that the documentation knows every one of them."""

import re
from pathlib import Path

import pytest

from scheduler_plugins.placement import RefusalCode
from scheduler_plugins.units import FILTERS, WEIGHTS, Unit
from tests.scheduler_plugins import inventories as inv

DOCS = (Path(__file__).parents[2] / "docs" / "units.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", DOCS, re.M | re.S))
UNITS: dict[str, Unit] = {**FILTERS, **WEIGHTS}

EXAMPLE = {
    "gpu1": inv.host(inv.gpu("0000:3b:00.0", inv.T4)),
    "gpu2": inv.host(inv.gpu("0000:3b:00.0", inv.T4, {"nvidia-231": 3})),
    "gpu3": inv.host(inv.gpu("0000:3b:00.0", inv.T4, {"nvidia-231": 7})),
    "gpu4": inv.host(inv.gpu("0000:3b:00.0", inv.T4, {"nvidia-223": 1})),
    "cpu1": inv.host(),
}
"""The hosts of the worked examples."""


def test_names() -> None:
    """The engine knows units by name and type; a rename makes another unit."""
    assert ["MdevFilter"] == list(FILTERS)
    assert ["MdevConsolidate", "MdevSpread"] == list(WEIGHTS)


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_what_the_engine_is_told(unit: Unit) -> None:
    """A unit's description is one line of ASCII, its properties have the engine's syntax."""
    assert unit is UNITS[unit.name]
    assert re.fullmatch(r"[ -~]{20,100}", unit.description)
    assert re.fullmatch(r"(\w+=[^;]*(;\w+=[^;]*)*;?)?", unit.properties)


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_documented(unit: Unit) -> None:
    """Every unit has a section in docs/units.md, with a worked example over the same hosts."""
    assert list(EXAMPLE) == [host for host, _ in example(unit.name)]


@pytest.mark.parametrize("name", FILTERS)
def test_worked_example_of_a_filter(name: str) -> None:
    """The verdicts in the documentation are what the unit says of these hosts."""
    wanted = inv.request(*SECTIONS[name].partition("asks for `")[2].partition("`")[0].split(","))
    verdicts = [
        (host, FILTERS[name].judge(wanted, inv.view(inventory), 1000.0))
        for host, inventory in EXAMPLE.items()
    ]

    assert [(host, f"{v.code or 'fits'}: {v.text}") for host, v in verdicts] == example(name)


@pytest.mark.parametrize("name", WEIGHTS)
def test_worked_example_of_a_weight(name: str) -> None:
    """The weights in the documentation are what the unit says of these hosts."""
    wanted = inv.request(*SECTIONS[name].partition("asks for `")[2].partition("`")[0].split(","))
    weights = [
        (host, str(WEIGHTS[name].weigh(wanted, inv.view(inventory)))) for host, inventory in EXAMPLE.items()
    ]

    assert weights == example(name)


@pytest.mark.parametrize("code", RefusalCode)
def test_refusals_documented(code: RefusalCode) -> None:
    """Every refusal's code is explained beside the filter."""
    assert f"| `{code}` |" in SECTIONS["MdevFilter"]


def example(name: str) -> list[tuple[str, str]]:
    """Host and outcome of each row of a unit's worked example."""
    return re.findall(r"^\| (\w+) \| [^|`]+ \| ([^|]+) \|$", SECTIONS[name].partition("|---")[2], re.M)
