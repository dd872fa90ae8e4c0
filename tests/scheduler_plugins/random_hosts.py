"""Random hosts of all families, broken ones included, for properties that hold for every decision."""

from hypothesis import strategies as st

from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from mdev_inventory.observation import Source
from tests.scheduler_plugins import inventories as inv

TYPES = ["nvidia-222", "nvidia-223", "nvidia-230", "nvidia-231", "nvidia-232", "nvidia-560", "nvidia-570", "x-1"]
"""A few of those that the hosts below offer, and one that none does."""


@st.composite
def alive_on_gpu(draw: st.DrawFn) -> inv.Alive:
    """Instances that can live together on a T4: of one size, and no more than fit."""
    size = draw(st.sampled_from([1024, 2048, 4096, 16384]))
    fitting = [t for t, entry in inv.T4.items() if entry.framebuffer == size]
    count = draw(st.integers(0, inv.T4[fitting[0]].most))
    chosen = draw(st.lists(st.sampled_from(fitting), min_size=count, max_size=count))
    return {t: chosen.count(t) for t in fitting if t in chosen}


@st.composite
def function_card(draw: st.DrawFn) -> list[ParentDevice]:
    """An A40 with a few functions, part of them taken."""
    count = draw(st.integers(1, 16))
    taken = draw(st.lists(st.sampled_from(["nvidia-560", "nvidia-570"]), max_size=min(12, count)))
    left = dict.fromkeys(inv.A40, 1) if not taken else {"nvidia-560": 1, "nvidia-570": 1} if len(taken) < 12 else {}
    return inv.functions(draw(st.sampled_from(["0000:5b", "0000:6b"])), count, inv.A40, left, taken)


@st.composite
def odd_parent(draw: st.DrawFn) -> ParentDevice:
    """A parent with any figures, known or not, of any vendor."""
    kinds = st.builds(
        MdevType,
        id=st.sampled_from(TYPES),
        available=st.none() | st.integers(-1, 5),
        instances=st.none() | st.sampled_from([(), ("u1",), ("u1", "u2")]),
    )
    types = draw(st.lists(kinds, max_size=4, unique_by=lambda t: t.id))
    return ParentDevice(
        address=draw(st.sampled_from(["0.0.fffe", "0000:07:00.0", "0000:f0:00.0", "mtty"])),
        vendor=draw(st.sampled_from(["0x10de", "0x8086", "0x1af4", None])),
        physfn=draw(st.sampled_from([None, None, "0000:f0:00.0"])),
        types=draw(st.sampled_from([tuple(types), tuple(types), tuple(types), None])),
    )


@st.composite
def hosts(draw: st.DrawFn) -> HostInventory:
    """A host with up to two GPUs, a card with functions and an odd parent."""
    gpus = [inv.gpu(a, inv.T4, draw(alive_on_gpu())) for a in ("0000:3b:00.0", "0000:86:00.0")]
    parents: list[ParentDevice] = [*draw(st.sampled_from([gpus, gpus[:1], []]))]
    parents += draw(st.just([]) | function_card())
    parents += draw(st.lists(odd_parent(), max_size=2, unique_by=lambda p: p.address))
    return inv.host(parents)


sources = st.sampled_from([Source.HOOK, Source.HOOK, Source.VDSM])
requests = st.lists(st.sampled_from(TYPES), min_size=1, max_size=4)
