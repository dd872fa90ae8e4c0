"""Which hosts are answered, and which one where only a risk is left."""

from collections.abc import Sequence
from dataclasses import replace

from scheduler_plugins.claims.model import InFlight
from scheduler_plugins.decisions.answer import answer, as_weighed, at_risk, best_chance
from scheduler_plugins.decisions.candidates import Candidate
from scheduler_plugins.units.mdev_filter import MdevFilter
from tests.scheduler_plugins.decisions.in_flight import HERE, alone, full_but, shown, stands, waiting
from tests.scheduler_plugins.inventories import Q2, Q4, Q16, request, view


def test_weights_see_what_is_taken() -> None:
    """Weights see a host with its claims, and with the pending decisions that they liked best there."""
    taken = InFlight((shown(Q2),), (waiting(Q2), replace(waiting(Q2), best=HERE), replace(waiting(Q2), best="id-2")))
    held = as_weighed(view(full_but(8)), taken).observation
    assert held

    (card,) = held.inventory.parents
    found = card.find(Q2)
    assert found
    assert 6 == found.available


def test_a_host_never_seen_is_weighed_as_it_is() -> None:
    """A host never seen is weighed as it is, whatever is in flight to it."""
    unseen = view(None)

    assert unseen is as_weighed(unseen, InFlight((shown(Q2),)))


def named(name: str, found: Candidate) -> Candidate:
    """The candidate of a host of that name."""
    return replace(found, view=replace(found.view, id=name))


def last(candidates: Sequence[Candidate]) -> Candidate:
    """The best of several, for these tests."""
    return candidates[-1]


def test_which_hosts_are_answered() -> None:
    """All hosts that fit are answered while one keeps room for another start, else the best of them alone."""
    one, more = named("one", stands(full_but(1), Q2)), named("more", stands(full_but(2), Q2))
    none, other = named("none", stands(full_but(0), Q2)), named("other", stands(full_but(1), Q2))

    assert ("one", "more") == answer([one, none, more], last)
    assert ("other",) == answer([one, none, other], last)
    assert ("one",) == answer([none, one], last)
    assert () == answer([none], last)


def test_the_best_chance() -> None:
    """The best chance is where the fewest may come for each place; of equals, the longest decided."""
    one = named("one", stands(full_but(1), Q2, pending=[waiting(Q2)]))
    two = named("two", stands(full_but(2), Q2, pending=[waiting(Q2), waiting(Q2)]))
    many = named("many", stands(full_but(1), Q2, pending=[waiting(Q2, hosts=5)]))
    sure = named("sure", stands(full_but(1), Q2, claims=[alone(Q2)]))
    later = named("later", stands(full_but(1), Q2, pending=[waiting(Q2, hosts=5, at=950.0)]))

    assert many is best_chance([sure, one, two, many, later], last)
    assert two is best_chance([sure, one, two], last)
    assert one is best_chance([sure, one], last)
    assert best_chance([named("none", stands(full_but(0), Q2))], last) is None


def test_chances_are_told_apart_by_a_few_places_only() -> None:
    """Four places for what may come are as good as eight: our weights decide then."""
    four, eight = (named(of, stands(full_but(8), Q16, pending=[waiting(of)])) for of in (Q4, Q2))

    assert [eight, four] == [best_chance(order, last) for order in ([four, eight], [eight, four])]


def test_a_risk_is_said_in_the_verdict() -> None:
    """The verdict of a host answered at a risk says who may be in the way."""
    verdict = at_risk(MdevFilter(), request(Q2), stands(full_but(1), Q2, pending=[waiting(Q2)]))

    assert verdict.fits
    assert "lands on 0000:3b:00.0 (nvidia-231); at risk: VM open may have been sent there" == verdict.text
