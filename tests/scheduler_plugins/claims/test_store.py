"""The claims over a restart: what was decided is remembered, and one at a time changes them."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from mdev_inventory.store.file import FILE_NAME
from mdev_inventory.store.store import Store
from scheduler_plugins.claims import rows as claim_rows
from scheduler_plugins.claims.model import Start, Timeouts
from scheduler_plugins.claims.store import LISTS_KEPT, ROW_KEPT_S, ClaimStore
from tests.scheduler_plugins.fleet import HOSTS, VMS, A, B, C, Fleet, Rows


@pytest.fixture
def rows() -> Rows:
    """An empty store."""
    return Rows()


def test_a_decision_is_written_before_its_answer_goes_out(rows: Rows) -> None:
    """A service that is killed after its answer knows of the decision when it is back."""
    fleet = Fleet(1, 2, store=rows)
    answers = [fleet.ask(0), fleet.ask(1)]
    known = fleet.scheduler.claims
    again = fleet.restart(rows).claims

    assert [(A, B), (B,)] == answers
    assert (dict(known.pending), dict(known.by_vm)) == (dict(again.pending), dict(again.by_vm))
    assert 2 == rows.writes


def test_in_a_real_store(tmp_path: Path) -> None:
    """The product's own state file remembers the decision."""
    store = Store(tmp_path / FILE_NAME)
    fleet = Fleet(1, store=store)
    fleet.ask(0)
    store.close()
    store = Store(tmp_path / FILE_NAME)
    fleet.restart(store)
    fleet.show(VMS[0], "wait_for_launch", A)

    assert () == fleet.ask(1)
    store.close()


def test_a_decision_that_changes_nothing_writes_nothing(rows: Rows) -> None:
    """A refusal writes nothing, nor does a VM without a request."""
    fleet = Fleet(0, store=rows)
    assert () == fleet.ask(0)
    fleet.engine_vms = [replace(vm, mdev_type=None) for vm in fleet.engine_vms]
    assert (A,) == fleet.ask(1)

    assert not rows.writes


def test_a_host_that_became_known_replaces_the_pending_decision(rows: Rows) -> None:
    """A claim replaces its pending decision in one transaction: never both, never none."""
    fleet = Fleet(2, 2, store=rows)
    fleet.ask(0)
    assert {VMS[0]: (False, True)} == kinds(rows)

    fleet.show(VMS[0], "wait_for_launch", B)
    fleet.ask(1)
    assert {VMS[0]: (True, False), VMS[1]: (False, True)} == kinds(rows)
    assert 2 == rows.writes


def lists(rows: Rows) -> set[str]:
    """The lists of hosts in the store."""
    return {text for key, text in rows.rows.items() if key.startswith(claim_rows.LIST)}


def kinds(rows: Rows) -> dict[str, tuple[bool, bool]]:
    """Of each row, whether it holds a claim, and a pending decision."""
    found = claim_rows.read(rows.rows)
    return {vm_id: (row.claim is not None, row.pending is not None) for vm_id, row in found.items()}


def test_a_row_outlives_the_inventory_that_ended_it(rows: Rows) -> None:
    """A row stays until the inventory that ended it is written: a service killed before still knows it."""
    fleet = Fleet(2, store=rows)
    fleet.ask(0)
    fleet.show(VMS[0], "up", A)
    fleet.ask(1)
    stale = fleet.observations[A]
    fleet.now += 1
    fleet.inventory(A, 1)
    fleet.scheduler.save()
    assert VMS[0] in rows.rows
    assert VMS[0] not in fleet.scheduler.claims.by_vm

    fleet.observations = {**fleet.observations, A: stale}
    assert VMS[0] in fleet.restart(rows).claims.by_vm
    fleet.inventory(A, 1)
    fleet.scheduler.save()
    fleet.now += ROW_KEPT_S
    fleet.scheduler.save()
    assert VMS[0] not in rows.rows


def test_a_part_of_a_row_outlives_the_inventory_that_ended_it(rows: Rows) -> None:
    """The claim of a VM that migrates is kept as long in the row that its pending decision shares."""
    fleet = Fleet(2, 2, store=rows)
    fleet.ask(0)
    fleet.show(VMS[0], "up", A)
    fleet.ask(1)
    fleet.now += 1
    fleet.ask(0)
    fleet.inventory(A, 1)
    fleet.scheduler.save()
    assert VMS[0] not in fleet.scheduler.claims.by_vm
    assert (True, True) == kinds(rows)[VMS[0]]

    fleet.now += ROW_KEPT_S
    fleet.scheduler.save()
    assert VMS[0] not in rows.rows


def test_what_is_too_old_is_not_remembered(rows: Rows) -> None:
    """A decision that is too old when the service is back counts no more."""
    fleet = Fleet(2, 2, store=rows)
    fleet.ask(0)
    fleet.now += 31

    assert not fleet.restart(rows).claims.pending


def test_a_store_that_fails_costs_no_decision(rows: Rows, caplog: pytest.LogCaptureFixture) -> None:
    """A state file that fails costs no decision; all that was missed is written once it works again."""
    fleet = Fleet(1, 1, 1, store=rows)
    rows.broken = True
    assert (A,) == fleet.ask(0)
    assert (B,) == fleet.ask(1)
    assert "is full" in fleet.scheduler.trouble
    assert 1 == caplog.text.count("Claims not written")

    rows.broken = False
    fleet.ask(2)
    assert dict.fromkeys(VMS[:3], (True, False)) == kinds(rows)
    assert "" == fleet.scheduler.trouble


def test_hosts_are_written_once(rows: Rows) -> None:
    """A list of hosts is written once, however many decisions answer it."""
    fleet = Fleet(9, 9, store=rows)
    fleet.ask(0)
    fleet.ask(1)

    assert {f"{A} {B}"} == lists(rows)


def test_hosts_that_no_decision_needs_any_more_go(rows: Rows) -> None:
    """Lists of hosts that no decision needs are removed now and then."""
    fleet = Fleet(9, 9, 9, 9, 9, 9, store=rows)
    for number, hosts in enumerate(permutations(HOSTS[:6], 2)):
        fleet.now += 20
        fleet.ask(number % 9, *hosts)
    known = dict(fleet.scheduler.claims.pending)

    assert LISTS_KEPT >= len(lists(rows))
    assert known
    assert known == dict(fleet.restart(rows).claims.pending)


@pytest.mark.parametrize("left", ["", A, f"{A} {C}"])
def test_a_row_whose_hosts_are_lost(rows: Rows, left: str) -> None:
    """A row whose list of hosts is lost or another one counts as damaged."""
    fleet = Fleet(2, 2, store=rows)
    fleet.ask(0)
    (name,) = [key for key in rows.rows if key.startswith(claim_rows.LIST)]
    rows.rows = {key: text for key, text in rows.rows.items() if key != name} | ({name: left} if left else {})

    assert not fleet.restart(rows).claims.pending
    fleet.ask(0)
    assert {f"{A} {B}"} == lists(rows)


START = Start("v", "name", ("t1",))


def test_claims_changed_by_others_meanwhile() -> None:
    """Whoever holds the claims alone keeps what it was given; a change shows afterwards."""
    kept = ClaimStore(dict, lambda: 1.0, Timeouts())
    with kept.alone() as claims:
        kept.replace(lambda now: now.decided(START, [A], 1.0))
        assert not claims.by_vm
    assert {"v"} == kept.claims.by_vm.keys()


def test_an_entry_ends_at_its_time_and_not_a_moment_later() -> None:
    """A pending decision ends at its time, also where the claims were read just before."""
    times = iter([0.0, 0.0, 29.99, 30.0])
    kept = ClaimStore(dict, lambda: next(times), Timeouts(pending=30.0))
    kept.replace(lambda claims: claims.decided(START, [A, B], 0.0))

    assert [{"v"}, {"v"}, set()] == [kept.claims.pending.keys() for _ in range(3)]
