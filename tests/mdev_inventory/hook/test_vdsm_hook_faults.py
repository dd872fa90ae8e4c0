"""The hook where drivers hang, disks are full and processes cannot be had: VDSM notices nothing."""

import os
import select
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mdev_inventory.vdsm.key_reader import from_key
from tests import trees
from tests.mdev_inventory.hook.hook_runs import ADDRESSES, TYPES, others_are_untouched
from tests.mdev_inventory.hook.vdsm_runs import CAPABILITIES, Run, after, quiet, run

HANGING = "/sys/class/mdev_bus/0000:3b:00.0/mdev_supported_types/nvidia-18"


# The bound, interpreter start included.
BOUND_S = 2.0


def run_timely(command: list[str | Path], caps: Path) -> Run:
    """The first run of three that keeps the bound, else the last: a busy machine delays any process."""
    before = caps.read_text()
    for _ in range(3):
        caps.write_text(before)
        done = run(command, caps)
        if done.seconds < BOUND_S:
            break
    return done


@pytest.mark.parametrize(
    ("file", "writer"),
    [
        pytest.param("available_instances", False, id="the figure, stuck in open"),
        pytest.param("available_instances", True, id="the figure, stuck in read"),
        pytest.param("name", False, id="a file that may be missing"),
    ],
)
def test_a_read_that_hangs_costs_its_answer_only(
    hook: Path, interpreter: Path, caps: Path, tree: Path, file: str, writer: bool
) -> None:
    """And less than the bound; everything else is reported, of the same type too."""
    path = tree / HANGING.lstrip("/") / file
    path.unlink()
    os.mkfifo(path)
    held_open = os.open(path, os.O_RDWR) if writer else None

    done = run_timely([interpreter, "-IS", hook, "--root", tree], caps)

    if held_open is not None:
        os.close(held_open)
    assert BOUND_S > done.seconds
    assert quiet(done)
    assert others_are_untouched(done)
    assert [] == done.inventory["errors"]
    assert [f"{HANGING}/{file}"] == done.inventory["cut"]["stuck"]
    unknown = [(ADDRESSES[0], "nvidia-18")] if file == "available_instances" else []
    assert unknown == without_figure(done.inventory)


def without_figure(key: dict[str, Any]) -> list[tuple[str, str]]:
    """Where the published inventory has no figure."""
    found = [(p.address, t) for p in from_key(key).parents for t in p.types or ()]
    return [(address, t.id) for address, t in found if t.available is None]


def hang_everywhere(root: Path, file: str) -> None:
    """Puts a fifo in place of that file of each type of each parent."""
    for folder in root.glob("sys/devices/*/mdev_supported_types/*"):
        (folder / file).unlink()
        os.mkfifo(folder / file)


def test_a_driver_that_answers_nothing_costs_no_more_time(
    hook: Path, interpreter: Path, caps: Path, tmp_path: Path
) -> None:
    """Twenty parents that all hang: each is told as not read, none has a figure, all are named."""
    addresses = [f"0000:{n:02x}:00.0" for n in range(20)]
    for address in addresses:
        trees.add_parent(tmp_path / "host", address, TYPES)
    hang_everywhere(tmp_path / "host", "available_instances")

    done = run_timely([interpreter, "-IS", hook, "--root", tmp_path / "host"], caps)

    assert BOUND_S > done.seconds
    assert quiet(done)
    assert addresses == [p["address"] for p in done.inventory["parents"]]
    assert addresses == done.inventory["cut"]["parents"]
    assert all(t.available is None for p in from_key(done.inventory).parents for t in p.types or ())


# What a process may inherit: deaf to SIGTERM, and its children reaped by the kernel.
IGNORE_SIGNALS = "import signal as s; s.signal(s.SIGTERM, s.SIG_IGN); s.signal(s.SIGCHLD, s.SIG_IGN)"


def test_a_reader_that_ignores_sigterm_is_left_behind_too(
    hook: Path, interpreter: Path, caps: Path, tree: Path
) -> None:
    """Whatever signal dispositions the hook was started with."""
    hang_everywhere(tree, "available_instances")

    done = run_timely(after(IGNORE_SIGNALS, [interpreter, "-IS", hook, "--root", tree]), caps)

    assert BOUND_S > done.seconds
    assert quiet(done)


def test_no_reader_is_left_running(hook: Path, caps: Path, tree: Path) -> None:
    """Where it can be killed it is, or they would pile up: the fifo has no reader any more."""
    path = tree / HANGING.lstrip("/") / "available_instances"
    path.unlink()
    os.mkfifo(path)
    poll = select.poll()

    with ThreadPoolExecutor(1) as pool:
        opened = pool.submit(os.open, path, os.O_WRONLY)  # waits until a reader opens it
        run([sys.executable, hook, "--root", tree], caps)
        poll.register(opened.result(), 0)
    gone = poll.poll(10_000)

    os.close(opened.result())
    assert [(opened.result(), select.POLLERR)] == gone


# Stands for a full disk: no file may grow beyond what VDSM wrote.
FULL_DISK = f"from resource import *; setrlimit(RLIMIT_FSIZE, ({len(CAPABILITIES)}, {len(CAPABILITIES)}))"


# Only other users than root are held to a number of processes.
NO_PROCESSES = (
    "from resource import *; os.setgroups([]); os.setgid(65534); os.setuid(65534); setrlimit(RLIMIT_NPROC, (0, 0))"
)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--rot", "/"], id="unknown argument"),
        pytest.param(["x"], id="a word"),
        pytest.param(["--root"], id="no folder given"),
        pytest.param(["--root", "/does/not/exist"], id="no such folder"),
    ],
)
def test_wrong_arguments_leave_the_file_alone(hook: Path, caps: Path, arguments: list[str]) -> None:
    """Run by VDSM there is nobody to complain to."""
    done = run([sys.executable, hook, *arguments], caps)

    assert quiet(done)
    assert CAPABILITIES == done.text


def test_a_full_disk_leaves_the_file_alone(hook: Path, interpreter: Path, caps: Path, tree: Path) -> None:
    """And leaves nothing beside it."""
    done = run(after(FULL_DISK, [interpreter, "-IS", hook, "--root", tree]), caps)

    assert quiet(done)
    assert CAPABILITIES == done.text
    assert {caps, tree} == set(caps.parent.iterdir())


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1', "no json", "null"], ids=repr)
def test_a_file_that_was_broken_before_is_left_alone(hook: Path, caps: Path, tree: Path, content: str) -> None:
    """It is not ours to mend."""
    caps.write_text(content)

    done = run([sys.executable, hook, "--root", tree], caps)

    assert (0, b"", b"") == (done.status, done.output, done.errors)
    assert content == done.text


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(None, id="no file named"),
        pytest.param("", id="an empty name"),
        pytest.param("/does/not/exist", id="no such file"),
        pytest.param("/", id="a folder"),
    ],
)
def test_without_a_file_nothing_happens(hook: Path, interpreter: Path, tree: Path, named: str | None) -> None:
    """Status 0 and silence, whoever runs it like that."""
    environment = {k: v for k, v in os.environ.items() if k != "_hook_json"}
    environment |= {} if named is None else {"_hook_json": named}

    done = subprocess.run([interpreter, "-IS", hook, "--root", tree], env=environment, capture_output=True, check=False)

    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)


def test_a_host_that_can_start_no_process_says_so(hook: Path) -> None:
    """The inventory is then empty, with the reason."""
    if os.geteuid() != 0:
        pytest.skip("only root can become a user that may start no process")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to other users
        nobodys = shutil.copy(hook, folder)
        caps = Path(folder) / "caps.json"
        caps.write_text(CAPABILITIES)
        for path in (folder, caps):
            os.chown(path, 65534, 65534)

        done = run(after(NO_PROCESSES, ["/usr/bin/python3", "-IS", nobodys]), caps)

    assert quiet(done)
    assert {"path": "/sys/class/mdev_bus", "error": "EAGAIN"} in done.inventory["errors"]


@pytest.mark.parametrize(
    "close", [pytest.param("os.close(0)", id="no input"), pytest.param("os.closerange(0, 3)", id="no streams at all")]
)
def test_missing_streams_do_not_matter(hook: Path, caps: Path, tree: Path, close: str) -> None:
    """The hook's own pipe must not get their numbers."""
    done = run(after(close, [sys.executable, hook, "--root", tree]), caps)

    assert quiet(done)
    assert 3 == len(done.inventory["parents"])
