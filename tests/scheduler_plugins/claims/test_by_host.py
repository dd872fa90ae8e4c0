"""What is in flight to each host: who counts there, in which order, and who shares it."""

from hypothesis import given
from hypothesis import strategies as st

from scheduler_plugins.claims.by_host import ByHost
from scheduler_plugins.claims.model import NOTHING, Claim, InFlight, PendingDecision, Start

HOSTS = ("a", "b", "c")
answers = st.lists(st.sampled_from(HOSTS), min_size=1, unique=True).map(tuple)


def start(number: int) -> Start:
    """A start of its own VM."""
    return Start(f"vm-{number}", "", ("t",))


@given(st.lists(st.sampled_from(HOSTS)), st.lists(answers))
def test_each_host_has_what_names_it(claimed: list[str], answered: list[tuple[str, ...]]) -> None:
    """To a host every claim on it and every decision that answered it is in flight, in the order decided."""
    claims = [Claim(start(number), host, number) for number, host in enumerate(claimed)]
    pending = [PendingDecision(start(9 + number), hosts, number) for number, hosts in enumerate(answered)]
    by_host = ByHost(claims, pending)

    for host in HOSTS:
        here = tuple(claim for claim in claims if claim.host_id == host)
        may_come = tuple(decision for decision in pending if host in decision.hosts)
        assert InFlight(here, may_come) == by_host.at(host)


def test_hosts_to_which_the_same_is_in_flight_share_it() -> None:
    """Hosts to which the same is in flight share one object, as do all to which nothing is."""
    pending = [PendingDecision(start(1), ("a", "b"), 0), PendingDecision(start(2), ("a", "b"), 1)]
    by_host = ByHost([Claim(start(3), "c", 0)], pending)

    assert by_host.at("a") is by_host.at("b")
    assert NOTHING is by_host.at("elsewhere")
