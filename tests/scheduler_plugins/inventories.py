"""Inventories for tests, with the types and figures of real devices; no code of the product decides here."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mdev_inventory.model import NVIDIA, HostInventory, MdevType, ParentDevice
from mdev_inventory.observation import HostFailure, Observation, Source
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request

A, B, C = "0000:3b:00.0", "0000:3c:00.0", "0000:3d:00.0"
"""Addresses of a host's first cards, in the allocator's order."""


class Size(NamedTuple):
    """An NVIDIA type: its name, framebuffer in MiB and how many a whole card holds."""

    name: str
    framebuffer: int
    most: int


T4 = {
    "nvidia-222": Size("GRID T4-1B", 1024, 16),
    "nvidia-223": Size("GRID T4-2B", 2048, 8),
    "nvidia-230": Size("GRID T4-1Q", 1024, 16),
    "nvidia-231": Size("GRID T4-2Q", 2048, 8),
    "nvidia-232": Size("GRID T4-4Q", 4096, 4),
    "nvidia-234": Size("GRID T4-16Q", 16384, 1),
}
Q1, Q2, Q4, Q16, B2 = "nvidia-230", "nvidia-231", "nvidia-232", "nvidia-234", "nvidia-223"
"""Types of a T4: 2B and 2Q have one size, 8 fit; 16Q is the whole card."""
A40 = {
    "nvidia-556": Size("NVIDIA A40-2B", 2048, 24),
    "nvidia-557": Size("NVIDIA A40-1Q", 1024, 32),
    "nvidia-558": Size("NVIDIA A40-2Q", 2048, 24),
    "nvidia-560": Size("NVIDIA A40-4Q", 4096, 12),
    "nvidia-566": Size("NVIDIA A40-48Q", 49152, 1),
    "nvidia-570": Size("NVIDIA A40-4A", 4096, 12),
}
A40_1Q, A40_4Q, A40_4A, A40_48Q = "nvidia-557", "nvidia-560", "nvidia-570", "nvidia-566"
ALL_A40, ONLY_4 = dict.fromkeys(A40, 1), {A40_4Q: 1, A40_4A: 1}
"""What a free function of an A40 shows: on an empty card, and beside an instance of 4 GB."""
L40S = {"nvidia-1148": Size("NVIDIA L40S-2Q", 2048, 24), "nvidia-1151": Size("NVIDIA L40S-6Q", 6144, 8)}
A100_MIG = {
    "nvidia-474": Size("GRID A100-1-5C", 5120, 7),
    "nvidia-476": Size("GRID A100-3-20C", 20480, 2),
    "nvidia-477": Size("GRID A100-4-20C", 20480, 1),
    "nvidia-706": Size("GRID A100-1-5CME", 5120, 1),
}
GVTG = {
    "i915-GVTg_V5_1": (512, 2048, 4),
    "i915-GVTg_V5_2": (256, 1024, 4),
    "i915-GVTg_V5_4": (128, 512, 4),
    "i915-GVTg_V5_8": (64, 384, 4),
}
MBOCHS = {"mbochs-small": 4, "mbochs-medium": 16, "mbochs-large": 64}

Alive = Mapping[str, int]


def host(*parents: ParentDevice | Sequence[ParentDevice]) -> HostInventory:
    """The inventory of a host with those parents, or lists of them."""
    flat = [p for entry in parents for p in ([entry] if isinstance(entry, ParentDevice) else entry)]
    return HostInventory(parents=tuple(sorted(flat, key=lambda p: p.address)))


def device(
    address: str,
    figures: Mapping[str, int | None],
    alive: Alive | None = None,
    vendor: str | None = "0x8086",
    physfn: str | None = None,
) -> ParentDevice:
    """A parent that shows these figures; `alive` are the instances it holds, by type."""
    types = tuple(
        MdevType(id=t, name=t, available=figure, instances=uuids(address, t, (alive or {}).get(t, 0)))
        for t, figure in figures.items()
    )
    return ParentDevice(address=address, vendor=vendor, physfn=physfn, types=types)


def gpu(address: str, table: Mapping[str, Size], alive: Alive | None = None) -> ParentDevice:
    """A time-sliced NVIDIA GPU without SR-IOV, its figures as the driver would show them."""
    alive = alive or {}
    sizes = {table[t].framebuffer for t, count in alive.items() if count}
    figures = {t: size.most - sum(alive.values()) if sizes <= {size.framebuffer} else 0 for t, size in table.items()}
    return described(device(address, figures, alive, NVIDIA), table)


def t4(address: str = A, alive: Alive | None = None) -> ParentDevice:
    """A Tesla T4 that holds those instances."""
    return gpu(address, T4, alive)


def a40(count: int, *taken: str, bus: str = "0000:3b") -> list[ParentDevice]:
    """An A40 of that many virtual functions, the first of which hold these types of 4 GB."""
    return functions(bus, count, A40, ONLY_4 if taken else ALL_A40, taken)


def functions(
    bus: str, count: int, table: Mapping[str, Size], figures: Mapping[str, int], taken: Sequence[str] = ()
) -> list[ParentDevice]:
    """Virtual functions of the GPU on that bus (`0000:3b`): the first ones hold the types in `taken`.

    `figures` is what each free function shows; types not named show 0.
    """
    physfn = f"{bus}:00.0"
    return [
        described(
            device(
                f"{bus}:{number // 8:02x}.{number % 8}",
                {t: 0 if index < len(taken) else figures.get(t, 0) for t in table},
                {taken[index]: 1} if index < len(taken) else {},
                NVIDIA,
                physfn,
            ),
            table,
        )
        for index, number in enumerate(range(4, 4 + count))
    ]


def described(parent: ParentDevice, table: Mapping[str, Size]) -> ParentDevice:
    """The parent with NVIDIA's descriptions of its types."""
    types = (
        t._replace(
            name=table[t.id].name,
            description=f"num_heads=4, frl_config=60, framebuffer={table[t.id].framebuffer}M,"
            f" max_resolution=7680x4320, max_instance={table[t.id].most}",
        )
        for t in parent.types or ()
    )
    return parent._replace(types=tuple(types))


def gvtg(figures: Mapping[str, int]) -> ParentDevice:
    """Intel graphics with GVT-g."""
    bare = device("0000:00:02.0", figures)
    text = "low_gm_size: {}MB\nhigh_gm_size: {}MB\nfence: {}\nresolution: 1920x1200\nweight: 4"
    types = (t._replace(description=text.format(*GVTG[t.id])) for t in bare.types or ())
    return bare._replace(types=tuple(types))


def mtty(single: int, dual: int, vendor: str | None = None) -> ParentDevice:
    """The kernel's serial port sample; it has no vendor, tests of other things may give it one."""
    return device("mtty", {"mtty-1": single, "mtty-2": dual}, vendor=vendor)


def mbochs(figures: Mapping[str, int]) -> ParentDevice:
    """The kernel's display sample with 256 MB."""
    bare = device("mbochs", figures, vendor=None)
    types = (t._replace(description=f"virtual display, {MBOCHS[t.id]} MB video memory") for t in bare.types or ())
    return bare._replace(types=tuple(types))


def sized(figures: Mapping[str, tuple[int, int | None]]) -> ParentDevice:
    """A device that tells the video memory of its types: MB and figure of each."""
    bare = device("sized", {t: figure for t, (_, figure) in figures.items()})
    types = (t._replace(description=f"virtual display, {figures[t.id][0]} MB video memory") for t in bare.types or ())
    return bare._replace(types=tuple(types))


def unseen(parent: ParentDevice, physfn: str | None = None) -> ParentDevice:
    """The parent as a source shows it that does not know instances; `physfn` where it tells that."""
    types = parent.types and tuple(t._replace(instances=None) for t in parent.types)
    return parent._replace(types=types, physfn=physfn)


def uuids(address: str, type_id: str, count: int) -> tuple[str, ...]:
    """Names of that many instances, no two alike."""
    return tuple(f"{address}/{type_id}/{number}" for number in range(count))


def figures_of(inventory: HostInventory, address: str) -> dict[str, int | None]:
    """What a parent shows."""
    parent = next(p for p in inventory.parents if p.address == address)
    return {t.id: t.available for t in parent.types or ()}


def request(*types: str) -> Request:
    """A request for those types."""
    return Request(types)


def view(
    inventory: HostInventory | None,
    separate: bool = False,
    source: Source = Source.HOOK,
    failure: HostFailure | None = None,
) -> HostView:
    """The host `gpu1` with that inventory, asked for at 1000 s."""
    seen = Observation("id-1", inventory, source, 1000.0, 1000.5) if inventory is not None else None
    return HostView("id-1", "gpu1", separate, seen, failure)
