"""Which VM an instance belongs to, by the engine's version and by the host's word."""

from uuid import uuid3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from mdev_inventory.observation import Observation, Source
from scheduler_plugins.claims.instances import NAMESPACE, Derived, Orphan, foreign, orphans, owner, uuids_of

CARD, TYPE = "0000:3b:00.0", "nvidia-22"
VM_ID, OTHER_ID = (f"{n}0000000-0000-4000-8000-00000000000a" for n in (1, 2))
DEVICE = "d0000000-0000-4000-8000-000000000001"
RANDOM, STRAY = (f"c2177883-f1bb-47f0-914d-32a22e3a880{n}" for n in (1, 2))
VM = KnownVm(VM_ID, "desk", (TYPE,), 1.0, (DEVICE,), "c1")
OTHER = KnownVm(OTHER_ID, "other", (TYPE,), 1.0)


def seen(*uuids: str, owners: dict[str, str] | None = None, told: bool = True) -> Observation:
    """A card on which these live."""
    mdev_type = MdevType(TYPE, instances=uuids if told else None)
    return Observation(
        "h1", HostInventory((ParentDevice(CARD, types=(mdev_type,)),)), Source.HOOK, 1.0, 2.0, None, owners
    )


def derived(*vms: KnownVm) -> dict[str, str]:
    """By the engine's own data."""
    return dict(Derived(lambda: {vm.id: vm for vm in vms}).now)


@pytest.mark.parametrize(
    "uuid",
    [
        pytest.param(DEVICE, id="4.5: the device's id"),
        pytest.param(str(uuid3(NAMESPACE, VM_ID)), id="4.2 to 4.2.6: made from the VM's id"),
        pytest.param(str(uuid3(NAMESPACE, "desk")), id="the hook before: made from the VM's name"),
    ],
)
def test_uuids_that_tell_their_vm(uuid: str) -> None:
    """No host needs to be asked for these."""
    assert VM_ID == owner(uuid, seen(uuid), derived(VM, OTHER))
    assert () == orphans(seen(uuid), derived(VM, OTHER))


def test_a_name_that_utf_8_cannot_hold() -> None:
    """The engine's JSON may hold half of a surrogate pair: no UUID is made of that, and nothing fails."""
    assert {DEVICE, str(uuid3(NAMESPACE, VM_ID))} == uuids_of(VM._replace(name="half \udc80"))


def test_made_uuids_are_vdsms() -> None:
    """As VDSM's get_mdev_uuid and its older hook compute them: MD5 of the namespace and the text."""
    made = {"34a2ad16-413f-3df3-b4a5-5bb0de3eae41", "5f54d3e2-f079-35cd-8196-9063a4dc90f3"}

    assert made == uuids_of(KnownVm("00000000-0000-0000-0000-000000000000", "vm", (TYPE,), 1.0))


def test_a_random_uuid_needs_the_hosts_word() -> None:
    """4.2.6.1 to 4.4: nothing but the host tells whose it is."""
    told = seen(RANDOM, owners={RANDOM: VM_ID})

    assert VM_ID == owner(RANDOM, told, derived(VM, OTHER))
    assert () == orphans(told, derived(VM, OTHER))


def test_the_hosts_word_counts_more() -> None:
    """Whatever a UUID looks like: who has it in its domain has it."""
    told = seen(DEVICE, owners={DEVICE: OTHER_ID})

    assert OTHER_ID == owner(DEVICE, told, derived(VM, OTHER))
    assert OTHER.id == owner(DEVICE, told, derived(VM, OTHER))


def test_a_vm_without_a_request_has_no_made_uuids() -> None:
    """The engine made none for it."""
    assert frozenset() == uuids_of(KnownVm(VM_ID, "desk", (), 1.0))


def test_orphans() -> None:
    """What neither the host nor the engine gives to a VM, with the place where it is."""
    told = seen(DEVICE, RANDOM, STRAY, owners={RANDOM: OTHER_ID})

    assert (Orphan(STRAY, CARD, TYPE, None),) == orphans(told, derived(VM, OTHER))


@pytest.mark.parametrize(
    ("parent", "type_id", "vgpu"),
    [
        pytest.param(ParentDevice(CARD, "0x10de", driver="nvidia"), "nvidia-231", True, id="NVIDIA"),
        pytest.param(ParentDevice(CARD, "0x10de"), "nvidia-231", True, id="NVIDIA, driver not told"),
        pytest.param(ParentDevice(CARD), "nvidia-231", True, id="neither vendor nor driver told"),
        pytest.param(ParentDevice("0000:00:02.0", "0x8086", driver="i915"), "i915-GVTg_V5_4", True, id="GVT-g"),
        pytest.param(
            ParentDevice("0000:06:00.0", "0x15b3", driver="mlx5_core"), "mlx5_core-local", False, id="network"
        ),
        pytest.param(ParentDevice("0000:6a:01.0", "0x8086", driver="idxd"), "idxd-1dwq-v1", False, id="accelerator"),
        pytest.param(ParentDevice("matrix", driver="vfio_ap"), "vfio_ap-passthrough", False, id="crypto adapters"),
        pytest.param(ParentDevice("0.0.26ab", driver="vfio_ccw"), "vfio_ccw-io", False, id="channel"),
        pytest.param(ParentDevice("mtty", driver=None), "mtty-2", False, id="serial port, for tests"),
        pytest.param(ParentDevice("0000:07:00.0", "0x1af4", driver="new"), "new-1", False, id="nobody knows what"),
    ],
)
def test_only_a_vgpu_is_an_orphan(parent: ParentDevice, type_id: str, vgpu: bool) -> None:
    """What else is on the mdev bus is told apart as not ours, with the type, the parent device and the driver."""
    parent = parent._replace(types=(MdevType(type_id, instances=(STRAY,)),))
    told = Observation("h1", HostInventory((parent,)), Source.HOOK, 1.0, 2.0, None, {})
    one = (Orphan(STRAY, parent.address, type_id, parent.driver),)

    assert (one if vgpu else ()) == orphans(told, derived(VM))
    assert (() if vgpu else one) == foreign(told, derived(VM))


def test_what_is_not_ours_needs_nobodys_word() -> None:
    """A network card's functions keep nothing from being told of the vGPUs."""
    network = ParentDevice("0000:06:00.0", driver="mlx5_core", types=(MdevType("mlx5_core-local", instances=(STRAY,)),))
    card = ParentDevice(CARD, "0x10de", types=(MdevType(TYPE, instances=(DEVICE,)),))
    told = Observation("h1", HostInventory((card, network)), Source.HOOK, 1.0, 2.0)

    assert () == orphans(told, derived(VM))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(seen(STRAY), None, id="the host was not asked"),
        pytest.param(seen(told=False), None, id="a source that knows no instances"),
        pytest.param(seen(DEVICE), (), id="not asked, for nothing was unexplained"),
        pytest.param(seen(), (), id="nothing lives there"),
    ],
)
def test_orphans_that_cannot_be_told(told: Observation, expected: tuple[Orphan, ...] | None) -> None:
    """Unknown is not none, and none is not unknown."""
    assert expected == orphans(told, derived(VM))


def test_a_new_list_of_vms_is_noticed() -> None:
    """Those that went explain nothing any more."""
    lists = iter([{VM.id: VM}, {OTHER.id: OTHER}])
    known = Derived(lambda: next(lists))

    assert {STRAY} == known.unexplained({DEVICE, STRAY})
    assert {DEVICE, STRAY} == known.unexplained({DEVICE, STRAY})


VMS = st.builds(
    KnownVm,
    st.sampled_from("abc"),
    st.sampled_from(["one", "two", "a"]),
    st.sampled_from([(), (TYPE,)]),
    st.just(1.0),
    st.sampled_from([(), ("x",), ("y",), ("x", "y")]),
)


@given(st.lists(st.lists(VMS, max_size=3, unique_by=lambda vm: vm.id), max_size=8))
def test_what_changed_is_taken_in(lists: list[list[KnownVm]]) -> None:
    """As if all was looked at anew: whoever may have the UUID, also where two VMs may."""
    now: dict[str, KnownVm] = {}
    known = Derived(lambda: now)
    for vms in lists:
        now = {vm.id: vm for vm in vms}
        owners = known.now

        may_have: dict[str, set[str]] = {}
        for vm in vms:
            for uuid in uuids_of(vm):
                may_have.setdefault(uuid, set()).add(vm.id)
        assert may_have.keys() == owners.keys()
        assert all(owners[uuid] in may_have[uuid] for uuid in owners)
