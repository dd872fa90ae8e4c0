"""How a host stands to a request while other starts are in flight."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.claims.model import Claim, InFlight
from scheduler_plugins.decisions.candidates import Candidate, candidate
from scheduler_plugins.units.mdev_filter import MdevFilter
from tests.scheduler_plugins.decisions.in_flight import HERE, alone, full_but, shown, stands, waiting
from tests.scheduler_plugins.inventories import A40_4Q, Q1, Q2, Q16, B, a40, device, gvtg, host, request, t4, view

NONE, ONE, MORE, REFUSED = "in the way", "one", "more", "refused"


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        pytest.param(MORE, stands(full_but(2), Q2), id="two left"),
        pytest.param(ONE, stands(full_but(1), Q2), id="one left"),
        pytest.param(ONE, stands(full_but(3), Q2, Q2), id="three left, and it wants two each time"),
        pytest.param(ONE, stands(full_but(2), Q2, claims=[shown(Q2)]), id="one of two is taken"),
        pytest.param(ONE, stands(full_but(2), Q2, pending=[waiting(Q2)]), id="one of two may be taken"),
        pytest.param(REFUSED, stands(full_but(1), Q2, claims=[shown(Q2)]), id="the last one is taken"),
        pytest.param(NONE, stands(full_but(1), Q2, claims=[alone(Q2)]), id="taken, as far as we alone know"),
        pytest.param(NONE, stands(full_but(1), Q2, pending=[waiting(Q2)]), id="may be taken"),
        pytest.param(NONE, stands(full_but(2), Q2, pending=[waiting(Q2, Q2)]), id="by one that wants two"),
        pytest.param(REFUSED, stands(full_but(2), Q2, claims=[shown(Q2), shown(Q2)], pending=[waiting(Q2)]), id="both"),
        pytest.param(REFUSED, stands(full_but(0), Q2, pending=[waiting(Q2)]), id="full without anybody"),
        pytest.param(
            MORE, stands(host(t4(), t4(B)), Q2, pending=[waiting(Q16)]), id="another card, whoever comes first"
        ),
        pytest.param(NONE, stands(host(t4()), Q2, pending=[waiting(Q16)]), id="the same card"),
        pytest.param(NONE, stands(host(t4()), Q2, claims=[alone(Q1)]), id="of another size on the same card"),
        pytest.param(
            MORE,
            stands(host(a40(16, *[A40_4Q] * 9)), A40_4Q, pending=[waiting(A40_4Q)]),
            id="functions: three of twelve left, one may be taken",
        ),
        pytest.param(
            ONE,
            stands(host(a40(16, *[A40_4Q] * 10)), A40_4Q, claims=[shown(A40_4Q)]),
            id="functions: two of twelve left, one is taken",
        ),
        pytest.param(
            MORE,
            stands(
                host(gvtg({"i915-GVTg_V5_1": 1, "i915-GVTg_V5_2": 2, "i915-GVTg_V5_4": 5, "i915-GVTg_V5_8": 7})),
                "i915-GVTg_V5_8",
                pending=[waiting("i915-GVTg_V5_4")],
            ),
            id="a pool: both fit beside each other",
        ),
    ],
)
def test_the_margin(expected: str, found: Candidate) -> None:
    """A host's margin is what is left for the request once all that is in flight has arrived."""
    state = MORE if found.roomy else ONE if found.able else NONE if found.in_the_way else REFUSED

    assert expected == state, found.verdict.text


@pytest.mark.parametrize(("compact", "fits"), [(True, True), (False, False)])
def test_a_start_without_placement_is_compact_in_flight_too(compact: bool, fits: bool) -> None:
    """On a separated host a start in flight takes one card or two, by whether the engine sends the placement."""
    spread = replace(view(host(t4(), t4(B))), separate=True)
    claim = replace(shown(Q2, Q2), start=replace(shown(Q2, Q2).start, compact=compact))

    assert fits is candidate(MdevFilter(), request(Q16), spread, InFlight((claim,))).able


def test_the_order_of_arrival_may_decide() -> None:
    """A host does not fit where the request gets its place only if it comes first."""
    inventory = host(t4(), t4(B, {Q1: 15}))
    found = stands(inventory, Q1, claims=[shown(Q2)])

    assert not found.able
    assert ["shown"] == [start.vm_name for start in found.in_the_way]
    assert stands(inventory, Q2, claims=[shown(Q2)]).able


def test_of_two_in_each_others_way_either_may_win() -> None:
    """Of two starts in each other's way either may win: the request must fit beside both."""
    found = stands(host(t4()), Q1, claims=[alone(Q1)], pending=[waiting(Q2)])

    assert not found.able
    assert found.in_the_way


def test_a_refusal_names_who_took_it() -> None:
    """A refusal because of claims names all VMs that the engine shows there."""
    found = stands(full_but(1), Q2, claims=[shown(Q2)])

    assert RefusalCode.CLAIMED is found.verdict.code
    assert "what it has free is taken by starts in flight: VM shown" == found.verdict.text
    assert not found.in_the_way


def test_a_full_host_says_so_whoever_is_in_flight() -> None:
    """A host that would refuse without starts in flight says so, and names none of them."""
    found = stands(full_but(0), Q2, claims=[shown(Q2)], pending=[waiting(Q2)])

    assert RefusalCode.NO_FREE_INSTANCE is found.verdict.code


def test_an_unknown_device_is_left_alone() -> None:
    """Of a type of which nothing is known but its figure, two starts take two instances."""
    found = stands(host(device("mtty", {"other-1": 2})), "other-1", pending=[waiting("other-1")])

    assert (True, False) == (found.able, found.roomy)


def test_an_inventory_that_shows_the_instance_is_not_charged_twice() -> None:
    """A claim whose instance the inventory shows takes nothing more."""
    there = stands(full_but(1), Q2, claims=[shown(Q2, uuids=["0000:3b:00.0/nvidia-231/0"])])

    assert (True, False) == (there.able, stands(full_but(1), Q2, claims=[shown(Q2)]).able)


def test_starts_that_are_alike_count_alike() -> None:
    """A host is judged once for all starts in flight that want the same, whoever they are."""
    here, unit = view(full_but(3)), MdevFilter()
    one, two = (InFlight((), (replace(waiting(Q2), best=best),)) for best in (None, HERE))
    more = InFlight((), (waiting(Q2, Q2),))

    assert candidate(unit, request(Q2), here, one) is candidate(unit, request(Q2), here, two)
    assert candidate(unit, request(Q2), here, one) is not candidate(unit, request(Q2), here, more)


def test_who_is_in_the_way_is_told_by_name() -> None:
    """A refusal names those that are in the way now, though the host was judged for others before."""
    here, unit = view(full_but(1)), MdevFilter()
    named = [replace(waiting(Q2), start=replace(waiting(Q2).start, vm_name=name)) for name in ("one", "two")]
    found = [candidate(unit, request(Q2), here, InFlight((), (each,))) for each in named]

    assert [["one"], ["two"]] == [[start.vm_name for start in each.in_the_way] for each in found]
    assert ["VM one", "VM two"] == [each.verdict.text[-6:] for each in found]


STARTS = st.sampled_from([shown(Q2), shown(Q1), alone(Q2), waiting(Q2), waiting(Q1, Q1), waiting(Q16)])


@given(st.lists(st.tuples(st.lists(STARTS, max_size=3), st.sampled_from([(Q1,), (Q2,), (Q2, Q2)]))))
def test_what_is_remembered_is_what_would_be_worked_out(asked: list[tuple[list[Any], tuple[str, ...]]]) -> None:
    """Whatever a view was asked before, a new view of the same host answers alike."""
    unit, remembering = MdevFilter(), view(full_but(3))
    for starts, wanted in asked:
        claims = tuple(start for start in starts if isinstance(start, Claim))
        in_flight = InFlight(claims, tuple(start for start in starts if not isinstance(start, Claim)))
        known, anew = (candidate(unit, request(*wanted), each, in_flight) for each in (remembering, view(full_but(3))))

        assert (anew.verdict, anew.in_the_way, anew.roomy) == (known.verdict, known.in_the_way, known.roomy)
