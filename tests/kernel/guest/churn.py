"""The hook while the bus changes under it: an instance comes and goes between its reads."""

import threading

from mdev_inventory.model import HostInventory, MdevType
from tests.kernel.guest import bus
from tests.kernel.guest.hook import BreachError, Hook

_PARENT, _TYPE = "mtty", "mtty-1"
_UUID = "ffffffff-0000-4000-8000-000000000000"


def churn(hook: Hook, runs: int) -> int:
    """Takes so many inventories meanwhile, from an empty bus; raises BreachError where one is not whole."""
    before, done = hook.executed(), threading.Event()
    worker = threading.Thread(target=_come_and_go, args=(done,))
    worker.start()
    try:
        for number in range(runs):
            _check(before, hook.forked() if number % 4 else hook.executed())
    finally:
        done.set()
        worker.join()
    return runs


def _come_and_go(done: threading.Event) -> None:
    while not done.is_set():
        bus.create(_PARENT, _TYPE, _UUID)
        bus.remove(_UUID)


def _check(before: HostInventory, seen: HostInventory) -> None:
    if seen.errors or [p.address for p in seen.parents] != [p.address for p in before.parents]:
        raise BreachError(f"an inventory taken while an instance came and went: {seen!r}")
    for old, new in zip(before.parents, seen.parents, strict=True):
        if old.address != _PARENT and old != new:
            raise BreachError(f"{old.address} changed while an instance of {_PARENT} came and went: {new!r}")
        for old_type, new_type in zip(old.types or (), new.types or (), strict=True):
            _check_type(old_type, new_type)


def _check_type(old: MdevType, new: MdevType) -> None:
    known = {(), (_UUID,)} if old.id == _TYPE else {()}
    figures = {old.available, (old.available or 0) - 1}
    if new.instances not in known or new.available not in figures:
        raise BreachError(f"{old.id} while an instance came and went: {new!r}")
