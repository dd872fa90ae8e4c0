"""What happens to decisions and starts while calls on the state file fail: run with the library preloaded.

`python -m tests.faults.scene deciding|starting FOLDER` tries every fault on every kind of call, each in a folder of
its own (`FOLDER/write-eio/state.sqlite`), and prints what came of each as one JSON object.
"""

import json
import logging
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from mdev_inventory.store.file import StoreError
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.rescue import open_store
from mdev_inventory.store.store import Store
from tests.faults import Call, Fault, Faults
from tests.mdev_inventory.known import known_vm
from tests.scheduler_plugins.fleet import VMS, Fleet

SLOW_MS = 400
DECISIONS = 4
STARTS = 12
"""So many starts, the faults beginning one call later each time."""
NOT_TRIED = {
    "deciding": {(Call.READ, fault) for fault in Fault},  # decisions read nothing, SQLite little
    "starting": {(call, Fault.HANG) for call in Call},  # systemd ends a start that takes too long
}


def deciding(folder: Path, calls: Call, fault: Fault) -> dict[str, object]:
    """Decisions while another thread writes what the collector learned, with faults from the second on."""
    faults = Faults.of_this_process()
    path = folder / "state.sqlite"
    store = Store(path)
    fleet = Fleet(9, 9, store=store)
    inventories = Inventories(store)
    answers, took, troubles = [fleet.ask(0)], [], []
    inventories.see_vm(known_vm("seen", "a"))
    faults.set(calls, fault, slow_ms=SLOW_MS)
    writing = threading.Thread(target=_flushed, args=(inventories,), daemon=True)
    for number in range(1, DECISIONS):
        began = time.monotonic()
        answers.append(fleet.ask(number))
        took.append(time.monotonic() - began)
        troubles.append(fleet.scheduler.trouble)
        if number == 1:
            writing.start()
    if calls & Call.SYNC:  # only who copies the log into the file syncs, and no decision waits for it
        time.sleep(0.1)
    hits = faults.lift()
    writing.join(10)
    _flushed(inventories)
    fleet.scheduler.save()
    told = {"answers": answers, "took": took, "troubles": troubles, "after": fleet.scheduler.trouble, "hits": hits}
    known = set(fleet.scheduler.claims.pending) | set(fleet.scheduler.claims.by_vm)
    store.close()
    return {**told, "all_in_flight": known == set(VMS[:DECISIONS])}


def _flushed(inventories: Inventories) -> None:
    with suppress(StoreError):  # it is tried again, as the collector does
        inventories.flush()


def starting(folder: Path, calls: Call, fault: Fault) -> dict[str, object]:
    """Services start while calls fail; each works, whatever it remembers."""
    faults = Faults.of_this_process()
    hits = 0
    for after in range(STARTS):
        path = folder / str(after) / "state.sqlite"
        with closing(Store(path)) as store:
            store.save_claims({"v1": "no row of ours"}, ())
        faults.set(calls, fault, after=after, slow_ms=20)
        with closing(open_store(path, time.time).store) as store:
            fleet = Fleet(9, 9, store=store)
            Inventories(store)
            fleet.ask(after % len(VMS))
            hits += faults.lift()
            fleet.scheduler.save()
    return {"hits": hits, "trouble": fleet.scheduler.trouble}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    scene = {"deciding": deciding, "starting": starting}[sys.argv[1]]
    told = {
        f"{call.name}-{fault.name}".lower(): scene(Path(sys.argv[2]) / f"{call.name}-{fault.name}".lower(), call, fault)
        for call in (Call.READ, Call.WRITE, Call.SYNC)
        for fault in Fault
        if fault is not Fault.NONE and (call, fault) not in NOT_TRIED[sys.argv[1]]
    }
    print(json.dumps(told))
