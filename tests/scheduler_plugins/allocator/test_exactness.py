"""The verdict is what the host then does: against the simulation's kernel and allocator, on random hosts.

The two share no code: here the replay on what the inventory tells, there the walk over a model of the kernel.
Where the inventory does not tell enough, the verdict may refuse what the host would have created, and never
the other way round; which families these are stands in `exactness/families.py`, how often it happens in
docs/exactness.md. `make test-long` runs 20,000 hosts through each test here.
"""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.hook.sysfs import read_inventory
from mdev_inventory.model import ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.cards import after_creation, most_after_creation
from scheduler_plugins.allocator.placement import Placement, free_instances, place
from scheduler_plugins.allocator.request import Request
from simulation.kernel.inventory import inventory_of
from simulation.kernel.sysfs_tree import SysfsTree
from tests.scheduler_plugins.allocator.exactness.families import FAMILIES
from tests.scheduler_plugins.allocator.exactness.hosts import RandomHost, random_host
from tests.scheduler_plugins.allocator.exactness.truth import ENDLESS, create, creates, fresh
from tests.scheduler_plugins.allocator.exactness.without_hook import LISTED, POOR, RICH, fits

pytestmark = pytest.mark.timeout(1800)

GROUPS = [*((name,) for name in FAMILIES), *[tuple(FAMILIES)] * len(FAMILIES)]
"""Half of the hosts have boards of one family only, the others of any."""


def hosts(*, breaks: bool = True) -> st.SearchStrategy[RandomHost]:
    """Hosts with boards of one family or of any, each out of a number: drawing every choice is slow."""
    numbers = st.integers(min_value=0, max_value=2**32)
    return st.builds(random_host, numbers, st.sampled_from(GROUPS), breaks=st.just(breaks))


def verdict(host: RandomHost, types: tuple[str, ...]) -> Placement | None:
    """Where the filter sees the instances; None where it would refuse."""
    found = place(inventory_of(host.bus), Source.HOOK, Request(types), host.separate)
    return found if isinstance(found, Placement) else None


@given(hosts())
def test_verdict(host: RandomHost) -> None:
    """The verdict is what the allocator does, slot by slot; where something is hidden, it is never better."""
    found = verdict(host, host.request)
    made = create(host.bus, host.request, host.separate)

    if host.exact:
        assert made == (found and found.slots)
    elif found is not None and not host.unseen_mode:
        assert made is not None


@given(hosts())
def test_one_instance(host: RandomHost) -> None:
    """For one instance every family is exact, but where the order of a directory decides."""
    found = verdict(host, host.request[:1])
    made = create(host.bus, host.request[:1], host.separate)

    if found is not None or not host.order_decides:
        assert made == (found and found.slots)


@given(hosts())
def test_free_instances(host: RandomHost) -> None:
    """The count of free instances is how many the host really creates, or fewer."""
    wanted = host.request[0]
    free = free_instances(inventory_of(host.bus), Source.HOOK, wanted, host.separate)
    made = creates(host.bus, wanted, host.separate)

    assert made == min(free, ENDLESS) if host.exact else made >= min(free, ENDLESS)


@given(hosts(breaks=False))
def test_figures_after_creations(host: RandomHost) -> None:
    """After creations anywhere, also where no walk gets to, the kernel shows what was foretold, or more."""
    rng, lower = Random(host.number), inventory_of(host.bus)
    upper = lower
    for _ in range(rng.randint(1, 4)):
        free = [(p.address, t.id) for p in lower.parents for t in p.types or () if (t.available or 0) > 0]
        if not free:
            return
        parent, type_id = rng.choice(free)
        host.bus.create(parent, type_id, fresh())
        lower = after_creation(lower, parent, type_id)
        upper = most_after_creation(upper, parent, type_id)
        shown = [t.available or 0 for p in inventory_of(host.bus).parents for t in p.types or ()]
        least = [t.available or 0 for p in lower.parents for t in p.types or ()]
        most = [t.available or 0 for p in upper.parents for t in p.types or ()]

        assert shown == least if host.exact else all(a <= b for a, b in zip(least, shown, strict=True))
        if not any("mixed sizes" in name for name in host.families):
            assert all(a <= b for a, b in zip(shown, most, strict=True))


@given(hosts(breaks=False), st.sampled_from([RICH, POOR]))
def test_without_the_hook(host: RandomHost, version: str) -> None:
    """Where VDSM's own list is all there is and the VMs are known, nothing is promised that the host refuses."""
    if set(host.families) <= set(LISTED) and not host.unseen_mode and fits(host, version, known=True):
        assert create(host.bus, host.request, host.separate) is not None


@pytest.mark.parametrize("number", range(12))
def test_inventory_is_what_the_hook_reads(number: int, tmp_path: Path) -> None:
    """The inventories of these tests equal those that the hook's reader takes from the same bus on disk."""
    host = random_host(number)
    SysfsTree(tmp_path, host.bus)

    read = read_inventory(str(tmp_path)).parents

    assert [_unordered(p) for p in read] == [_unordered(p) for p in inventory_of(host.bus).parents]


def _unordered(parent: ParentDevice) -> ParentDevice:
    """The disk has an order of its own."""
    return parent._replace(types=tuple(sorted(parent.types or ())))
