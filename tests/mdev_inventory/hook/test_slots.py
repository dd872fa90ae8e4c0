"""Readers that hang in a driver are bounded, however often VDSM runs the hook."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mdev_inventory.hook import slots
from tests import trees
from tests.mdev_inventory.hook.hook_runs import ADDRESSES, TYPES
from tests.mdev_inventory.hook.vdsm_runs import CAPABILITIES, Run, quiet, run

# Stands for a driver that does not let go: a signal does not end who waits for it.
UNKILLABLE = """\
import os, runpy, sys
os.kill = lambda pid, signal: None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def readers(root: Path) -> list[int]:
    """The processes that read that tree."""
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and str(root).encode() in Path("/proc", name, "cmdline").read_bytes():
                found.append(int(name))
    return found


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[Path]:
    """A host of three parents, none of whose figures is ever told; what still reads it ends with the test."""
    root = tmp_path / "host"
    for address in ADDRESSES:
        trees.add_parent(root, address, TYPES, vendor="0x10de")
    for figure in root.glob("sys/devices/*/mdev_supported_types/*/available_instances"):
        figure.unlink()
        os.mkfifo(figure)
    yield root
    for pid in readers(root):
        os.kill(pid, signal.SIGKILL)


def run_hook(hook: Path, root: Path, folder: Path) -> Run:
    """One run, by itself."""
    caps = folder / f"{time.monotonic_ns()}.json"
    caps.write_text(CAPABILITIES)
    return run([sys.executable, "-c", UNKILLABLE, hook, "--root", root], caps)


@pytest.mark.parametrize("at_once", [1, 4])
def test_the_readers_left_behind_are_bounded(hook: Path, hanging: Path, tmp_path: Path, at_once: int) -> None:
    """Two after one run, and after ten, also where several run at a time; each tells what it can."""
    with ThreadPoolExecutor(at_once) as pool:
        runs = list(pool.map(lambda _: run_hook(hook, hanging, tmp_path), range(10)))

    assert slots.SLOTS >= len(readers(hanging))
    assert all(quiet(done) for done in runs)
    for done in runs:
        assert list(ADDRESSES) == [p["address"] for p in done.inventory["parents"]]
        assert list(ADDRESSES) == done.inventory["cut"]["parents"]
        assert [] == done.inventory["errors"]


def test_where_readers_hang_the_next_run_says_so_at_once(hook: Path, hanging: Path, tmp_path: Path) -> None:
    """What the kernel tells without the driver is there, and where the driver hangs."""
    run_hook(hook, hanging, tmp_path)

    done = run_hook(hook, hanging, tmp_path)

    hung = [f"/sys/class/mdev_bus/{ADDRESSES[0]}/mdev_supported_types/{t}/available_instances" for t in TYPES]
    assert 1.0 > done.seconds
    assert ["0x10de"] * 3 == [p["vendor"] for p in done.inventory["parents"]]
    assert 2 == len(done.inventory["cut"]["stuck"])
    assert set(hung) >= set(done.inventory["cut"]["stuck"])


def test_once_the_driver_lets_go_all_is_read_again(hook: Path, hanging: Path, tmp_path: Path) -> None:
    """A lock ends with its reader; nothing has to be cleaned up."""
    run_hook(hook, hanging, tmp_path)
    for pid in readers(hanging):
        os.kill(pid, signal.SIGKILL)
    for figure in hanging.glob("sys/devices/*/mdev_supported_types/*/available_instances"):
        figure.unlink()
        figure.write_text("4\n")

    done = run_hook(hook, hanging, tmp_path)

    assert "cut" not in done.inventory
    assert [[4, 4, 4]] * 3 == [p["figures"] for p in done.inventory["parents"]]


def test_a_lock_that_is_no_file_of_ours_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to somebody's file, a second name of it, a fifo, a folder: the reading goes on without a bound."""
    monkeypatch.setattr(slots, "FOLDERS", (str(tmp_path),))
    victim = tmp_path / "victim"
    victim.write_text("worth keeping")
    taken = slots.take("/", time.monotonic())
    (name,) = [path for path in tmp_path.iterdir() if path != victim]
    for replace in (name.symlink_to, name.hardlink_to, lambda _: name.mkdir(), lambda _: os.mkfifo(name)):
        name.rmdir() if name.is_dir() and not name.is_symlink() else name.unlink()
        replace(victim)

        assert -1 == slots.take("/", time.monotonic()).descriptor
        assert "worth keeping" == victim.read_text()
    os.close(taken.descriptor)


def test_who_holds_a_slot_for_too_long_hangs(tmp_path: Path) -> None:
    """Although nobody said so: whoever sent it was killed itself."""
    held = [slots.take(str(tmp_path), 0.0) for _ in range(slots.SLOTS)]
    for slot in held:
        slot.mark(str(int(time.monotonic()) - 61))
    begin = time.monotonic()

    with pytest.raises(slots.HangingError):
        slots.take(str(tmp_path), begin + 30.0)

    assert 10.0 > time.monotonic() - begin
    for slot in held:
        os.close(slot.descriptor)


def test_who_is_busy_is_waited_for(tmp_path: Path) -> None:
    """Two may read at a time; a third has its turn when one of them is done."""
    first, second = slots.take(str(tmp_path), 0.0), slots.take(str(tmp_path), 0.0)

    with pytest.raises(slots.HangingError) as caught:
        slots.take(str(tmp_path), time.monotonic() + 0.05)
    os.close(first.descriptor)
    third = slots.take(str(tmp_path), 0.0)

    assert [] == caught.value.paths
    for slot in (second, third):
        os.close(slot.descriptor)
