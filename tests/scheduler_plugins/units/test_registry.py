"""The tables of policy units, and that the documentation knows every one of them."""

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.demand.ages import LEAST_DEPARTURES
from scheduler_plugins.units.context import ALONE
from scheduler_plugins.units.mdev_filter import MdevFilter
from scheduler_plugins.units.parameters import declared
from scheduler_plugins.units.registry import FILTERS, WEIGHTS, Unit, Weight
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import B2, Q2, Q4, A, B, t4
from tests.scheduler_plugins.random_hosts import hosts, requests, sources

DOCS = (Path(__file__).parents[3] / "docs" / "units.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", DOCS, re.M | re.S))
UNITS: dict[str, Unit] = {**FILTERS, **WEIGHTS}

EXAMPLE = {
    "gpu1": inv.host(t4()),
    "gpu2": inv.host(t4(A, {Q2: 3})),
    "gpu3": inv.host(t4(A, {Q2: 7})),
    "gpu4": inv.host(t4(A, {B2: 1})),
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
    verdicts = [(host, FILTERS[name].judge(wanted, inv.view(seen))) for host, seen in EXAMPLE.items()]

    assert [(host, f"{v.code or 'fits'}: {v.text}") for host, v in verdicts] == example(name)


@pytest.mark.parametrize("name", WEIGHTS)
def test_worked_example_of_a_weight(name: str) -> None:
    """The weights in the documentation are what the unit says of these hosts."""
    wanted = wanted_in(name)
    unit = WEIGHTS[name]
    weights = [(host, str(unit.weigh(wanted, inv.view(seen), ALONE))) for host, seen in EXAMPLE.items()]

    assert weights == example(name)


@given(hosts(), sources, requests, st.booleans())
def test_weights_in_range(inventory: HostInventory, source: Source, types: list[str], separate: bool) -> None:
    """Whole numbers from 0 to 1000, and 1000 exactly where the allocator would refuse a VM that the unit is for."""
    view = inv.view(inventory, separate, source)
    fits = MdevFilter(limit_per_vm=False).judge(inv.request(*types), view).fits

    for unit in WEIGHTS.values():
        weight = unit.weigh(inv.request(*types), view, ALONE)

        assert int is type(weight)
        assert 0 <= weight <= 1000
        assert (weight == 1000) is (unit.with_request and not fits)


@pytest.mark.parametrize("unit", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("with_request", [True, False])
def test_who_a_weight_is_for(unit: Weight, with_request: bool) -> None:
    """A host of which nothing is known is worst for those VMs; all hosts are alike, 0, for the others."""
    asked = inv.request(*[Q2] * with_request)

    assert (1000 if unit.with_request is with_request else 0) == unit.weigh(asked, inv.view(None), ALONE)
    if unit.with_request is not with_request:
        assert 0 == unit.weigh(asked, inv.view(inv.host(t4())), ALONE)


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
    """No two units declare one property: the engine keeps one regex of each key for the whole policy."""
    keys = [parameter.key for unit in WEIGHTS.values() for parameter in unit.parameters]

    assert len(set(keys)) == len(keys)


def test_how_many_lives_it_takes_is_documented() -> None:
    """docs/units.md tells how many VMs must have ended before ages count."""
    assert f"Until {LEAST_DEPARTURES:.0f} VMs have been seen to end" in SECTIONS["MdevFragmentation"]


def test_places_out_of_reach() -> None:
    """The two hosts that the documentation tells apart have the weights that it says."""
    hosts = inv.host(t4(), t4(B)), inv.host(t4(), t4(B, {Q4: 3}))
    weights = [WEIGHTS["MdevFragmentation"].weigh(inv.request(Q2), inv.view(h), ALONE) for h in hosts]

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
