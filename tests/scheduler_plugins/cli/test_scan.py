"""`mdev-scheduler scan` as a real process, on trees of devices of every family and of every capture."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mdev_inventory.model import MdevType
from simulation.kernel import Bus
from simulation.kernel.boards import GVTG_ADDRESS, Board, build_bus
from simulation.kernel.inventory import inventory_of
from simulation.kernel.sysfs_tree import SysfsTree
from tests import trees

GPU = "0000:3b:00.0"
PROCESS_S = 20.0
"""A scan takes 0.15 s on an idle machine; this bounds one that hangs."""


@dataclass(frozen=True)
class Case:
    """A host's boards, and what lives on them: the type to create, and how often, first parent first."""

    name: str
    boards: tuple[Board, ...]
    created: tuple[tuple[str, int], ...] = ()
    parents: int = 1
    free: tuple[tuple[str, int], ...] = ()
    """Figures of the first parent afterwards, told from the device's published numbers by hand."""


CASES = (
    Case("m60, 1Q beside full sizes", (Board("tesla-m60", GPU),), (("nvidia-13", 3),), 2, (("nvidia-22", 0),)),
    Case("m10, empty", (Board("tesla-m10", GPU),), (), 4),
    Case("t4, two 4Q", (Board("tesla-t4", GPU),), (("nvidia-232", 2),), 1, (("nvidia-232", 2),)),
    Case("p40 with an older driver", (Board("tesla-p40", GPU, older_driver=True),), (), 1),
    Case("p4 that checks its memory", (Board("tesla-p4", GPU, ecc=True),), (), 1),
    Case("a40, 16 functions", (Board("a40", GPU, vfs=16),), (("nvidia-558", 5),), 16, (("nvidia-558", 0),)),
    Case("l40s, mixed sizes", (Board("l40s", GPU, mixed=True),), (("nvidia-1154", 1),), 32),
    Case("a100 in MIG mode", (Board("a100-40", GPU, gpu_instances=("nvidia-475",)),), (), 10),
    Case("a16, four GPUs", (Board("a16", GPU),), (), 64),
    Case("gvt-g, one of the smallest", (Board("gvtg-512", GVTG_ADDRESS),), (("i915-GVTg_V5_8", 1),), 1),
    Case("mtty", (Board("mtty", "mtty"),), (("mtty-2", 3),), 1, (("mtty-1", 18), ("mtty-2", 9))),
    Case("mdpy", (Board("mdpy", "mdpy"),), (("mdpy-hd", 4),), 1, (("mdpy-hd", 0), ("mdpy-vga", 0))),
    Case("mbochs", (Board("mbochs", "mbochs"),), (("mbochs-large", 1),), 1),
    Case("crypto of s390", (Board("vfio-ap", "matrix"),), (), 1),
    Case("channels of s390", (Board("vfio-ccw", "0.0.fffe"),), (), 1),
    Case("work queues", (Board("idxd", GPU),), (), 1),
    Case("vendor VFIO, no mdev", (Board("rtx-pro-6000-blackwell", GPU),), (), 0),
    Case("several in one host", (Board("a40", GPU, vfs=4), Board("mtty", "mtty"), Board("mdpy", "mdpy")), (), 6),
)


def scan(root: Path) -> dict[str, Any]:
    """What a process of its own prints about the tree; it must end with status 0 and say nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "scheduler_plugins", "scan", "--root", str(root), "--json"],
        capture_output=True,
        text=True,
        timeout=PROCESS_S,
    )
    assert (0, "") == (done.returncode, done.stderr)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def parents(document: dict[str, Any]) -> list[dict[str, Any]]:
    """A document's parents with their types by id: a directory has no order to rely on."""
    return [{**p, "types": sorted(p["types"], key=lambda t: str(t["id"]))} for p in document["parents"]]


def expected(bus: Bus) -> list[dict[str, Any]]:
    """The same told by the model of the kernel."""
    return [
        {
            "address": parent.address,
            "vendor": parent.vendor,
            "driver": parent.driver,
            "physfn": parent.physfn,
            "types": list(map(_type, sorted(parent.types or ()))),
        }
        for parent in inventory_of(bus).parents
    ]


def _type(told: MdevType) -> dict[str, Any]:
    return {
        "id": told.id,
        "name": told.name,
        "description": told.description or None,
        "device_api": told.device_api or None,
        "available_instances": told.available,
        "instances": list(told.instances or ()),
    }


def fill(bus: Bus, wanted: Sequence[tuple[str, int]]) -> None:
    """Creates so many of each type, each on the first parent that has room."""
    for type_id, count in wanted:
        for number in range(count):
            parent = next(p for p in bus.parents() if bus.available(p, type_id) != "0")
            bus.create(parent, type_id, f"00000000-0000-4000-8000-{number:012}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_scan_tells_what_the_kernel_shows(tmp_path: Path, case: Case) -> None:
    """Every parent, type, figure and instance of every family of devices; unknown is null."""
    bus = build_bus(case.boards, present=True)
    fill(bus, case.created)
    SysfsTree(tmp_path, bus)
    document = scan(tmp_path)
    figures = {t["id"]: t["available_instances"] for p in document["parents"][:1] for t in p["types"]}

    assert {"parents": expected(bus), "errors": []} == {**document, "parents": parents(document)}
    assert case.parents == len(document["parents"])
    assert dict(case.free) == {type_id: figures[type_id] for type_id, _ in case.free}


@pytest.mark.parametrize(
    "figure",
    [
        pytest.param("", id="empty"),
        pytest.param("many", id="no number"),
        pytest.param(OSError(errno.EIO, os.strerror(errno.EIO)), id="unreadable"),
        pytest.param(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), id="missing"),
    ],
)
def test_a_figure_that_is_none_is_null(tmp_path: Path, figure: str | OSError) -> None:
    """Not 0: that would say that the host has none left. The others of the card are as before."""
    bus = build_bus([Board("tesla-t4", GPU)])
    bus.spoil(GPU, "nvidia-232", figure)
    SysfsTree(tmp_path, bus)
    document = scan(tmp_path)
    types = {t["id"]: t["available_instances"] for t in document["parents"][0]["types"]}

    assert types.pop("nvidia-232") is None
    assert all(available > 0 for available in types.values())
    assert ["nvidia-232" in error["path"] for error in document["errors"]] == [True]


@pytest.mark.parametrize("capture", trees.CAPTURES, ids=lambda path: path.stem)
def test_a_scan_of_every_capture(tmp_path: Path, capture: Path) -> None:
    """Buses of a real kernel, in all the states that were captured."""
    entries = trees.load(capture)
    document = scan(trees.build(tmp_path, entries))

    assert {"parents": trees.expected(entries), "errors": []} == {**document, "parents": parents(document)}
