"""How a host stands to a request while other starts are in flight, and which hosts are answered."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from mdev_inventory.model import HostInventory
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.claims.model import Firm, Start, Taken, Unresolved
from scheduler_plugins.claims.outstanding import outstanding
from scheduler_plugins.decisions.margins import (
    Look,
    Standing,
    answer,
    at_risk,
    best_chance,
    holding,
    stand,
)
from scheduler_plugins.decisions.states import States
from scheduler_plugins.units.mdev_filter import MdevFilter
from tests.scheduler_plugins.inventories import A40, T4, device, functions, gpu, gvtg, host, request, view

HERE = "id-1"
Q1, Q2, Q16 = "nvidia-230", "nvidia-231", "nvidia-234"


def shown(*types: str, uuids: Sequence[str] = ()) -> Firm:
    """A VM that the engine shows on the host."""
    return Firm(Start("s", "shown", types, tuple(uuids)), HERE, 900.0, 950.0)


def alone(*types: str) -> Firm:
    """A VM for which only this host was answered."""
    return Firm(Start("a", "alone", types), HERE, 900.0)


def waiting(*types: str, hosts: int = 2, at: float = 900.0) -> Unresolved:
    """A VM that may go to any of so many hosts."""
    return Unresolved(Start("w", "open", types), tuple(f"id-{n}" for n in range(1, hosts + 1)), at)


def standing(
    inventory: HostInventory, *wanted: str, firm: Sequence[Firm] = (), unresolved: Sequence[Unresolved] = ()
) -> Standing:
    """How the host of that inventory stands to the request."""
    look = Look(MdevFilter(), request(*wanted), States(), 1001.0)
    return stand(look, view(inventory), Taken(tuple(firm), tuple(unresolved)))


def full_but(left: int) -> HostInventory:
    """A T4 with so many 2Q left of eight."""
    return host(gpu("0000:3b:00.0", T4, {Q2: 8 - left}))


NONE, ONE, MORE, REFUSED = "in the way", "one", "more", "refused"


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        pytest.param(MORE, standing(full_but(2), Q2), id="two left"),
        pytest.param(ONE, standing(full_but(1), Q2), id="one left"),
        pytest.param(ONE, standing(full_but(3), Q2, Q2), id="three left, and it wants two each time"),
        pytest.param(ONE, standing(full_but(2), Q2, firm=[shown(Q2)]), id="one of two is taken"),
        pytest.param(ONE, standing(full_but(2), Q2, unresolved=[waiting(Q2)]), id="one of two may be taken"),
        pytest.param(REFUSED, standing(full_but(1), Q2, firm=[shown(Q2)]), id="the last one is taken"),
        pytest.param(NONE, standing(full_but(1), Q2, firm=[alone(Q2)]), id="taken, as far as we alone know"),
        pytest.param(NONE, standing(full_but(1), Q2, unresolved=[waiting(Q2)]), id="may be taken"),
        pytest.param(
            NONE, standing(full_but(2), Q2, unresolved=[waiting(Q2, Q2)]), id="by one that wants two"
        ),
        pytest.param(
            REFUSED,
            standing(full_but(2), Q2, firm=[shown(Q2), shown(Q2)], unresolved=[waiting(Q2)]),
            id="both",
        ),
        pytest.param(REFUSED, standing(full_but(0), Q2, unresolved=[waiting(Q2)]), id="full without anybody"),
        pytest.param(
            MORE,
            standing(host(gpu("0000:3b:00.0", T4), gpu("0000:5e:00.0", T4)), Q2, unresolved=[waiting(Q16)]),
            id="another card, whoever comes first",
        ),
        pytest.param(
            NONE, standing(host(gpu("0000:3b:00.0", T4)), Q2, unresolved=[waiting(Q16)]), id="the same card"
        ),
        pytest.param(
            NONE,
            standing(host(gpu("0000:3b:00.0", T4)), Q2, firm=[alone(Q1)]),
            id="of another size on the same card",
        ),
        pytest.param(
            MORE,
            standing(
                host(functions("0000:3b", 16, A40, {"nvidia-560": 1}, ["nvidia-560"] * 9)),
                "nvidia-560",
                unresolved=[waiting("nvidia-560")],
            ),
            id="functions: three of twelve left, one may be taken",
        ),
        pytest.param(
            ONE,
            standing(
                host(functions("0000:3b", 16, A40, {"nvidia-560": 1}, ["nvidia-560"] * 10)),
                "nvidia-560",
                firm=[shown("nvidia-560")],
            ),
            id="functions: two of twelve left, one is taken",
        ),
        pytest.param(
            MORE,
            standing(
                host(
                    gvtg({"i915-GVTg_V5_1": 1, "i915-GVTg_V5_2": 2, "i915-GVTg_V5_4": 5, "i915-GVTg_V5_8": 7})
                ),
                "i915-GVTg_V5_8",
                unresolved=[waiting("i915-GVTg_V5_4")],
            ),
            id="a pool: both fit beside each other",
        ),
    ],
)
def test_the_margin(expected: str, found: Standing) -> None:
    """What is left for the request once all that is in flight has arrived."""
    state = MORE if found.roomy else ONE if found.able else NONE if found.in_the_way else REFUSED

    assert expected == state, found.verdict.text


def test_the_order_of_arrival_may_decide() -> None:
    """The card that the other would leave free is the first one: whoever comes first takes it."""
    inventory = host(gpu("0000:3b:00.0", T4), gpu("0000:5e:00.0", T4, {Q1: 15}))
    found = standing(inventory, Q1, firm=[shown(Q2)])

    assert not found.able
    assert ["shown"] == [start.vm_name for start in found.in_the_way]
    assert standing(inventory, Q2, firm=[shown(Q2)]).able


def test_of_two_in_each_others_way_either_may_win() -> None:
    """A start of another size may hold the only card, though the request would fit beside the first."""
    found = standing(host(gpu("0000:3b:00.0", T4)), Q1, firm=[alone(Q1)], unresolved=[waiting(Q2)])

    assert not found.able
    assert found.in_the_way


def test_a_refusal_names_who_took_it() -> None:
    """All those that the engine shows there."""
    found = standing(full_but(1), Q2, firm=[shown(Q2)])

    assert RefusalCode.CLAIMED is found.verdict.code
    assert "what it has free is taken by starts in flight: VM shown" == found.verdict.text
    assert not found.in_the_way


def test_a_full_host_says_so_whoever_is_in_flight() -> None:
    """It would refuse without them as well."""
    found = standing(full_but(0), Q2, firm=[shown(Q2)], unresolved=[waiting(Q2)])

    assert RefusalCode.NO_FREE_INSTANCE is found.verdict.code


@pytest.mark.parametrize(
    ("left", "uuids", "owners"),
    [
        pytest.param([Q2], [], None, id="nothing is known of its instances"),
        pytest.param([], ["0000:3b:00.0/nvidia-231/0"], None, id="by the id of its device"),
        pytest.param([], [], {"0000:3b:00.0/nvidia-231/0": "s"}, id="by the host's word"),
        pytest.param([Q2], [], {"0000:3b:00.0/nvidia-231/0": "t"}, id="it is another VM's"),
        pytest.param(
            [Q2],
            ["0000:3b:00.0/nvidia-231/0"],
            {"0000:3b:00.0/nvidia-231/0": "t"},
            id="the host's word counts more",
        ),
    ],
)
def test_an_instance_that_shows_is_not_counted_again(
    left: list[str], uuids: list[str], owners: dict[str, str] | None
) -> None:
    """What the inventory has counted already is no more in flight."""
    seen = view(full_but(7)).observation
    assert seen

    claim = shown(Q2, uuids=uuids)
    assert left == list(outstanding(claim.start, replace(seen, owners=owners)).types)


def test_of_two_instances_one_may_show() -> None:
    """The other one is still to come."""
    seen = view(full_but(7)).observation
    assert seen

    start = Start("s", "", (Q2, Q2), ("0000:3b:00.0/nvidia-231/0", "another"))
    assert (Q2,) == outstanding(start, seen).types


def test_weights_see_what_is_taken() -> None:
    """Firm claims, and open ones where their weights were least."""
    taken = Taken(
        (shown(Q2),), (waiting(Q2), replace(waiting(Q2), best=HERE), replace(waiting(Q2), best="id-2"))
    )
    held = holding(States(), view(full_but(8)), taken).observation
    assert held

    (card,) = held.inventory.parents
    found = card.find(Q2)
    assert found
    assert 6 == found.available


def named(name: str, found: Standing) -> Standing:
    """The standing of a host of that name."""
    return replace(found, view=replace(found.view, id=name))


def last(standings: Sequence[Standing]) -> Standing:
    """The best of several, for these tests."""
    return standings[-1]


def test_which_hosts_are_answered() -> None:
    """All that have room while one keeps some; else the best; none where none has any."""
    one, more = named("one", standing(full_but(1), Q2)), named("more", standing(full_but(2), Q2))
    none, other = named("none", standing(full_but(0), Q2)), named("other", standing(full_but(1), Q2))

    assert ("one", "more") == answer([one, none, more], last)
    assert ("other",) == answer([one, none, other], last)
    assert ("one",) == answer([none, one], last)
    assert () == answer([none], last)


def test_the_best_chance() -> None:
    """Fewest that may come, for each place; of equals, where the latest was decided longest ago."""
    one = named("one", standing(full_but(1), Q2, unresolved=[waiting(Q2)]))
    two = named("two", standing(full_but(2), Q2, unresolved=[waiting(Q2), waiting(Q2)]))
    many = named("many", standing(full_but(1), Q2, unresolved=[waiting(Q2, hosts=5)]))
    sure = named("sure", standing(full_but(1), Q2, firm=[alone(Q2)]))
    later = named("later", standing(full_but(1), Q2, unresolved=[waiting(Q2, hosts=5, at=950.0)]))

    assert many is best_chance([sure, one, two, many, later], last)
    assert two is best_chance([sure, one, two], last)
    assert one is best_chance([sure, one], last)
    assert best_chance([named("none", standing(full_but(0), Q2))], last) is None


def test_a_risk_is_said_in_the_verdict() -> None:
    """Where it would land, and who may be in the way."""
    look = Look(MdevFilter(), request(Q2), States(), 1001.0)
    verdict = at_risk(look, standing(full_but(1), Q2, unresolved=[waiting(Q2)]))

    assert verdict.fits
    assert "lands on 0000:3b:00.0 (nvidia-231); at risk: VM open may have been sent there" == verdict.text


def test_what_is_in_flight_is_worked_out_once() -> None:
    """And again as soon as the host shows something else."""
    judged: list[str] = []

    class Counting(MdevFilter):
        def judge(self, request, host, now):  # type: ignore[no-untyped-def]
            judged.append(host.name)
            return super().judge(request, host, now)

    states, unit = States(), Counting()
    taken = Taken((), (waiting(Q2),))
    for age in (1, 2, 3):
        look = Look(unit, request(Q2), states, 1000.0 + age)
        assert age == stand(look, view(full_but(2)), taken).verdict.age_s
    before = len(judged)
    stand(Look(unit, request(Q2), states, 1001.0), view(full_but(1)), taken)

    assert 2 * before == len(judged)


def test_an_unknown_device_is_left_alone() -> None:
    """A type of which nothing is known but its figure: two starts, two instances."""
    found = standing(host(device("mtty", {"other-1": 2})), "other-1", unresolved=[waiting("other-1")])

    assert (True, False) == (found.able, found.roomy)
