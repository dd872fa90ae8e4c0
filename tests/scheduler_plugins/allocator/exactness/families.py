"""Random boards of each family, in every set-up that the simulation knows."""

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from simulation.kernel import families
from simulation.kernel.boards import GVTG_ADDRESS, Board
from simulation.kernel.card import Card, SysfsDevice
from simulation.kernel.profiles import TypeProfile, profile, profiles
from tests.scheduler_plugins.allocator.exactness import unknown_drivers

TIME_SLICED = [key for key, made in profiles().items() if made.family == "time-sliced"]
SRIOV = [key for key, made in profiles().items() if made.family == "sr-iov"]
DESCRIBED = [key for key in SRIOV if all(t.description for t in profile(key).types)]
UNDESCRIBED = [key for key in SRIOV if key not in DESCRIBED]

Make = Callable[[Random, str], list[Card]]
"""The cards of a board in the slot of that address (`0000:3b:00.0`)."""


class Family(NamedTuple):
    """What behaves alike, and whether its verdicts equal the host's or are only never better."""

    make: Make
    exact: bool
    weight: int = 2
    """How often it is among a random host's boards."""


def _time_sliced(rng: Random, address: str) -> list[Card]:
    key = rng.choice(TIME_SLICED + DESCRIBED)
    return Board(key, address, sriov=False, older_driver=rng.random() < 0.3).cards()


def _all_zero(rng: Random, address: str) -> list[Card]:
    return Board(rng.choice(TIME_SLICED + SRIOV), address, vfs=rng.randint(1, 3), ecc=True).cards()


def _sriov(rng: Random, address: str) -> list[Card]:
    return Board(rng.choice(DESCRIBED), address, vfs=_functions(rng), older_driver=rng.random() < 0.3).cards()


def _mixed(rng: Random, address: str) -> list[Card]:
    return Board(rng.choice(DESCRIBED), address, vfs=_functions(rng), mixed=True).cards()


def _undescribed(rng: Random, address: str) -> list[Card]:
    functions = None if rng.random() < 0.3 else _functions(rng)
    return Board(rng.choice(UNDESCRIBED), address, vfs=functions, mixed=rng.random() < 0.3).cards()


def _mig(rng: Random, address: str) -> list[Card]:
    key = rng.choice(UNDESCRIBED)
    backed = [t.id for t in profile(key).types if t.mig_backed]
    made = tuple(rng.choice(backed) for _ in range(rng.randint(0, 5)))
    return Board(key, address, vfs=_functions(rng), gpu_instances=made).cards()


def _functions(rng: Random) -> int:
    """Few, as many as some types' maximum, or more than most."""
    return rng.choice([1, 2, 3, 4, 6, 8, 12, 16])


def _gvtg(rng: Random, address: str) -> list[Card]:
    return Board(rng.choice(["gvtg-256", "gvtg-512", "gvtg-1024"]), GVTG_ADDRESS).cards()


def _without_vendor(rng: Random, address: str) -> list[Card]:
    key, name, capacity = rng.choice(
        [
            ("mtty", "mtty", rng.randint(1, 24)),
            ("mdpy", "mdpy", rng.randint(1, 6)),
            ("mbochs", "mbochs", rng.randint(4, 300)),
            ("vfio-ap", "matrix", rng.randint(0, 5)),
            ("vfio-ccw", "0.0.fffe", 1),
        ]
    )
    return Board(key, name, capacity=capacity).cards()


def _samples(rng: Random, address: str) -> list[Card]:
    """The kernel's samples as if they were PCI devices: VDSM's walk does not die of them."""
    key, capacity = rng.choice(
        [("mtty", rng.randint(1, 24)), ("mdpy", rng.randint(1, 6)), ("mbochs", rng.randint(4, 300))]
    )
    made = profile(key)
    return [families.Pool(_pci(address, key), made.types, unknown_drivers.EXHAUSTED, capacity=(capacity,))]


def _counter(rng: Random, address: str) -> list[Card]:
    """One counter for all types, as the kernel's core keeps it from 6.1 on."""
    key = rng.choice(["vfio-ap", "vfio-ccw", "mdpy"])
    types: Sequence[TypeProfile] = profile(key).types
    return [families.Pool(_pci(address, key), types, unknown_drivers.EXHAUSTED, capacity=(rng.randint(0, 6),))]


def _idxd(rng: Random, address: str) -> list[Card]:
    return Board("idxd", address, queues=(rng.randint(0, 4), rng.randint(0, 3))).cards()


def _no_mdev(rng: Random, address: str) -> list[Card]:
    return Board(rng.choice(["rtx-pro-6000-blackwell", "h200"]), address, vfs=rng.randint(0, 3)).cards()


def _unknown(rng: Random, address: str) -> list[Card]:
    device = _pci(address, "toy")
    kinds = rng.randint(1, 4)
    most = [rng.randint(1, 8) for _ in range(kinds)]
    rule = rng.choice(["one type", "independent", "shares", "shares"])
    if rule == "one type":
        return [unknown_drivers.OneTypeAtATime(device, most)]
    if rule == "independent":
        return [unknown_drivers.Independent(device, most)]
    costs = [[rng.randint(1, 7), rng.choice([0, 1, 2, 5])] for _ in range(kinds)]
    return [unknown_drivers.Shares(device, [rng.randint(1, 30), rng.randint(1, 20)], costs)]


def _pci(address: str, driver: str) -> SysfsDevice:
    return SysfsDevice(address, f"devices/pci0000:00/{address}", "0x1af4", "0x1050", driver, 0)


FAMILIES = {
    "NVIDIA, time-sliced": Family(_time_sliced, exact=True, weight=5),
    "NVIDIA, virtual functions": Family(_sriov, exact=True, weight=5),
    "NVIDIA, all types at 0": Family(_all_zero, exact=True, weight=1),
    "NVIDIA, no mdev (vendor's own VFIO)": Family(_no_mdev, exact=True, weight=1),
    "Intel GVT-g": Family(_gvtg, exact=False),
    "kernel samples": Family(_samples, exact=True),
    "one counter (s390, mdpy)": Family(_counter, exact=True),
    "parents without vendor": Family(_without_vendor, exact=True, weight=1),
    "NVIDIA, virtual functions, mixed sizes": Family(_mixed, exact=False),
    "NVIDIA, virtual functions, no descriptions": Family(_undescribed, exact=False),
    "NVIDIA, MIG": Family(_mig, exact=False),
    "work queues (idxd)": Family(_idxd, exact=False),
    "unknown drivers": Family(_unknown, exact=False),
}
