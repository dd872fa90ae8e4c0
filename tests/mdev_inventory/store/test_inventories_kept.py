"""What is known now is written behind, and remembered over a restart."""

import sqlite3
import threading

import pytest

from mdev_inventory.store.file import StoreError
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.store import Store
from tests.mdev_inventory.known import failed, host, known_vm, seen, state


def test_a_restart_remembers(inventories: Inventories, store: Store) -> None:
    """What was flushed is there at once when the service starts again."""
    inventories.set_hosts([host("h1"), host("h2")])
    inventories.put(seen("h1"))
    inventories.fail(failed("h2"))
    inventories.set_vms([known_vm("v1", "a", "a")], 100, 101)
    inventories.flush()

    assert state(inventories) == state(Inventories(store))


def test_nothing_is_written_before_a_flush(inventories: Inventories, store: Store) -> None:
    """Memory changes at once, the store only when it is flushed."""
    inventories.set_hosts([host()])
    inventories.put(seen())
    inventories.see_vm(known_vm())

    assert [] == [*store.hosts(), *store.observations(), *store.vms()]


def test_flushing_follows_every_change(inventories: Inventories, store: Store) -> None:
    """After each flush the store equals the memory: failures cleared and VMs gone included."""
    inventories.set_hosts([host()])
    inventories.fail(failed())
    inventories.see_vm(known_vm("v1", "a"))
    inventories.flush()
    inventories.put(seen())
    inventories.set_vms([], 200, 201)
    inventories.flush()

    assert [] == [*store.failures(), *store.vms()]
    assert {"h1": seen()} == store.observations()


def test_a_failed_flush_is_made_up_for(inventories: Inventories, store: Store) -> None:
    """What could not be written is written by the next flush that can."""
    inventories.set_hosts([host()])
    inventories.put(seen())
    inventories.see_vm(known_vm())
    with sqlite3.connect(store.path) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON vms BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(StoreError, match="full"):
        inventories.flush()
    other.execute("DROP TRIGGER full")
    other.commit()
    other.close()
    assert {} == store.hosts()

    inventories.flush()

    assert state(inventories) == state(Inventories(store))
    assert {"h1": seen()} == store.observations()


def test_many_threads(inventories: Inventories, store: Store) -> None:
    """Writers and a flusher side by side lose nothing."""

    def work(part: int) -> None:
        for n in range(50):
            inventories.put(seen(f"h{part}-{n}"))
            inventories.see_vm(known_vm(f"v{part}-{n}", "a"))
            if n % 10 == 0:
                inventories.flush()

    inventories.set_hosts([host(f"h{part}-{n}") for part in range(4) for n in range(50)])
    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inventories.flush()

    assert 200 == len(store.observations())
    assert state(inventories) == state(Inventories(store))
