"""Starts in flight as rows of text, and back."""

from dataclasses import replace
from itertools import permutations, product, starmap

import pytest

from scheduler_plugins.claims import rows as claim_rows
from scheduler_plugins.claims.life import Claims
from scheduler_plugins.claims.model import Claim, PendingDecision, Start
from tests.scheduler_plugins.fleet import A, B

START = Start("v", "name", ("t1", "t1", "t2"), ("u1",), compact=True)
CLAIMS = Claims(
    {"v": PendingDecision(START, (A, B), 3.5, home=A, best=B), "w": PendingDecision(Start("w", "", ("t",)), (A,), 1.0)},
    {"v": Claim(START, A, 2.0, 1.0, 4.0, B), "x": Claim(Start("x", "", ("t",)), B, 1.0)},
)


def texts() -> dict[str, str]:
    """What is written of `CLAIMS`."""
    rows = claim_rows.rows_of(CLAIMS, {})
    lists = {claim_rows.name_of(hosts): claim_rows.listed(hosts) for hosts in claim_rows.hosts_of(rows.values())}
    return lists | {vm_id: claim_rows.written(row) for vm_id, row in rows.items()}


def test_rows_read_back() -> None:
    """Rows read back are the claims, oldest first, but for the host that our weights liked best."""
    again = claim_rows.claims_of(claim_rows.read(texts()))

    assert ["w", "v"] == list(again.pending)
    assert ["x", "v"] == list(again.by_vm)
    assert dict(CLAIMS.by_vm) == dict(again.by_vm)
    assert PendingDecision(START, (A, B), 3.5, home=A) == again.pending["v"]


CLAIM, LATER = CLAIMS.by_vm["v"], replace(CLAIMS.by_vm["v"], launched_at=5.0)
ENTRIES = product([None, CLAIM, LATER], [None, CLAIMS.pending["v"]])


@pytest.mark.parametrize(("before", "after"), list(permutations(starmap(claim_rows.Row, ENTRIES), 2)))
def test_a_row_that_is_known_is_not_given(before: claim_rows.Row, after: claim_rows.Row) -> None:
    """Only a VM of which something else is in flight than before has a row to write; what is gone has none."""
    claims = Claims({"v": after.pending} if after.pending else {}, {"v": after.claim} if after.claim else {})

    assert ({"v": after} if any(after) else {}) == claim_rows.rows_of(claims, {"v": before})
    assert {} == claim_rows.rows_of(claims, {"v": after})


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
        '{"firm":{"name":"n","types":[],"uuids":[],"host":"h","home":null,"since":NaN,"shown_at":null,"launched_at":null}}',
        "[" * 99999,
    ],
)
def test_a_damaged_row_costs_itself_alone(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """A row that makes no sense is left out and logged by its key; the others count."""
    rows = claim_rows.read(texts() | {"bad": text})

    again = claim_rows.claims_of(rows)
    assert claim_rows.Row() == rows["bad"]
    assert "key='bad'" in caplog.text
    assert {"v", "w"} == again.pending.keys()
    assert {"v", "x"} == again.by_vm.keys()
