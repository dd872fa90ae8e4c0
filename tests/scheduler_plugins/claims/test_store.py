"""The claims over a restart: what was decided is remembered, and what was written is what counts."""

from collections.abc import Iterable, Mapping
from itertools import permutations
from pathlib import Path

import pytest

from mdev_inventory.store.file import FILE_NAME, StoreError
from mdev_inventory.store.store import Store
from scheduler_plugins.claims import rows as claim_rows
from scheduler_plugins.claims.life import Claims
from scheduler_plugins.claims.model import Claim, PendingDecision, Start, Timeouts
from scheduler_plugins.claims.store import LISTS_KEPT, ROW_KEPT_S, ClaimStore
from tests.scheduler_plugins.fleet import VMS, A, B, C, Fleet


class Rows:
    """A store that counts, and fails when it is told to."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self.writes = 0
        self.broken = False

    def claims(self) -> Mapping[str, str]:
        """Every entry."""
        return dict(self.rows)

    def save_claims(self, put: Mapping[str, str], gone: Iterable[str]) -> None:
        """Write and remove."""
        if self.broken:
            raise StoreError(Path("state"), "is full")
        self.writes += 1
        self.rows.update(put)
        for key in gone:
            del self.rows[key]


@pytest.fixture
def rows() -> Rows:
    """An empty store."""
    return Rows()


def restarted(fleet: Fleet, store: Rows | Store) -> Fleet:
    """The same data centre with a service that was killed and started again."""
    fleet.scheduler = fleet.started(store)
    return fleet


def test_a_decision_is_written_before_its_answer_goes_out(rows: Rows) -> None:
    """A service that is killed at that moment knows of it when it is back."""
    fleet = restarted(Fleet(1, 2), rows)
    answers = [fleet.ask(0), fleet.ask(1)]
    known = fleet.scheduler.claims
    again = restarted(fleet, rows).scheduler.claims

    assert [(A, B), (B,)] == answers
    assert (dict(known.pending), dict(known.by_vm)) == (dict(again.pending), dict(again.by_vm))
    assert 2 == rows.writes


def test_in_a_real_store(tmp_path: Path) -> None:
    """The product's state file holds it."""
    store = Store(tmp_path / FILE_NAME)
    fleet = restarted(Fleet(1), store)
    fleet.ask(0)
    store.close()
    store = Store(tmp_path / FILE_NAME)
    fleet.show(VMS[0], "wait_for_launch", A)

    assert () == restarted(fleet, store).ask(1)
    store.close()


def test_a_decision_that_changes_nothing_writes_nothing(rows: Rows) -> None:
    """A VM without a request, and a question that is refused."""
    fleet = restarted(Fleet(0), rows)
    fleet.ask(0)
    fleet.engine_vms = [vm for vm in fleet.engine_vms if vm.id != VMS[0]]

    assert not rows.writes


def test_a_host_that_became_known_replaces_the_open_entry(rows: Rows) -> None:
    """In the same transaction: never both, never none."""
    fleet = restarted(Fleet(2, 2), rows)
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
    """The inventory is written later: killed in between, the service must not take the instance for free."""
    fleet = restarted(Fleet(2), rows)
    fleet.ask(0)
    fleet.show(VMS[0], "up", A)
    fleet.ask(1)
    stale = fleet.observations[A]
    fleet.now += 1
    fleet.inventory(A, 1)
    fleet.scheduler.save()
    assert VMS[0] in rows.rows
    assert VMS[0] not in fleet.scheduler.claims.by_vm

    fleet.observations[A] = stale
    assert VMS[0] in restarted(fleet, rows).scheduler.claims.by_vm
    fleet.inventory(A, 1)
    fleet.scheduler.save()
    fleet.now += ROW_KEPT_S
    fleet.scheduler.save()
    assert VMS[0] not in rows.rows


def test_so_does_a_part_of_a_row(rows: Rows) -> None:
    """An inventory that ends the claim of a VM that is to migrate says nothing about where it goes."""
    fleet = restarted(Fleet(2, 2), rows)
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
    """The service was down for minutes."""
    fleet = restarted(Fleet(2, 2), rows)
    fleet.ask(0)
    fleet.now += 31

    assert not restarted(fleet, rows).scheduler.claims.pending


def test_a_store_that_fails_costs_no_decision(rows: Rows) -> None:
    """It is said, and all that was missed is written once it works again."""
    fleet = restarted(Fleet(1, 1, 1), rows)
    rows.broken = True
    assert (A,) == fleet.ask(0)
    assert "is full" in fleet.scheduler.trouble

    rows.broken = False
    fleet.ask(1)
    assert {VMS[0]: (True, False), VMS[1]: (True, False)} == kinds(rows)
    assert "" == fleet.scheduler.trouble


def texts() -> dict[str, str]:
    """What is written of `CLAIMS`."""
    rows = claim_rows.rows_of(CLAIMS)
    lists = {claim_rows.name_of(hosts): claim_rows.listed(hosts) for hosts in claim_rows.hosts_of(rows.values())}
    return lists | {vm_id: claim_rows.written(row) for vm_id, row in rows.items()}


def test_hosts_are_written_once(rows: Rows) -> None:
    """However many decisions answer them; a list that no decision needs any more does not stay for ever."""
    fleet = restarted(Fleet(9, 9, 9), rows)
    fleet.ask(0, A, B)
    fleet.ask(1, A, B)
    assert {f"{A} {B}"} == lists(rows)

    for number, hosts in enumerate(permutations([A, B, C, A.upper(), B.upper()], 3)):
        fleet.now += 31
        fleet.ask(number % 9, *hosts)
    assert LISTS_KEPT >= len(lists(rows))
    known = dict(fleet.scheduler.claims.pending)
    assert known == dict(restarted(fleet, rows).scheduler.claims.pending)
    assert known


@pytest.mark.parametrize("left", ["", A, f"{A} {C}"])
def test_a_row_whose_hosts_are_lost(rows: Rows, left: str) -> None:
    """It is a damaged one: nobody knows where its VM may start."""
    fleet = restarted(Fleet(2, 2), rows)
    fleet.ask(0)
    (name,) = [key for key in rows.rows if key.startswith(claim_rows.LIST)]
    rows.rows = {key: text for key, text in rows.rows.items() if key != name} | ({name: left} if left else {})

    assert not restarted(fleet, rows).scheduler.claims.pending
    fleet.ask(0)
    assert {f"{A} {B}"} == lists(rows)


START = Start("v", "name", ("t1", "t1", "t2"), ("u1",))
CLAIMS = Claims(
    {"v": PendingDecision(START, (A, B), 3.5, home=A, best=B), "w": PendingDecision(Start("w", "", ("t",)), (A,), 1.0)},
    {"v": Claim(START, A, 2.0, 1.0, 4.0, B), "x": Claim(Start("x", "", ("t",)), B, 1.0)},
)


def test_rows_read_back() -> None:
    """Everything but the best host by our weights, which the next questions would tell anew; oldest first."""
    again = claim_rows.claims_of(claim_rows.read(texts()))

    assert ["w", "v"] == list(again.pending)
    assert ["x", "v"] == list(again.by_vm)
    assert dict(CLAIMS.by_vm) == dict(again.by_vm)
    assert PendingDecision(START, (A, B), 3.5, home=A) == again.pending["v"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"name":"","types":[],"uuids":[]}',
        '{"firm":{}}',
        '{"unresolved":null}',
        '{"firm":{"name":1,"types":[],"uuids":[],"host":"h","home":null,"since":1}}',
        "[" * 99999,
    ],
)
def test_a_damaged_row_costs_itself_alone(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is left out, and said."""
    rows = claim_rows.read(texts() | {"bad": text})

    again = claim_rows.claims_of(rows)
    assert claim_rows.Row() == rows["bad"]
    assert "key='bad'" in caplog.text
    assert {"v", "w"} == again.pending.keys()
    assert {"v", "x"} == again.by_vm.keys()


def test_claims_changed_by_others_meanwhile() -> None:
    """Whoever holds it alone sees no change but its own."""
    kept = ClaimStore(lambda _: None, lambda: 1.0, Timeouts())
    with kept.alone() as claims:
        kept.replace(lambda now: now.decided(START, [A], 1.0))
        assert not claims.by_vm
    assert {"v"} == kept.claims.by_vm.keys()


def test_an_entry_ends_at_its_time_and_not_a_moment_later() -> None:
    """Also where it was looked just before."""
    times = iter([0.0, 0.0, 29.99, 30.0])
    kept = ClaimStore(lambda _: None, lambda: next(times), Timeouts(pending=30.0))
    kept.replace(lambda claims: claims.decided(START, [A, B], 0.0))

    assert [{"v"}, {"v"}, set()] == [kept.claims.pending.keys() for _ in range(3)]
