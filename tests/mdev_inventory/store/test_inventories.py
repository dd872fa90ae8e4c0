"""What is known now, in memory and behind that in the store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.observation import Observation, Source
from mdev_inventory.store.inventories import OWN_WORD_HOLDS, Inventories, supersedes
from mdev_inventory.store.store import Store
from tests.mdev_inventory.known import failed, host, known_vm, seen

HOOK, VDSM, ENGINE = Source.HOOK, Source.VDSM, Source.ENGINE


HOLDS = OWN_WORD_HOLDS


@pytest.mark.parametrize(
    ("known", "new", "expected"),
    [
        pytest.param((HOOK, 100, 101), (HOOK, 160, 161), True, id="requested later"),
        pytest.param((HOOK, 160, 161), (HOOK, 100, 170), False, id="requested earlier, arrived later"),
        pytest.param((HOOK, 100, 101), (HOOK, 100, 102), True, id="requested at the same moment"),
        pytest.param((HOOK, 100, 101), (VDSM, 160, 161), True, id="the host's poorer word is its own"),
        pytest.param((ENGINE, 100, 101), (HOOK, 99, 102), False, id="a better source, but older"),
        pytest.param((ENGINE, 100, 101), (ENGINE, 160, 161), True, id="the engine again"),
        pytest.param((ENGINE, 100, 101), (HOOK, 160, 161), True, id="the host after the engine"),
        pytest.param((HOOK, 100, 101), (ENGINE, 160, 161), False, id="the engine's copy of a young word"),
        pytest.param((HOOK, 100, 101), (ENGINE, 100 + HOLDS, 999), False, id="just as old as it holds"),
        pytest.param((VDSM, 100, 101), (ENGINE, 101 + HOLDS, 999), True, id="the word has become old"),
        pytest.param((HOOK, 5000, 5001), (ENGINE, 100, 6000), False, id="the engine's copy, long overtaken"),
        pytest.param((HOOK, 3700, 3701), (HOOK, 100, 101), True, id="the clock was set back an hour"),
        pytest.param((HOOK, 3700, 3701), (ENGINE, 100, 101), True, id="set back, and only the engine tells"),
        pytest.param((HOOK, 110, 111), (ENGINE, 100, 101), False, id="set back by little: still young"),
    ],
)
def test_which_observation_counts(
    known: tuple[Source, float, float], new: tuple[Source, float, float], expected: bool
) -> None:
    """By the time of the request; the engine's copy only when the host's own word is old."""

    def observed(source: Source, requested_at: float, received_at: float) -> Observation:
        return seen(source=source, requested_at=float(requested_at), received_at=float(received_at))

    assert expected == supersedes(observed(*new), observed(*known))


@given(st.permutations([float(at) for at in range(0, 60, 10)]))
def test_the_newest_wins_in_any_order(order: list[float]) -> None:
    """Whatever the order in which a host's answers arrive, the one requested last is kept."""
    kept = seen(at=order[0], received_at=100.0)
    for at in order[1:]:
        new = seen(at=at, received_at=100.0)
        kept = new if supersedes(new, kept) else kept

    assert kept.requested_at == 50.0


def test_an_answer_clears_the_failure(inventories: Inventories) -> None:
    """A failure is why the host could not be asked last time; an answer ends it."""
    inventories.fail(failed("h1"))
    inventories.fail(failed("h2"))

    assert inventories.put(seen("h1"))

    assert inventories.failures.get("h1") is None
    assert failed("h2") == inventories.failures.get("h2")
    assert seen("h1") == inventories.observations.get("h1")


def test_a_failure_leaves_the_observation(inventories: Inventories) -> None:
    """What a host had is still known when it stops answering."""
    inventories.put(seen())
    inventories.fail(failed())

    assert seen() == inventories.observations.get("h1")


def test_an_older_answer_changes_nothing(inventories: Inventories) -> None:
    """An answer overtaken by a newer one is refused, and a failure stays."""
    inventories.put(seen(at=200.0))
    inventories.fail(failed(at=210.0))

    assert not inventories.put(seen(at=150.0, received_at=220.0))

    assert seen(at=200.0) == inventories.observations.get("h1")
    assert failed(at=210.0) == inventories.failures.get("h1")


def test_a_failure_beside_an_answer(inventories: Inventories, store: Store) -> None:
    """An answer from a poorer source brings the failure of the better one along, over a restart as well."""
    answer = seen(failure=failed(code="bad-inventory", at=100.5))
    inventories.set_hosts([host()])

    assert inventories.put(answer)
    inventories.flush()

    for each in (inventories, Inventories(store)):
        assert answer == each.observations.get("h1")
        assert answer.failure == each.failures.get("h1")


def test_the_engines_copy_of_a_young_word(inventories: Inventories, store: Store) -> None:
    """The host's own word stays, and so does the reason why the host could not be asked this time."""
    own, failure = seen(at=100.0), failed(at=165.0)
    inventories.set_hosts([host()])
    inventories.put(own)

    assert not inventories.put(seen(at=160.0, received_at=170.0, source=ENGINE, failure=failure))
    inventories.flush()

    for each in (inventories, Inventories(store)):
        assert own == each.observations.get("h1")
        assert failure == each.failures.get("h1")


def test_a_snapshot_never_changes(inventories: Inventories) -> None:
    """Who holds what was known sees the state of that moment, whatever happens meanwhile."""
    inventories.set_hosts([host("h1")])
    inventories.put(seen("h1"))
    hosts, observations, failures, vms = (
        inventories.hosts,
        inventories.observations,
        inventories.failures,
        inventories.vms,
    )

    inventories.set_hosts([host("h2")])
    inventories.fail(failed("h2"))
    inventories.see_vm(known_vm())

    assert ["h1"] == list(hosts)
    assert ["h1"] == list(observations)
    assert not failures
    assert not vms
    with pytest.raises(TypeError):
        hosts["h3"] = host()  # type: ignore[index]


def test_hosts_gone_are_forgotten(inventories: Inventories, store: Store) -> None:
    """A host that the engine shows no more leaves memory and, with the next flush, the store."""
    inventories.set_hosts([host("h1"), host("h2")])
    for host_id in ("h1", "h2"):
        inventories.put(seen(host_id))
        inventories.fail(failed(host_id))
    inventories.flush()

    inventories.set_hosts([host("h2", status="maintenance")])
    inventories.flush()

    assert inventories.observations.get("h1") is None
    assert inventories.failures.get("h1") is None
    assert {"h2": host("h2", status="maintenance")} == inventories.hosts == store.hosts()
    assert ["h2"] == list(store.observations())
    assert ["h2"] == list(store.failures())


def test_a_list_of_vms_replaces_all_but_those_seen_meanwhile(inventories: Inventories) -> None:
    """A VM seen while the list was under way is newer than the list; one from the future is not."""
    inventories.see_vm(known_vm("gone", "a", at=90.0))
    inventories.see_vm(known_vm("changed", "new", at=105.0))
    inventories.see_vm(known_vm("created", "a", at=105.0))
    inventories.see_vm(known_vm("before the clock was set back", "a", at=3700.0))

    inventories.set_vms([known_vm("changed", "old"), known_vm("other", "b")], asked_at=100, answered_at=110)

    assert {"changed", "created", "other"} == inventories.vms.keys()
    assert ("new",) == inventories.vms["changed"].types
