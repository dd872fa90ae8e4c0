"""The one file that hosts get."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.hook_file import MODULES, build

IMPORTED = "import sys; sys.path.insert(0, sys.argv[1]); import mdev_inventory.hook.vdsm_hook; print(*sys.modules)"


def imported(interpreter: str, archive: Path) -> set[str]:
    """The modules loaded after the hook was imported from its archive, without `site`."""
    command = [interpreter, "-IS", "-c", IMPORTED, str(archive)]
    return set(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode().split())


def test_the_archive_is_executable_by_the_hosts_python(tmp_path: Path) -> None:
    """VDSM runs every file in the folder that it may execute."""
    archive = build(tmp_path / "50_mdev_inventory")

    assert 0o755 == archive.stat().st_mode & 0o7777
    assert archive.read_bytes().startswith(b"#!/usr/bin/python3 -IS\n")


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    """The engine shows each hook's checksum: equal hooks must look equal."""
    first = build(tmp_path / "first/50_mdev_inventory")
    second = build(tmp_path / "second/50_mdev_inventory")

    assert first.read_bytes() == second.read_bytes()


def test_a_new_archive_replaces_the_old_one(tmp_path: Path) -> None:
    """And leaves nothing beside it, which VDSM might run too."""
    target = tmp_path / "50_mdev_inventory"
    target.write_text("old")

    build(target)

    assert zipfile.is_zipfile(target)
    assert [target] == list(tmp_path.iterdir())


def test_the_archive_holds_what_the_hook_imports_and_no_more(interpreter: Path, tmp_path: Path) -> None:
    """A missing module would fail on the host only; one too many is dead weight there."""
    archive = build(tmp_path / "50_mdev_inventory")

    used = {name for name in imported(str(interpreter), archive) if name.startswith("mdev_inventory")}

    assert {"/".join(("mdev_inventory", m)).removesuffix("/__init__").replace("/", ".") for m in MODULES} == used
    with zipfile.ZipFile(archive) as file:
        assert ["__main__.py", *(f"mdev_inventory/{m}.py" for m in MODULES)] == file.namelist()


def test_the_hook_imports_nothing_slow(interpreter: Path, tmp_path: Path) -> None:
    """VDSM waits for it at each call: imports cost more than the work."""
    archive = build(tmp_path / "50_mdev_inventory")
    slow = {"argparse", "asyncio", "logging", "pathlib", "socket", "subprocess", "tempfile", "threading"}

    assert set() == slow & imported(str(interpreter), archive)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param(["{}"], 0, id="a target"),
        pytest.param([], 2, id="none"),
        pytest.param(["{}", "x"], 2, id="two"),
        pytest.param(["--help"], 2, id="an option"),
    ],
)
def test_the_command_builds_one_target(tmp_path: Path, arguments: list[str], status: int) -> None:
    """As `make hook` calls it."""
    target = tmp_path / "dist/50_mdev_inventory"
    command = [sys.executable, "-m", "tools.hook_file"]

    done = subprocess.run(
        command + [argument.format(target) for argument in arguments], capture_output=True, text=True, check=False
    )

    assert status == done.returncode
    assert (status == 0) == target.exists()
    assert (f"{target}\n" if status == 0 else "") == done.stdout
    assert ("" if status == 0 else "usage: python -m tools.hook_file TARGET\n") == done.stderr
