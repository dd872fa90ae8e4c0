"""The capability extension as a real process, run by the interpreters of all supported hosts."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mdev_inventory import __version__
from mdev_inventory.inventory_json import to_document
from mdev_inventory.vdsm.key_reader import from_key
from tests import trees
from tests.mdev_inventory.hook.hook_runs import ADDRESSES, others_are_untouched
from tests.mdev_inventory.hook.test_sysfs import by_id
from tests.mdev_inventory.hook.vdsm_runs import CAPABILITIES, quiet, run


@pytest.mark.parametrize("capture", trees.CAPTURES, ids=lambda path: path.stem)
def test_the_figures_of_every_capture_reach_the_capabilities(
    hook: Path, interpreter: Path, capture: Path, caps: Path, tmp_path: Path
) -> None:
    """By each interpreter: valid JSON, every other member untouched, the figures of the kernel's own bus."""
    entries = trees.load(capture)
    trees.build(tmp_path / "host", entries)

    done = run([interpreter, "-IS", hook, "--root", tmp_path / "host"], caps)

    assert quiet(done)
    assert others_are_untouched(done)
    assert {"parents": trees.expected(entries), "errors": []} == with_sorted_types(done.inventory)


def with_sorted_types(key: Any) -> dict[str, Any]:
    """The document form of a published inventory, without the order of directories."""
    document = to_document(from_key(key))
    return {**document, "parents": by_id(document["parents"])}


def test_the_inventory_is_signed(hook: Path, caps: Path, tree: Path) -> None:
    """The service tells which hosts run an old hook."""
    assert __version__ == run([sys.executable, hook, "--root", tree], caps).inventory["hook_version"]


def test_the_hook_runs_as_an_executable_of_this_host(hook: Path, caps: Path) -> None:
    """Without arguments and on the real /sys, as VDSM runs it."""
    if not Path("/usr/bin/python3").exists():
        pytest.skip("no /usr/bin/python3 on this machine")

    done = run([hook], caps)

    assert quiet(done)
    assert others_are_untouched(done)


def test_other_peoples_modules_are_not_imported(
    hook: Path, interpreter: Path, caps: Path, tree: Path, tmp_path: Path
) -> None:
    """VDSM extends PYTHONPATH, and its working folder is its own."""
    (tmp_path / "json.py").write_text("raise SystemExit('not the real json')")

    done = run([interpreter, "-IS", hook, "--root", tree], caps, env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path)

    assert quiet(done)
    assert others_are_untouched(done)


def test_runs_side_by_side_do_not_disturb_each_other(hook: Path, caps: Path, tree: Path) -> None:
    """VDSM answers several requests at a time; even on one file the result is whole."""
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: run([sys.executable, hook, "--root", tree], caps), range(8)))

    assert all(quiet(done) and others_are_untouched(done) for done in runs)
    assert {caps, tree} == set(caps.parent.iterdir())


def test_errors_are_listed_up_to_a_number(hook: Path, caps: Path, tmp_path: Path) -> None:
    """VDSM logs them each time: a driver that fails at each of a thousand files is no reason to flood it."""
    device = trees.add_parent(tmp_path / "host", "0000:3b:00.0", [f"t-{n}" for n in range(60)])
    for folder in (device / "mdev_supported_types").iterdir():
        trees.break_file(folder / "available_instances", "EIO")

    errors = run([sys.executable, hook, "--root", tmp_path / "host"], caps).inventory["errors"]

    assert 51 == len(errors)
    assert {"path": "/sys/class/mdev_bus", "error": "10 more errors are not listed"} == errors[-1]


def by_hand(hook: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Runs the hook without VDSM."""
    environment = {k: v for k, v in os.environ.items() if k != "_hook_json"}
    return subprocess.run(
        [sys.executable, hook, *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("form", ["--root {}", "--root={}"])
def test_by_hand_it_prints_the_inventory(hook: Path, tree: Path, form: str) -> None:
    """In the long form, for people and programs."""
    done = by_hand(hook, "--print", *form.format(tree).split(" "))

    document = json.loads(done.stdout)
    assert (0, "") == (done.returncode, done.stderr)
    assert list(ADDRESSES) == [parent["address"] for parent in document["parents"]]
    assert [] == document["errors"]


def test_printing_leaves_vdsms_file_alone(hook: Path, caps: Path, tree: Path) -> None:
    """Whoever prints wants to see, not to change."""
    done = run([sys.executable, hook, "--print", "--root", tree], caps)

    assert CAPABILITIES == done.text
    assert 3 == len(json.loads(done.output)["parents"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["--prnt"], "unknown argument: '--prnt'", id="unknown argument"),
        pytest.param(["--root"], "--root needs a folder that holds sys/..., '' is none", id="no folder"),
        pytest.param(["--root=/nowhere"], "'/nowhere' is none", id="no such folder"),
    ],
)
def test_by_hand_wrong_arguments_are_explained(hook: Path, arguments: list[str], complaint: str) -> None:
    """Status 2, what is wrong, and how it is used."""
    done = by_hand(hook, *arguments)

    assert (2, "") == (done.returncode, done.stdout)
    assert complaint in done.stderr
    assert "usage: 50_mdev_inventory [--print] [--root DIR]" in done.stderr


def test_by_hand_it_helps(hook: Path) -> None:
    """On standard output, because it was asked for."""
    done = by_hand(hook, "--help")

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("usage: 50_mdev_inventory")
