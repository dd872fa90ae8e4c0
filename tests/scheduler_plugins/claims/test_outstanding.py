"""Which instances of a start in flight an inventory does not show yet."""

from dataclasses import replace

import pytest

from mdev_inventory.observation import Observation, Source
from scheduler_plugins.claims.model import Start
from scheduler_plugins.claims.outstanding import all_outstanding, outstanding
from tests.scheduler_plugins.inventories import T4, gpu, host

Q2 = "nvidia-231"
SEEN = Observation("h", host(gpu("0000:3b:00.0", T4, {Q2: 1})), Source.HOOK, 1000.0, 1000.5)


@pytest.mark.parametrize(
    ("left", "uuids", "owners"),
    [
        pytest.param([Q2], [], None, id="nothing is known of its instances"),
        pytest.param([], ["0000:3b:00.0/nvidia-231/0"], None, id="by the id of its device"),
        pytest.param([], [], {"0000:3b:00.0/nvidia-231/0": "s"}, id="by the host's word"),
        pytest.param([Q2], [], {"0000:3b:00.0/nvidia-231/0": "t"}, id="it is another VM's"),
        pytest.param(
            [Q2], ["0000:3b:00.0/nvidia-231/0"], {"0000:3b:00.0/nvidia-231/0": "t"}, id="the host's word counts more"
        ),
    ],
)
def test_an_instance_that_shows_is_not_counted_again(
    left: list[str], uuids: list[str], owners: dict[str, str] | None
) -> None:
    """What the inventory has counted already is no more in flight."""
    start, seen = Start("s", "shown", (Q2,), tuple(uuids)), replace(SEEN, owners=owners)

    assert left == list(outstanding(start, seen).types)
    assert tuple(left) == tuple(one.types[0] for one in all_outstanding([start], seen))


def test_of_two_instances_one_may_show() -> None:
    """The other one is still to come."""
    start = Start("s", "", (Q2, Q2), ("0000:3b:00.0/nvidia-231/0", "another"))

    assert (Q2,) == outstanding(start, SEEN).types
