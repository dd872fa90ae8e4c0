"""The life of a start in flight: what a decision, the engine's word, an inventory and time do to it."""

from collections.abc import Callable, Sequence

import pytest

from mdev_inventory.engine.model import Vm
from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Observation, Source
from scheduler_plugins.claims.life import Claims
from scheduler_plugins.claims.model import Claim, Start, Timeouts, VmLocations

A, B = "host-a", "host-b"
VM = "vm-1"
START = Start(VM, "one", ("nvidia-22",))
LIMITS = Timeouts(pending=30.0, claim=300.0)

Step = Callable[[Claims], Claims]


def decided(at: float, *hosts: str, home: str | None = None) -> Step:
    """We answered these hosts."""
    return lambda claims: claims.decided(START, hosts, at, home)


def told(at: float, status: str | None, host: str | None = None, vm: str = VM) -> Step:
    """The engine was asked at that moment and answered a little later; None: it knows no such VM."""
    shown = None if status is None else Vm(vm, "one", status, "cluster", host, None, None)
    return lambda claims: claims.apply_locations(VmLocations({vm: shown}, at, at + 0.1), LIMITS)


def seen(at: float, host: str = A, source: Source = Source.HOOK, arriving: Sequence[str] = (), boot: str = "") -> Step:
    """An inventory of the host, requested at that moment; `boot` stands for what the host says of itself."""
    inventory = HostInventory((), (), boot, boot)
    observed = Observation(host, inventory, source, at, at + 0.5, arriving=frozenset(arriving))
    return lambda claims: claims.apply_inventories({host: observed})


def clock(at: float) -> Step:
    """So late it is."""
    return lambda claims: claims.expire(at, LIMITS)


def stopped(after: float) -> Step:
    """An event tells that the VM went down, or that its start was given up, after that moment."""
    return lambda claims: claims.without(VM, after)


ON_A = [decided(0, A, B), told(1, "wait_for_launch", A)]
UP_ON_A = [*ON_A, told(5, "up", A)]
ALONE = [decided(0, A)]
RUNS = [decided(0, A, B, home="home")]
NOWHERE, OPEN = "nowhere", "open"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([decided(0, A, B)], OPEN, id="decided: on any host of the answer"),
        pytest.param([decided(0, A, B), told(1, "down")], OPEN, id="it is down until its host is shown"),
        pytest.param([decided(0, A, B), clock(29.9)], OPEN, id="the time is not over"),
        pytest.param([decided(0, A, B), clock(30)], NOWHERE, id="the time is over"),
        pytest.param([decided(0, A, B), clock(-3600)], NOWHERE, id="the clock was set back by an hour"),
        pytest.param([decided(0, A, B), clock(-0.1)], OPEN, id="another thread's clock, read a little before"),
        pytest.param([decided(0, A, B), told(1, None)], NOWHERE, id="deleted"),
        pytest.param(ON_A, A, id="host shown"),
        pytest.param([decided(0, A, B), told(1, "up", "else")], "else", id="on a host that we did not answer"),
        pytest.param([decided(0, A, B), told(1, "unknown", A)], A, id="a host that answers nobody may have it"),
        pytest.param([decided(2, A, B), told(1, "up", A)], OPEN, id="the engine was asked before the decision"),
        pytest.param([*ON_A, seen(2)], A, id="an inventory before it was launched"),
        pytest.param([*ON_A, seen(2), told(5, "up", A)], A, id="that inventory still, launched meanwhile"),
        pytest.param([*UP_ON_A, seen(5.1)], A, id="requested in the moment when the engine said so"),
        pytest.param([*UP_ON_A, seen(5.2)], NOWHERE, id="requested afterwards: it shows the device"),
        pytest.param([*UP_ON_A, seen(5.2, B)], A, id="of another host"),
        pytest.param([*UP_ON_A, seen(9, source=Source.ENGINE)], A, id="the engine's copy, however late"),
        pytest.param([*UP_ON_A, seen(5.2, source=Source.VDSM)], NOWHERE, id="VDSM without the hook will do"),
        pytest.param([*UP_ON_A, seen(2, boot="2099")], A, id="the host's clock is ahead: it does not count"),
        pytest.param([*UP_ON_A, seen(5.2, boot="1970")], NOWHERE, id="the host's clock is behind, likewise"),
        pytest.param([*UP_ON_A, told(6, "paused", A), seen(5.2)], NOWHERE, id="launched once is enough"),
        pytest.param([*ON_A, told(3, "powering_down", A), seen(4)], A, id="stopped before it was launched"),
        pytest.param([*ON_A, told(3, "down")], NOWHERE, id="stopped or failed after it was shown"),
        pytest.param([*ON_A, told(3, "suspended", A)], NOWHERE, id="suspended: it holds nothing"),
        pytest.param([*ON_A, told(3, None)], NOWHERE, id="deleted after it was shown"),
        pytest.param([*ON_A, told(0.5, "down")], A, id="an older answer that comes late"),
        pytest.param([*ON_A, told(3, "not_responding", A)], A, id="its host answers nobody"),
        pytest.param([*ON_A, clock(301), clock(301)], A, id="just before its time is over"),
        pytest.param([*ON_A, clock(301.2)], NOWHERE, id="its time is over"),
        pytest.param([*ON_A, decided(3, B)], B, id="failed, rerun on another host"),
        pytest.param([*ON_A, decided(3)], NOWHERE, id="failed, and no host was left for the rerun"),
        pytest.param([decided(0, A, B), decided(8, B)], B, id="filtered twice, fewer hosts left"),
        pytest.param([decided(0, B), decided(8, A, B)], OPEN, id="filtered twice, more hosts left"),
        pytest.param([*UP_ON_A, told(7, "up", B), seen(8)], B, id="migrated: the claim moves with it"),
        pytest.param([*UP_ON_A, told(7, "up", B), seen(8, B)], NOWHERE, id="... and ends there"),
        pytest.param(ALONE, A, id="one host answered"),
        pytest.param([*ALONE, told(29.9, "down")], A, id="one host answered, not shown yet"),
        pytest.param([*ALONE, told(30, "down")], NOWHERE, id="one host answered, and it never came"),
        pytest.param([*ALONE, clock(299)], A, id="one host answered, and the engine is silent"),
        pytest.param([*ALONE, told(1, "up", A), told(2, "down")], NOWHERE, id="one host answered, it failed"),
        pytest.param([*ALONE, seen(1), seen(9)], A, id="one host answered, inventories tell nothing"),
        pytest.param([*ALONE, stopped(1)], NOWHERE, id="an event: its start was given up"),
        pytest.param([decided(2, A), stopped(1)], A, id="an event that may be older than the decision"),
        pytest.param([decided(0, A, B), stopped(1)], NOWHERE, id="an event, before the host was known"),
        pytest.param(RUNS, OPEN, id="it runs: it may migrate"),
        pytest.param([*RUNS, told(1, "up", "home")], OPEN, id="it runs on, where it did"),
        pytest.param([*RUNS, clock(9.9)], OPEN, id="it runs, for ten seconds"),
        pytest.param([*RUNS, clock(10)], NOWHERE, id="it runs: no migration followed"),
        pytest.param([decided(0, A, home="home")], OPEN, id="it runs: never claimed, were it one host"),
        pytest.param([*RUNS, told(1, "down")], NOWHERE, id="it ran, and was stopped"),
        pytest.param([*RUNS, told(8, "up", A)], A, id="it ran, and has migrated"),
        pytest.param([*RUNS, seen(1, arriving=[VM])], A, id="its new host says that it arrives"),
        pytest.param([decided(2, A, B, home="home"), seen(1, arriving=[VM])], OPEN, id="... said so before"),
        pytest.param(
            [*RUNS, seen(1, arriving=[VM]), told(3, "migrating", "home")], A, id="it arrives, shown at its source"
        ),
        pytest.param([*RUNS, seen(1, arriving=[VM]), told(3, "up", "home")], NOWHERE, id="the migration failed"),
        pytest.param(
            [*RUNS, seen(1, arriving=[VM]), told(3, "up", A), seen(4)], NOWHERE, id="it has arrived, and is seen"
        ),
    ],
)
def test_a_life(steps: Sequence[Step], expected: str) -> None:
    """On which host the start counts in the end: claimed there, pending on all of the answer, or nowhere."""
    claims = Claims()
    for step in steps:
        claims = step(claims)

    claimed = {claim.host_id for claim in claims.by_vm.values()}
    assert {NOWHERE: (set(), set()), OPEN: ({VM}, set())}.get(expected, (set(), {expected})) == (
        set(claims.pending),
        claimed,
    )


def test_a_running_vm_keeps_its_claim() -> None:
    """A running VM that is asked about for a migration keeps the claim on the host where it runs."""
    claims = Claims()
    for step in (*ON_A, decided(3, B, "c", home=A)):
        claims = step(claims)

    assert ({VM}, {A}) == (set(claims.pending), {claim.host_id for claim in claims.by_vm.values()})
    on_a, on_b = claims.by_host().at(A), claims.by_host().at(B)
    assert ([VM], [VM]) == ([c.start.vm_id for c in on_a.claims], [d.start.vm_id for d in on_b.pending])


def test_a_chained_group() -> None:
    """VMs of a group are asked about before any of them starts, and all of them count."""
    claims = Claims()
    for number in range(3):
        claims = claims.decided(Start(f"vm-{number}", "", ("t",)), [A, B], number)

    assert ["vm-0", "vm-1", "vm-2"] == [entry.start.vm_id for entry in claims.by_host().at(B).pending]


def test_a_vm_without_a_request_is_nowhere() -> None:
    """A decision about a VM without a request ends its earlier one, and adds none."""
    claims = decided(0, A, B)(Claims())

    assert not claims.decided(Start(VM, "one", ()), [A, B], 1).pending


def test_the_entries_that_a_decision_replaces_do_not_count_for_it() -> None:
    """For its own new decision a VM's earlier one does not count; the claim of one that runs does."""
    claimed, pending = decided(0, A)(Claims()), decided(0, A, B)(Claims())

    assert not claimed.by_host(VM).at(A)
    assert claimed.by_host(VM, running=True).at(A)
    assert claimed.by_host("another").at(A)
    assert not pending.by_host(VM, running=True).at(B)


def test_the_most_uncertain_are_asked_about_first() -> None:
    """The engine is asked first about VMs without a host, then about those not launched."""
    launched_at = {"launched": 1.0, "waits": None}
    by_vm = {vm: Claim(Start(vm, "", ("t",)), A, 0, 0, at) for vm, at in launched_at.items()}
    claims = Claims({}, by_vm).decided(START, [A, B], 0)

    assert (VM, "waits", "launched") == claims.vm_ids
    assert (VM, "waits") == claims.waiting_ids


def test_hosts_that_weights_see_changed() -> None:
    """Weights see hosts changed that have a claim, or that they liked best for a pending decision."""
    claims = Claims().decided(Start("one", "", ("t",)), [A, B], 0)
    claimed = claims.decided(Start("two", "", ("t",)), [A], 1)

    assert not claims.weighed_on()
    assert {B} == claims.weighed("one", B).weighed_on()
    assert {A, B} == claimed.weighed("one", B).weighed_on()
    assert not claims.weighed("one", B).weighed_on("one")


def test_the_best_host_by_our_weights_is_kept() -> None:
    """The host that our weights like best is kept with the pending decision; told twice it is no change."""
    claims = decided(0, A, B)(Claims()).weighed(VM, B)

    assert B == claims.pending[VM].best
    assert claims is claims.weighed(VM, B)
    assert claims is claims.weighed("another", A)


def test_what_changes_nothing_makes_no_new_set() -> None:
    """Where the engine says what was known, the claims stay the very same object."""
    claims = decided(0, A, B)(Claims())

    assert claims is told(1, "down")(claims)
    assert claims is told(1, "up", A, vm="another")(claims)
    assert claims is clock(1)(claims)
