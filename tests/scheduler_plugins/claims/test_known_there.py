"""Which instances the VMs on a host have, where the host does not show them."""

from dataclasses import replace

import pytest

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Observation, Source
from scheduler_plugins.claims.known_there import KnownThere, Types

HOST = "host-1"
SEEN = Observation(HOST, HostInventory(), Source.VDSM, 1.0, 2.0)


def vm(vm_id: str, *types: str, host: str | None = "") -> KnownVm:
    """A VM that asks for these types, on a host, on none or nobody knows."""
    return KnownVm(vm_id, vm_id, types, 0.0, host_id=host)


VMS = {known.id: known for known in (vm("a", "t2", "t1"), vm("b", "t1", host=HOST), vm("c"), vm("d", "t3", host="x"))}


@pytest.mark.parametrize(
    ("vms", "expected"),
    [
        pytest.param(None, None, id="VDSM did not tell its VMs"),
        pytest.param(frozenset(), (), id="no VM is known to be none"),
        pytest.param(frozenset("abc"), ("t1", "t1", "t2"), id="all their types, with repetition"),
        pytest.param(frozenset("c"), (), id="a VM without a request has no instance"),
        pytest.param(frozenset("az"), None, id="one that the engine does not know may have any"),
    ],
)
def test_by_the_vms_that_vdsm_tells(vms: frozenset[str] | None, expected: Types | None) -> None:
    """VDSM tells which VMs it has, the engine what they asked for: both must be known."""
    assert expected == KnownThere(VMS).types(replace(SEEN, vms=vms))


def test_by_the_vms_that_the_engine_tells() -> None:
    """With the engine's copy goes the engine's word on where VMs are; of one alone not told, nothing follows."""
    copied = replace(SEEN, source=Source.ENGINE)

    assert ("t1",) == KnownThere(VMS).types(copied)
    assert ("t1",) == KnownThere({**VMS, "e": vm("e", host=None)}).types(copied)
    assert KnownThere({**VMS, "e": vm("e", "t1", host=None)}).types(copied) is None


def test_who_shows_instances_needs_no_vms() -> None:
    """The hook shows instances: nothing has to be concluded."""
    assert KnownThere(VMS).types(replace(SEEN, source=Source.HOOK, vms=frozenset("ab"))) is None
