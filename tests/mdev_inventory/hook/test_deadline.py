"""Reading through a process that can be abandoned.

In processes of their own, because a test runner has threads, and a process with threads should not fork.
"""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdev_inventory.hook.files import Files, NotReadError
from mdev_inventory.hook.sysfs import inventory_of, read_inventory
from mdev_inventory.model import Cut, ParentDevice
from tests import trees

READ = """\
import json, sys
from mdev_inventory.inventory_json import to_key
from mdev_inventory.hook.deadline import read_inventory_within
print(json.dumps(to_key(read_inventory_within(float(sys.argv[1]), sys.argv[2]))))
"""

LET_GO = """\
import os, signal
from mdev_inventory.hook.deadline import let_go_of_descriptors
child = os.fork()
if child == 0:
    let_go_of_descriptors()
    signal.pause()
print(child)
"""

WHOLE = max(trees.CAPTURES, key=lambda path: len(trees.load(path)))
FIGURE = "mdev_supported_types/t-1/available_instances"


def read(root: Path, seconds: float = 1.0) -> dict[str, Any]:
    """The inventory of a tree, taken within that time, as the key shows it."""
    done = subprocess.run([sys.executable, "-c", READ, str(seconds), str(root)], capture_output=True, check=True)
    key: dict[str, Any] = json.loads(done.stdout)
    return key


def add_hanging(root: Path, address: str) -> Path:
    """A parent with one type, whose figure is never told; returns the fifo in its place."""
    figure = trees.add_parent(root, address, ["t-1"]) / FIGURE
    figure.unlink()
    os.mkfifo(figure)
    return figure


def test_a_slow_answer_is_an_answer(tmp_path: Path) -> None:
    """A driver may take its time: nothing is given up before half of the time has passed."""
    figure = add_hanging(tmp_path, "0000:3b:00.0")
    driver = threading.Thread(target=figure.write_text, args=("16\n",))  # opens when the reader does
    driver.start()

    key = read(tmp_path, 30.0)

    driver.join()
    assert [16] == key["parents"][0]["figures"]
    assert [] == key["errors"]


def test_what_was_read_before_and_after_a_hanging_file_is_kept(tmp_path: Path) -> None:
    """Three hang and are told as such, and everything else is there."""
    for address in ("a", "c", "e"):
        add_hanging(tmp_path, address)
    for address in ("b", "d", "f"):
        trees.add_parent(tmp_path, address, ["t-1"], available=3)

    key = read(tmp_path)

    assert [None, 3, None, 3, None, 3] == [p["figures"][0] for p in key["parents"]]
    assert {"parents": list("ace"), "stuck": [f"/sys/class/mdev_bus/{a}/{FIGURE}" for a in "ace"]} == key["cut"]
    assert [] == key["errors"]


def test_with_no_time_at_all_the_bus_itself_was_not_read(tmp_path: Path) -> None:
    """Which is not the same as empty, and no error of the host's."""
    add_hanging(tmp_path, "a")

    key = read(tmp_path, 0.0)

    assert [] == key["parents"]
    assert key["cut"]["bus"]
    assert [] == key["errors"]


def test_at_the_deadline_every_parent_is_named(tmp_path: Path) -> None:
    """As one of which something is missing; those that were never begun have unknown types."""
    addresses = [f"p{n:02}" for n in range(12)]
    for address in addresses:
        add_hanging(tmp_path, address)

    key = read(tmp_path, 0.5)

    assert addresses == [p["address"] for p in key["parents"]]
    assert key["parents"][-1]["figures"] is None
    assert addresses == key["cut"]["parents"]
    assert [] == key["errors"]


def test_the_host_is_told_how_each_file_failed(tmp_path: Path) -> None:
    """Errors cross the pipe as they are."""
    device = trees.add_parent(tmp_path, "a", ["t-1"])
    trees.break_file(device / FIGURE, "EIO")

    assert [{"path": f"/sys/class/mdev_bus/a/{FIGURE}", "error": "EIO"}] == read(tmp_path)["errors"]


@pytest.fixture(scope="module")
def whole_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host of many parents."""
    return trees.build(tmp_path_factory.mktemp("whole"), trees.load(WHOLE))


@settings(max_examples=60)
@given(st.integers(0, 400))
def test_a_cut_reading_tells_nothing_false(whole_tree: Path, reads: int) -> None:
    """Whatever time suffices for: what is told is as in the whole reading, the rest is told as missing, no errors."""
    whole = read_inventory(str(whole_tree))
    cut = inventory_of(Short(whole_tree, reads))

    lacking = cut.cut or Cut()
    assert () == cut.errors
    assert lacking.bus or [p.address for p in whole.parents] == [p.address for p in cut.parents]
    for seen, known in zip(cut.parents, whole.parents, strict=not lacking.bus):
        assert seen.address in lacking.parents or decisive(known) == decisive(seen)
        assert seen.address in (*lacking.parents, *lacking.texts) or known == seen


def decisive(parent: ParentDevice) -> list[object]:
    """What decides about it."""
    return [parent.vendor, parent.physfn, *((t.id, t.available, t.instances) for t in parent.types or ())]


class Short(Files):
    """Files of which so many are read before time is over."""

    def __init__(self, root: Path, reads: int) -> None:
        super().__init__(str(root))
        self._left = reads

    def _read(self, path: str) -> None:
        if self._left <= 0:
            raise NotReadError(errno.ETIMEDOUT, path)
        self._left -= 1

    def text(self, path: str) -> str:
        """A text, as long as there is time."""
        self._read(path)
        return super().text(path)

    def names(self, path: str) -> list[str]:
        """The names, as long as there is time."""
        self._read(path)
        return super().names(path)

    def target(self, path: str) -> str:
        """The target, as long as there is time."""
        self._read(path)
        return super().target(path)


def test_a_reader_that_lives_on_holds_nobodys_pipes() -> None:
    """Who reads them to their end does not wait for it, nor does anyone who handed down another pipe."""
    receiving, sending = os.pipe()
    process = subprocess.run(
        [sys.executable, "-c", LET_GO], capture_output=True, check=True, timeout=20, pass_fds=[sending]
    )
    os.close(sending)
    with open(receiving, "rb") as handed_down:
        rest = handed_down.read()
    reader = int(process.stdout)

    os.kill(reader, signal.SIGKILL)  # it was alive

    assert (b"", b"") == (process.stderr, rest)
