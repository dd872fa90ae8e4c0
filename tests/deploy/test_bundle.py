"""The engine machine's archive: installed offline into an empty root, run from there, removed.

`make test-install` builds the archive and names it; elsewhere these tests are skipped.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from mdev_inventory import __version__
from tests.deploy.bundled import HOME, UNIT, entries, install

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif("BUNDLE" not in os.environ, reason="takes the archive: run `make test-install`"),
    pytest.mark.xdist_group("bundle"),
]


def test_every_wheel_of_the_archive_is_pinned_by_its_hash(unpacked: Path) -> None:
    """What pip may install is what was packed, and what was packed is what the lock names."""
    names = {wheel.name.split("-")[0].replace("_", "-") for wheel in (unpacked / "wheels").glob("*.whl")}
    pinned = set(re.findall(r"^(\S+)==", (unpacked / "requirements.txt").read_text(), re.M))

    assert names == pinned
    assert {"mdev-scheduler", "fastapi", "uvicorn"} < pinned


def test_only_what_must_be_compiled_is(unpacked: Path) -> None:
    """Everything else runs on any machine."""
    compiled = {w.name.split("-")[0] for w in (unpacked / "wheels").glob("*.whl") if "none-any" not in w.name}

    assert compiled <= {"cffi", "cryptography", "httptools", "markupsafe", "pydantic_core", "uvloop"}


def test_the_program_is_installed_without_a_network(installed: Path) -> None:
    """By another interpreter than the one that made the archive; it says its version from there."""
    python = installed / HOME / "bin/python"
    command = [str(python), "-I", "-m", "scheduler_plugins", "--version"]

    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert f"mdev-scheduler {__version__}\n" == said
    assert not list((installed / HOME).rglob("pip")), "nothing else is to be installed there"


def test_what_is_left_out_is_said(installed: Path) -> None:
    """The demonstration's own needs are no engine machine's."""
    command = [str(installed / HOME / "bin/python"), "-I", "-m", "scheduler_plugins", "demo"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (3, "") == (done.returncode, done.stdout)
    assert "the demonstration needs simulation: run `make demo` in a clone" in done.stderr


def test_no_file_names_the_folder_that_it_was_installed_through(installed: Path) -> None:
    """A root may be an image that is mounted elsewhere."""
    scripts = [path for path in (installed / HOME / "bin").iterdir() if not path.is_symlink()]

    assert b"#!/opt/mdev-scheduler/bin/python" == (installed / HOME / "bin/mdev-scheduler").read_bytes()[:32]
    assert [] == [path for path in scripts if str(installed).encode() in path.read_bytes()]


def test_a_second_run_changes_nothing(unpacked: Path, installed: Path) -> None:
    """And says nothing, also where it should only look."""
    before = entries(installed)

    assert "" == install(unpacked, installed)
    assert "" == install(unpacked, installed, "--check")
    assert before == entries(installed)


def test_a_look_changes_nothing(unpacked: Path, other_python: Path, tmp_path: Path) -> None:
    """`--check` tells what an installation would do."""
    said = install(unpacked, tmp_path, "--check", "--python", other_python)

    assert "would install /opt/mdev-scheduler (" in said
    assert f"would install /{UNIT}\n" in said
    assert [] == list(tmp_path.iterdir())


def test_what_was_changed_by_hand_is_set_right(unpacked: Path, installed: Path) -> None:
    """A unit file that was edited in place, instead of by a drop-in, is ours again."""
    with (installed / UNIT).open("a") as unit:
        unit.write("# by hand\n")

    assert f"install /{UNIT}\n" == install(unpacked, installed)
    assert "by hand" not in (installed / UNIT).read_text()


def test_a_wheel_that_was_tampered_with_is_refused(unpacked: Path, other_python: Path, tmp_path: Path) -> None:
    """By its hash, before anything of it runs; nothing takes the program's place."""
    copy = Path(shutil.copytree(unpacked, tmp_path / "copy"))
    wheel = next((copy / "wheels").glob("uvicorn-*.whl"))
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    root = tmp_path / "root"
    root.mkdir()

    command: list[str | Path] = [copy / "install.sh", "--root", root, "--python", other_python]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (root / HOME).exists()


def test_an_interpreter_that_the_archive_has_no_wheels_for_is_named(
    unpacked: Path, interpreters: Mapping[str, Path], tmp_path: Path
) -> None:
    """With what would do, and how to get it."""
    if "3.9" not in interpreters:
        pytest.skip("no python3.9 on PATH or in ~/.pyenv/versions")
    command: list[str | Path] = [unpacked / "install.sh", "--root", tmp_path, "--python", interpreters["3.9"]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 3 == done.returncode
    assert "x86_64 3.11" in done.stderr
    assert "dnf install python3.11" in done.stderr
