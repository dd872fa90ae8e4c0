"""The demonstration, run as people run it: its own processes, sockets and files."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from simulation.demo import scenario

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """What `mdev-scheduler demo --json` prints; it must exit 0."""
    command = [sys.executable, "-m", "scheduler_plugins", "demo", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_vms_go_where_their_cards_are(shown: dict[str, Any]) -> None:
    """A VM with a request lands on a host of its card's model; what fits nowhere starts nowhere."""
    went = {vm["name"]: vm["host"] for vm in shown["vms"] if vm["request"]}

    assert {
        "desk-1": "m60-packed",
        "desk-2": "m60-packed",
        "twin": "m60-spread",
        "cad": "t4",
        "cad-pair": None,
        "viewer": None,
        "render-1": "a40",
        "render-2": "a40",
        "render-3": None,
        "kiosk": "gvtg",
        "wall": None,
        "typo": None,
    } == went


def test_a_vm_without_a_request_starts(shown: dict[str, Any]) -> None:
    """It passes the filter on every host, the dead one included: that is not ours to judge."""
    office = next(vm for vm in shown["vms"] if vm["name"] == "office")

    assert ("up", len(shown["hosts"])) == (office["ending"], sum(v["fits"] for v in office["verdicts"]))


def test_two_instances_take_two_free_gpus(shown: dict[str, Any]) -> None:
    """An M60 gives one VM several vGPUs of a whole GPU each only: the host that runs 1Q on one has no second."""
    twin = next(vm for vm in shown["vms"] if vm["name"] == "twin")

    assert ["0000:3b:00.0", "0000:3c:00.0"] == twin["parents"]


def test_no_verdict_differs_from_the_hosts_allocator(shown: dict[str, Any]) -> None:
    """Every host was judged for every VM, and every verdict is what its allocator would have done."""
    assert (len(scenario.VMS) * len(scenario.HOSTS), 0) == (shown["verdicts"], shown["wrong"])


def test_each_refusal_has_its_reason(shown: dict[str, Any]) -> None:
    """The reasons tell a full card, a foreign type and a silent host apart."""
    codes = {(vm["name"], verdict["host_name"]): verdict["code"] for vm in shown["vms"] for verdict in vm["verdicts"]}

    assert "no-free-instance" == codes["cad-pair", "t4"]
    assert "no-free-instance" == codes["render-3", "a40"]
    assert "no-inventory" == codes["cad", "dead"]
    assert "no-such-type" == codes["typo", "a40"]


def test_the_run_folder_is_kept_where_one_is_given(tmp_path: Path) -> None:
    """`--run-dir` leaves trees, log and state for those who want to look."""
    command = [sys.executable, "-m", "scheduler_plugins", "demo", "--hosts", "1", "--run-dir", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    assert (tmp_path / "run/hosts/m60-packed/sys/class/mdev_bus").is_dir()
    assert (tmp_path / "run/service/log").is_file()

    again = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (2, "") == (again.returncode, again.stdout)
    assert f"--run-dir {str(tmp_path / 'run')!r} is no empty folder: remove what an earlier run left" in again.stderr


def test_a_kept_demonstration_ends_without_leaving_anything(tmp_path: Path) -> None:
    """`--keep` says where its endpoints are and how to ask it; SIGTERM ends it, its service and its files."""
    command = [sys.executable, "-m", "scheduler_plugins", "demo", "--hosts", "1", "--keep"]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "COLUMNS": "200"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stderr is not None
        endpoints, statuses = {}, []
        for line in demo.stderr:
            name, _, where = line.strip().partition("  ")
            endpoints[name] = where.strip()
            _, is_command, words = line.strip().partition("/bin/mdev-scheduler ")
            if is_command and not words.startswith("policy"):
                asked = [sys.executable, "-m", "scheduler_plugins", *words.split()]
                statuses.append(subprocess.run(asked, stdout=subprocess.DEVNULL, check=False).returncode)
            if words.startswith("policy"):
                break
        healthy = requests.get(endpoints["page"] + "healthz", timeout=10).json()["status"]
        folder = Path(endpoints["files"])
        was_there = folder.is_dir()
        demo.terminate()
        demo.communicate(timeout=30)

    assert ("ok", True, False) == (healthy, was_there, folder.exists())
    # doctor cannot tell whom the engine asks where the port is any free one.
    assert [0, 3] == statuses, "the commands that it names"
    with pytest.raises(requests.ConnectionError):
        requests.get(endpoints["page"], timeout=10)
