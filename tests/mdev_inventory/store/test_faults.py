"""Faults below the state file: every read, write and sync of SQLite's failing, short, slow, changed or hanging."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mdev_inventory.store.store import Store
from scheduler_plugins.claims.saving import LIMIT_S
from tests.faults import Fault, Faults, build
from tests.faults.scene import DECISIONS
from tests.mdev_inventory.store.test_damage import starts
from tests.scheduler_plugins.fleet import VMS

SLACK_S = 0.5
"""Of a machine that does other things."""
FAULTS = [fault.name.lower() for fault in Fault if fault is not Fault.NONE]
UNSEEN = ("flip", "short")
"""What SQLite does not notice, or mends itself."""
Played = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where both scenes leave their state files."""
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def shim(folder: Path) -> Path:
    """The library that is preloaded."""
    library = build(folder)
    if library is None:
        pytest.skip("no C compiler: faults cannot be put below SQLite")
    return library


@pytest.fixture(scope="module")
def deciding(shim: Path, folder: Path) -> Played:
    """What came of decisions under each fault."""
    return played(shim, folder, "deciding")


@pytest.fixture(scope="module")
def starting(shim: Path, folder: Path) -> Played:
    """What came of starts under each fault."""
    return played(shim, folder, "starting")


def played(shim: Path, folder: Path, scene: str) -> Played:
    """What a process tells whose calls on its state files fail so."""
    faults = Faults(folder / "control")
    command = [sys.executable, "-m", "tests.faults.scene", scene, str(folder / scene)]
    environ = {**os.environ, **faults.environ, "LD_PRELOAD": str(shim)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
    assert (0, "") == (done.returncode, done.stderr[-2000:])
    told: Played = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", ["write", "sync"])
def test_decisions_while_the_disk_fails(deciding: Played, folder: Path, call: str, fault: str) -> None:
    """Each is answered as ever and in time; what is not written is told, and written once that is possible."""
    told = deciding[f"{call}-{fault}"]

    assert [told["answers"][0]] * DECISIONS == told["answers"]
    assert max(told["took"]) < LIMIT_S + SLACK_S
    assert told["all_in_flight"]
    assert told["hits"] or (call, fault) in (("sync", "flip"), ("sync", "short"))
    assert call == "sync" or fault in UNSEEN or any(told["troubles"])
    assert "" == told["after"]
    path = folder / "deciding" / f"{call}-{fault}" / "state.sqlite"
    if fault != "flip":
        store = Store(path)
        assert set(VMS[:DECISIONS]) <= store.claims().keys()
        assert "seen" in store.vms()
        store.close()
    starts(path)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "hang"])
@pytest.mark.parametrize("call", ["read", "write", "sync"])
def test_starts_while_the_disk_fails(starting: Played, call: str, fault: str) -> None:
    """Whichever call fails first: the service starts, with what it remembers or without, and writes again."""
    assert "" == starting[f"{call}-{fault}"]["trouble"]
