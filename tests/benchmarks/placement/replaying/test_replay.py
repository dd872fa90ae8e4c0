"""The judge plays by the host's rules: counted by hand, and against a slow replay on the product's model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.placement.replaying import rules, weighing
from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Observation, Source
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.placement import Placement
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.demand.mix import Mix
from scheduler_plugins.units.consolidate import MdevConsolidate
from scheduler_plugins.units.context import Context
from scheduler_plugins.units.fragmentation import MdevFragmentation
from scheduler_plugins.units.spread import MdevSpread
from tests.benchmarks.placement.conftest import Judge
from tests.benchmarks.placement.slow import NAMES, TYPES, Alive, Rule, Vm, replayed

pytestmark = pytest.mark.timeout(600)  # the first to come compiles
ONE, TWO, FOUR, HALF, WHOLE = range(5)


@st.composite
def demands(draw: st.DrawFn) -> list[Vm]:
    """Up to 40 VMs of all sizes, one or two instances each."""
    gaps = draw(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=40))
    lives = st.floats(0.1, 20.0)
    return [Vm(float(when), draw(lives), draw(st.integers(0, 4)), draw(st.integers(1, 2))) for when in np.cumsum(gaps)]


def packing(seen: HostInventory, alive: Alive, put: Placement) -> float:  # noqa: D103
    held, total = [dict(card) for card in alive], 0.0
    for slot in put.slots:
        card = held[int(slot.parent[5:7], 16) - 0x10]
        empty = sum(not any(one.values()) for one in held)
        if any(card.values()):
            total += 1.0 - sum(card.values()) / TYPES[slot.type].most
        else:
            total += (10 if empty < len(held) else 100) + empty
        card[slot.type] = card.get(slot.type, 0) + 1
    return total


def fewest(seen: HostInventory, alive: Alive, put: Placement) -> float:  # noqa: D103
    return float(sum(sum(card.values()) for card in alive))


def unit(weight: MdevConsolidate | MdevSpread | MdevFragmentation) -> Rule:
    """The product's own unit as a rule, told the mix that the judge tells."""
    context = Context(mix=Mix.given(dict.fromkeys(NAMES, 0.2), Mix()))

    def weigh(seen: HostInventory, alive: Alive, put: Placement) -> float:
        view = HostView("h", "h", False, Observation("h", seen, Source.HOOK, 0.0, 0.0))
        return float(weight.weigh(Request(types=tuple(slot.type for slot in put.slots)), view, context))

    return weigh


@pytest.mark.parametrize(
    ("rule", "slowly"),
    [
        pytest.param(rules.PACKING, packing, id="packing"),
        pytest.param(rules.FEWEST, fewest, id="fewest"),
        pytest.param(weighing.CONSOLIDATE, unit(MdevConsolidate()), id="consolidate"),
        pytest.param(weighing.SPREAD, unit(MdevSpread()), id="spread"),
        pytest.param(weighing.FRAGMENTATION, unit(MdevFragmentation()), id="fragmentation"),
    ],
)
@settings(max_examples=15, deadline=None)
@given(vms=demands())
def test_the_judge_starts_every_vm_where_the_product_would(
    judge: Judge, rule: int, slowly: Rule, vms: list[Vm]
) -> None:
    """Compiled and slow replay agree on the host of every VM, and no card ever holds what it cannot."""
    assert replayed(3, 2, vms, slowly) == judge(3, 2, vms, rule).host.tolist()


@pytest.mark.parametrize("rule", [*range(12), *range(20, 25)])
def test_the_same_seed_gives_the_same_outcome(judge: Judge, rule: int) -> None:
    """Every rule is deterministic, those that draw lots too."""
    vms = [Vm(0.1 * n, 1.5, n % 5, 1 + n % 2) for n in range(200)]
    first, second = (judge(3, 4, vms, rule, random_ties=True) for _ in range(2))

    assert first.host.tolist() == second.host.tolist()
    assert first[1:] == second[1:]


@pytest.mark.parametrize("rule", [*range(12), *range(20, 25)])
def test_no_rule_refuses_while_a_host_has_room(judge: Judge, rule: int) -> None:
    """A whole card is free on the last host only: every rule finds it, and then there is none."""
    vms = [Vm(0.0, 9.0, WHOLE), Vm(0.1, 9.0, WHOLE), Vm(0.2, 9.0, WHOLE), Vm(0.3, 9.0, WHOLE)]

    assert {0, 1, 2} == set(judge(3, 1, vms, rule).host[:3].tolist())
    assert -1 == judge(3, 1, vms, rule).host[3]


def test_a_case_counted_by_hand(judge: Judge) -> None:
    """Packing joins the half card, opens on the host in use, then elsewhere; at their end cards are free."""
    vms = [
        Vm(0.0, 1.0, HALF),  # host 0, first card
        Vm(0.1, 9.0, HALF),  # joins it
        Vm(0.2, 9.0, FOUR),  # host 0, second card
        Vm(0.3, 9.0, WHOLE, 2),  # host 1, both cards
        Vm(0.4, 9.0, WHOLE),  # nowhere
        Vm(1.5, 9.0, HALF),  # beside the second, the first is gone
        Vm(1.6, 9.0, ONE),  # nowhere: no card is empty, none holds its type
    ]

    outcome = judge(2, 2, vms, rules.PACKING)

    assert [0, 0, 0, 1, -1, 0, -1] == outcome.host.tolist()
    assert 0 == outcome.failed


def test_time_without_an_empty_card_and_idle_hosts_are_counted(judge: Judge) -> None:
    """Of three equal spans between starts two see one of two hosts idle, and the last no card empty."""
    vms = [Vm(1.0, 0.5, ONE), Vm(2.0, 9.0, ONE), Vm(3.0, 9.0, TWO), Vm(4.0, 9.0, ONE)]

    outcome = judge(2, 1, vms, rules.PACKING)

    assert pytest.approx(2 / 3) == outcome.largest
    assert pytest.approx(2 / 3) == outcome.spare


def test_a_start_on_an_old_view_may_fail_and_is_run_again(judge: Judge) -> None:
    """Without claims the second start of a burst meets a full card, counts as failed and goes elsewhere."""
    vms = [Vm(0.0, 9.0, WHOLE), Vm(0.1, 9.0, WHOLE)]
    outcomes = [judge(2, 1, vms, rules.PACKING, lag=60.0, claims=claims) for claims in (True, False)]

    assert [[0, 1], [0, 1]] == [outcome.host.tolist() for outcome in outcomes]
    assert [0, 1] == [outcome.failed for outcome in outcomes]


def test_the_types_are_numbered_as_the_ladder() -> None:
    """Both replays speak of the same sizes."""
    assert ["nvidia-230", "nvidia-231", "nvidia-232", "nvidia-233", "nvidia-234"] == NAMES
