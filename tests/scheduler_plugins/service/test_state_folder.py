"""The state folder of a real service: held by one, on a disk that hangs, behind a lock of somebody else's."""

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

import pytest

from mdev_inventory.store.file import FILE_NAME
from mdev_inventory.store.store import Store
from scheduler_plugins.claims.saving import LIMIT_S
from tests.faults import Call, Fault, Faults, build
from tests.scheduler_plugins.service.running import HOSTS, Folder, Running
from tests.scheduler_plugins.world import FREE, WANTS, World

pytestmark = pytest.mark.timeout(120)
SLACK_S = 1.0


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """The state is that of an earlier run."""
    folder = Folder(tmp_path)
    folder.remember(World())
    return folder


def asked(running: Running) -> tuple[list[str], float]:
    """The hosts answered for a VM with a request, and how long that took."""
    with ServerProxy(running.endpoints["xmlrpc"]) as endpoint:
        began = time.monotonic()
        answer: Any = endpoint.runFilters(["MdevFilter"], HOSTS, WANTS, {})
        return answer["result"], time.monotonic() - began


def remembered(folder: Folder) -> list[str]:
    """The VMs whose starts are in the state file."""
    store = Store(folder.state / FILE_NAME)
    try:
        return [key for key in store.claims() if not key.startswith("hosts/")]
    finally:
        store.close()


def test_a_second_service_is_refused(folder: Folder) -> None:
    """Exit status 3 and the name of the process that holds the folder, which goes on; also at other endpoints."""
    with Running(folder) as running:
        folder.write("20-socket.conf", service=f"socket={folder.socket}2\n")
        done = subprocess.run(
            [sys.executable, "-m", "scheduler_plugins", "serve", "--config", str(folder.config)],
            capture_output=True,
            timeout=30,
        )
        answer, _ = asked(running)

    assert 3 == done.returncode
    assert f"is another service's: process {running.process.pid} holds {folder.state / 'lock'}".encode() in done.stderr
    assert [FREE] == answer


def test_a_service_that_was_killed_holds_nothing(folder: Folder) -> None:
    """The next one starts, although the lock file is there."""
    with Running(folder) as running:
        running.stop(signal.SIGKILL)
    assert (folder.state / "lock").exists()

    with Running(folder) as running:
        assert [FREE] == asked(running)[0]


def test_a_lock_of_another_process(folder: Folder) -> None:
    """Decisions wait a moment at most and are as ever; it is told, and what they promised is written later."""
    with Running(folder) as running:
        asked(running)
        holder = sqlite3.connect(folder.state / FILE_NAME, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        answers = [asked(running) for _ in range(4)]
        reasons = running.reasons(until="claims: the state file has not taken them for")
        holder.execute("ROLLBACK")
        holder.close()
        running.log(until="Claims written after all")
        running.stop(signal.SIGKILL)

    assert [[FREE]] * 4 == [answer for answer, _ in answers]
    assert max(took for _, took in answers) < LIMIT_S + SLACK_S
    assert reasons
    assert [WANTS] == remembered(folder)


def test_a_disk_that_hangs(folder: Folder, tmp_path: Path) -> None:
    """The same where no write ever returns; the health page tells it also while nobody asks."""
    shim = build(tmp_path)
    if shim is None:
        pytest.skip("no C compiler: a disk cannot be made to hang")
    faults = Faults(tmp_path / "control")
    with Running(folder, {**faults.environ, "LD_PRELOAD": str(shim)}) as running:
        asked(running)
        faults.set(Call.WRITE | Call.SYNC, Fault.HANG)
        answers = [asked(running) for _ in range(4)]
        running.reasons(until="claims: the state file has not taken them for")
        running.reasons(until="has not taken the")
        faults.lift()
        running.log(until="Claims written after all")
        status = running.stop(signal.SIGTERM)

    assert [[FREE]] * 4 == [answer for answer, _ in answers]
    assert max(took for _, took in answers) < LIMIT_S + SLACK_S
    assert 0 == status
    assert [WANTS] == remembered(folder)
