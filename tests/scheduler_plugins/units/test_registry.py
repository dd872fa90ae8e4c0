"""The tables of policy units, and that the documentation knows every one of them."""

import re
import sys
from pathlib import Path

import pytest

from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.demand.ages import LEAST_DEPARTURES
from scheduler_plugins.units.context import ALONE
from scheduler_plugins.units.parameters import declared
from scheduler_plugins.units.registry import FILTERS, WEIGHTS, Unit
from tests.scheduler_plugins import inventories as inv

DOCS = (Path(__file__).parents[3] / "docs" / "units.md").read_text("utf-8")
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
    assert ["MdevConsolidate", "MdevSpread", "MdevFragmentation", "MdevReserve"] == list(WEIGHTS)


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
    wanted = wanted_in(name)
    verdicts = [(host, FILTERS[name].judge(wanted, inv.view(inventory))) for host, inventory in EXAMPLE.items()]

    assert [(host, f"{v.code or 'fits'}: {v.text}") for host, v in verdicts] == example(name)


@pytest.mark.parametrize("name", WEIGHTS)
def test_worked_example_of_a_weight(name: str) -> None:
    """The weights in the documentation are what the unit says of these hosts."""
    wanted = wanted_in(name)
    weights = [
        (host, str(WEIGHTS[name].weigh(wanted, inv.view(inventory), ALONE))) for host, inventory in EXAMPLE.items()
    ]

    assert weights == example(name)


@pytest.mark.parametrize("code", RefusalCode)
def test_refusals_documented(code: RefusalCode) -> None:
    """Every refusal's code is explained beside the filter."""
    assert f"| `{code}` |" in SECTIONS["MdevFilter"]


@pytest.mark.parametrize("name", WEIGHTS)
def test_parameters_documented(name: str) -> None:
    """Every property stands in its unit's section and in its module's description, and is declared."""
    unit = WEIGHTS[name]
    module = sys.modules[type(unit).__module__].__doc__ or ""

    assert declared(*unit.parameters) == unit.properties
    for parameter in unit.parameters:
        assert f"| `{parameter.key}` |" in SECTIONS[name]
        assert f"- `{parameter.key}` (" in module


def test_no_two_units_declare_one_property() -> None:
    """The engine keeps one regex of each key for the whole policy."""
    keys = [parameter.key for unit in WEIGHTS.values() for parameter in unit.parameters]

    assert len(set(keys)) == len(keys)


def test_how_many_lives_it_takes_is_documented() -> None:
    """As the code has it."""
    assert f"Until {LEAST_DEPARTURES:.0f} VMs have been seen to end" in SECTIONS["MdevFragmentation"]


def test_places_out_of_reach() -> None:
    """The two hosts that the documentation tells apart have the weights that it says."""
    first, second = "0000:3b:00.0", "0000:86:00.0"
    empty = inv.view(inv.host(inv.gpu(first, inv.T4), inv.gpu(second, inv.T4)))
    behind = inv.view(inv.host(inv.gpu(first, inv.T4), inv.gpu(second, inv.T4, {"nvidia-232": 3})))
    weights = [WEIGHTS["MdevFragmentation"].weigh(inv.request("nvidia-231"), v, ALONE) for v in (empty, behind)]

    assert "Here they weigh {} and {}:".format(*weights) in SECTIONS["MdevFragmentation"]


def wanted_in(name: str) -> Request:
    """What the VM of a unit's worked example asks for."""
    types = SECTIONS[name].partition("asks for `")[2].partition("`")[0].split(",")
    return inv.request(*(types if types != ["no mediated device"] else ()))


def example(name: str) -> list[tuple[str, str]]:
    """Host and outcome of each row of a unit's worked example."""
    return re.findall(
        r"^\| (\w+) \| [^|`]+ \| ([^|]+) \|$", SECTIONS[name].partition("The VM asks for")[2].partition("|---")[2], re.M
    )
