"""The capability hook, run as VDSM runs it, against a bare start of the same interpreter."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from benchmarks.speed import rows
from benchmarks.speed.rows import Bound, Row, Section
from benchmarks.speed.stage.proxy import system_python
from benchmarks.speed.timing import Stats, in_turns, timed
from mdev_inventory.model import KEY
from simulation.kernel import Bus
from simulation.kernel.boards import Board, build_bus
from simulation.kernel.sysfs_tree import SysfsTree
from tools import hook_file

FOUR_LIKE, WORST = 4096, 40960
"""What the key may take of the capabilities, in bytes: VDSM logs them in full."""
T4 = tuple(Board("tesla-t4", f"0000:{0x3B + 0x10 * n:02x}:00.0") for n in range(4))


def measure(folder: Path, effort: float) -> Section:
    """No bus, four cards with instances, and 64 functions with an instance each."""
    section = Section("hook", "The hook on a host, against a bare start of its python")
    hook = hook_file.build(folder / "50_mdev_inventory")
    hosts: dict[str, tuple[Bus | None, int | None]] = {
        "no mdev bus": (None, None),
        "4 cards x 14 types, 16 instances": (_filled(build_bus(T4), "nvidia-232", 16), FOUR_LIKE),
        "64 functions x 22 types, 32 instances": (
            _filled(build_bus([Board("a40", "0000:3b:00.0", vfs=64)]), "nvidia-555", 32),
            WORST,
        ),
    }
    works: dict[str, Callable[[], float]] = {"bare": _bare}
    roots = {}
    for number, (name, (bus, _)) in enumerate(hosts.items()):
        roots[name] = folder / f"host{number}"
        _plant(roots[name], bus)
        works[name] = partial(timed, partial(_run, hook, roots[name]))
    samples = {name: Stats.of(taken) for name, taken in in_turns(works, int(30 * effort), 2).items()}
    for name, (_, limit) in hosts.items():
        row = rows.against(Row(name, samples[name]), "bare interpreter", samples["bare"])
        section.rows.append(row)
        if limit is not None:
            size = len(json.dumps(_run(hook, roots[name])[KEY], separators=(",", ":")))
            section.rows.append(Row(f"{name}: size of the key", rows.one(size), "B", bound=Bound(limit)))
    return section


def _filled(bus: Bus, type_id: str, count: int) -> Bus:
    """The bus with so many instances, wherever there is room first."""
    for number in range(count):
        parent = next(p for p in bus.parents() if bus.available(p, type_id) != "0")
        bus.create(parent, type_id, f"{number * 2654435761 % 2**32:08x}-c2d1-4b5e-9f30-{number:012x}")
    return bus


def _plant(root: Path, bus: Bus | None) -> None:
    """The host's sysfs as files."""
    (root / "sys").mkdir(parents=True)
    if bus is not None:
        SysfsTree(root, bus)


def _run(hook: Path, root: Path) -> Mapping[str, object]:
    """The capabilities that the hook leaves."""
    caps = root / "caps.json"
    caps.write_text('{"cpuCores": "64"}')
    command = [system_python(), str(hook), "--root", str(root)]
    subprocess.run(command, env={**os.environ, "_hook_json": str(caps)}, check=True, capture_output=True)  # noqa: S603
    found: Mapping[str, object] = json.loads(caps.read_text())
    return found


def _bare() -> float:
    return timed(lambda: subprocess.run([system_python(), "-c", ""], check=True, capture_output=True))  # noqa: S603
