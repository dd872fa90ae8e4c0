"""Which instances of a start in flight an inventory does not show yet."""

from dataclasses import replace

import pytest

from mdev_inventory.observation import Observation, Source
from scheduler_plugins.claims.model import Start
from scheduler_plugins.claims.outstanding import all_outstanding, outstanding
from tests.scheduler_plugins.inventories import Q2, A, host, t4, uuids

SEEN = Observation("h", host(t4(A, {Q2: 1})), Source.HOOK, 1000.0, 1000.5)
(ALIVE,) = uuids(A, Q2, 1)


@pytest.mark.parametrize(
    ("left", "uuids", "owners"),
    [
        pytest.param([Q2], [], None, id="nothing is known of its instances"),
        pytest.param([], [ALIVE], None, id="by the id of its device"),
        pytest.param([], [], {ALIVE: "s"}, id="by the host's word"),
        pytest.param([Q2], [], {ALIVE: "t"}, id="it is another VM's"),
        pytest.param([Q2], [ALIVE], {ALIVE: "t"}, id="the host's word counts more"),
    ],
)
def test_an_instance_that_shows_is_not_counted_again(
    left: list[str], uuids: list[str], owners: dict[str, str] | None
) -> None:
    """An instance that the inventory shows is not in flight any more."""
    start, seen = Start("s", "shown", (Q2,), tuple(uuids)), replace(SEEN, owners=owners)

    assert left == list(outstanding(start, seen).types)
    assert tuple(left) == tuple(one.types[0] for one in all_outstanding([start], seen))


def test_an_instance_of_a_type_that_it_did_not_ask_for() -> None:
    """An instance of a type that the VM does not ask for now leaves its request still to come."""
    start = Start("s", "", ("nvidia-9",), (ALIVE,))

    assert ("nvidia-9",) == outstanding(start, SEEN).types


def test_of_two_instances_one_may_show() -> None:
    """Where one of two instances shows, the other is still to come."""
    start = Start("s", "", (Q2, Q2), (ALIVE, "another"))

    assert (Q2,) == outstanding(start, SEEN).types
