"""A damaged row of the state file costs that row alone."""

from pathlib import Path

from mdev_inventory.store.store import Store
from tests.mdev_inventory.known import known_vm, seen
from tests.mdev_inventory.store.state_files import alter


def test_a_damaged_row_is_replaced(store: Store, path: Path) -> None:
    """What is saved next takes the damaged row's place."""
    store.save_observation(seen())
    alter(path, "UPDATE observations SET inventory = ''")
    assert {} == store.observations()

    store.save_observation(seen(at=200.0))

    assert {"h1": seen(at=200.0)} == store.observations()


def test_deeply_nested_json_costs_its_row(store: Store, path: Path) -> None:
    """JSON nested beyond what the parser follows is damage, no crash."""
    store.save_vms([known_vm("v1", "a")])
    alter(path, "UPDATE vms SET types = ?", "[" * 100_000)

    assert {} == store.vms()
