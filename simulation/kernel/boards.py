"""Boards as they are plugged into a host: which parent devices a profile makes, and at which addresses.

A Tesla M60 is two GPUs at consecutive buses behind the board's own PCI switch, an M10 or A16 four;
an SR-IOV GPU is a physical function with as many virtual ones as are enabled.
"""

import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulation.kernel import families
from simulation.kernel.bus import Bus
from simulation.kernel.card import Card, SysfsDevice
from simulation.kernel.profiles import Profile, TypeProfile, profile

GVTG_ADDRESS = "0000:00:02.0"
FIRST_SLOT, SLOT_STEP = 0x3B, 0x10
"""Where `bus_of` plugs boards in: buses as server mainboards number them, room for four GPUs each."""


@dataclass(frozen=True, slots=True)
class Board:
    """One board of a host: its profile, where it sits and how it is set up."""

    profile: str
    address: str
    """Of its first GPU (`0000:3b:00.0`); the parent device's own name where it is not PCI (`mtty`)."""
    vfs: int | None = None
    """Virtual functions enabled per GPU (sriov-manage); None is the profile's own number."""
    mixed: bool = False
    """Mixed-size mode on."""
    gpu_instances: tuple[str, ...] | None = None
    """MIG mode on, with GPU instances for these MIG types; None is off."""
    ecc: bool = False
    """Memory checking on: every type reads 0."""
    sriov: bool = True
    """False: a GPU that could do SR-IOV runs without, its physical function being the parent device."""
    older_driver: bool = False
    """The driver also offers the types of older releases."""
    capacity: int | None = None
    """A pool of another size than the profile's (module parameter)."""
    queues: tuple[int, int] = (4, 1)
    """Dedicated and shared work queues of an accelerator."""
    numa_node: int = 0

    def cards(self) -> list[Card]:
        """The cards of the board, one per GPU, in address order."""
        made = profile(self.profile)
        return [_card(self, made, device) for device in _gpus(self, made)]


def build_bus(boards: Sequence[Board], *, seed: int | None = None, present: bool | None = None) -> Bus:
    """The mdev bus of a host with those boards; `seed` and `present` as `Bus` has them."""
    return Bus([card for board in boards for card in board.cards()], seed=seed, present=present)


def bus_of(*names: str, seed: int | None = None) -> Bus:
    """The bus of a host with boards of those profiles, in default set-up, in the next free slots."""
    return build_bus([Board(name, address) for name, address in _plugged(names)], seed=seed)


def _plugged(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    slot = FIRST_SLOT
    for name in names:
        made = profile(name)
        if made.path is not None:
            yield name, made.path.rpartition("/")[2]
        elif made.family == "gvt-g":
            yield name, GVTG_ADDRESS
        else:
            yield name, f"0000:{slot:02x}:00.0"
            slot += SLOT_STEP


def _gpus(board: Board, made: Profile) -> list[SysfsDevice]:
    """One device per GPU of the board."""
    if made.path is not None:
        folder = made.path.rpartition("/")[0]
        bus_name = None if made.kind == "virtual" else made.kind
        return [SysfsDevice(board.address, f"{folder}/{board.address}", driver=made.driver, bus=bus_name)]
    domain, bus, rest = board.address.split(":")
    addresses = [f"{domain}:{int(bus, 16) + gpu:02x}:{rest}" for gpu in range(made.gpus)]
    return [_function(board, made, a, f"{_slot(board.address, gpu, made)}/{a}") for gpu, a in enumerate(addresses)]


def _slot(address: str, gpu: int, made: Profile) -> str:
    """The folder of the port that a GPU hangs on: the root bus, a root port, or the board's switch."""
    domain, bus, _ = address.split(":")
    if bus == "00":
        return f"devices/pci{domain}:00"
    if made.gpus == 1:
        port = int(bus, 16) - 1
        return f"devices/pci{domain}:{port:02x}/{domain}:{port:02x}:00.0"
    root, switch = int(bus, 16) - 2, int(bus, 16) - 1
    return f"devices/pci{domain}:{root:02x}/{domain}:{root:02x}:00.0/{domain}:{switch:02x}:{8 * (gpu + 1):02x}.0"


def _function(board: Board, made: Profile, address: str, path: str, physfn: str | None = None) -> SysfsDevice:
    return SysfsDevice(address, path, made.vendor, made.device, made.driver, board.numa_node, physfn)


def _with_virtual(board: Board, made: Profile, gpu: SysfsDevice) -> list[SysfsDevice]:
    """The GPU's physical function and its enabled virtual ones, at consecutive function numbers."""
    domain, bus, _ = gpu.address.split(":")
    folder = gpu.path.rpartition("/")[0]
    count = made.vf_count if board.vfs is None else board.vfs
    addresses = (
        f"{domain}:{bus}:{number >> 3:02x}.{number & 7}" for number in range(made.vf_offset, made.vf_offset + count)
    )
    return [gpu, *(_function(board, made, a, f"{folder}/{a}", gpu.address) for a in addresses)]


def _types(board: Board, made: Profile) -> tuple[TypeProfile, ...]:
    return made.types + made.older_types if board.older_driver else made.types


def _card(board: Board, made: Profile, gpu: SysfsDevice) -> Card:
    types, code = _types(board, made), getattr(errno, made.exhausted)
    if made.family == "time-sliced" or (made.family == "sr-iov" and not board.sriov):
        return families.TimeSliced(gpu, types, code, ecc=board.ecc)
    if made.family == "sr-iov":
        return families.SrIov(
            _with_virtual(board, made, gpu),
            types,
            code,
            memory_mb=made.memory_mb,
            max_vgpus=made.max_vgpus,
            mixed=board.mixed,
            gpu_instances=board.gpu_instances,
            ecc=board.ecc,
        )
    if made.family == "queues":
        dedicated, shared = board.queues
        return families.WorkQueues(gpu, types, code, dedicated=dedicated, shared=shared)
    if made.family == "no-mdev":
        return families.WithoutMdev(_with_virtual(board, made, gpu))
    capacity = made.capacity if board.capacity is None else (board.capacity,)
    return families.Pool(gpu, types, code, capacity=capacity)
