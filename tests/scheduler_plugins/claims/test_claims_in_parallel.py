"""Decisions of several clusters at once: one claims, and nobody gets what another one got."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mdev_inventory.store.file import FILE_NAME
from mdev_inventory.store.store import Store
from scheduler_plugins.claims import rows as claim_rows
from tests.scheduler_plugins.fleet import VMS, Fleet


def test_never_more_than_fits(tmp_path: Path) -> None:
    """Nine VMs at the same moment, room for five on three hosts: at least four are known to take a risk."""
    fleet = Fleet(2, 2, 1)
    store = Store(tmp_path / FILE_NAME)
    fleet.scheduler = fleet.started(store)
    together = threading.Barrier(len(VMS), timeout=10)

    def ask(number: int) -> tuple[str, ...]:
        together.wait()
        return fleet.ask(number)

    with ThreadPoolExecutor(len(VMS)) as threads:
        answers = list(threads.map(ask, range(len(VMS))))
    rows = claim_rows.read(store.claims())
    store.close()

    risky = {decision.vm_id for decision in fleet.scheduler.decisions if decision.risk}
    assert all(answers)
    assert len(VMS) - 5 <= len(risky)
    assert len(VMS) == len(rows) == len(fleet.scheduler.claims.by_vm) + len(fleet.scheduler.claims.pending)
