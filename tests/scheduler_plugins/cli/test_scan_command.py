"""`mdev-scheduler scan`: a machine's mdev bus as a table, and as JSON."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from mdev_inventory.model import Cut, HostInventory
from scheduler_plugins.cli import output
from tests import golden, trees
from tests.pci_cards import add_device, add_functions
from tests.scheduler_plugins.cli.running import GOLDEN, Ran, run


def test_scan_prints_a_table(tree: Path) -> None:
    """Each parent device with its types."""
    ran = run("scan", "--root", str(tree))

    assert (0, "") == (ran.status, ran.err)
    golden.check(GOLDEN / "scan.txt", ran.out)


def test_scan_prints_json(tree: Path) -> None:
    """The documented form."""
    ran = run("scan", "--root", str(tree), "--json")

    golden.check(GOLDEN / "scan.json", ran.out)
    assert {"parents", "errors"} == set(ran.json)


def test_scan_of_a_machine_without_a_bus(tmp_path: Path) -> None:
    """Nothing there is an answer, too."""
    assert Ran(0, "no parent device on the mdev bus\n", "") == run("scan", "--root", str(tmp_path))
    assert {"parents": [], "errors": []} == run("scan", "--root", str(tmp_path), "--json").json


def test_scan_tells_what_it_could_not_read(tmp_path: Path) -> None:
    """Unknown is a question mark, and the file is named."""
    device = trees.add_parent(tmp_path, "0000:3b:00.0", ["nvidia-22"], vendor="0x10de")
    trees.break_file(device / "mdev_supported_types/nvidia-22/available_instances", "EIO")
    ran = run("scan", "--root", str(tmp_path))

    assert 0 == ran.status
    assert "?" in ran.out
    assert "available_instances: EIO" in ran.out


def test_names_cannot_reach_the_terminal(tmp_path: Path) -> None:
    """A driver's text is shown, not obeyed."""
    device = trees.add_parent(tmp_path, "0000:3b:00.0", ["nvidia-22"], vendor="0x10de")
    (device / "mdev_supported_types/nvidia-22/name").write_text("a\033[2Jb [red]c[/red]\n")
    out = run("scan", "--root", str(tmp_path)).out

    assert "\033" not in out
    assert "a\\x1b[2Jb [red]c[/red]" in out


def test_scan_loads_no_web_framework(tree: Path) -> None:
    """Start-up is what people wait for."""
    script = (
        "import sys; from scheduler_plugins.cli.app import app\n"
        f"app(['scan', '--json', '--root', {str(tree)!r}], standalone_mode=False)\n"
        "print(set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert set() == {"fastapi", "uvicorn", "requests", "jinja2"} & ast.literal_eval(done.stderr)


def test_a_card_of_many_functions_is_one_line(tmp_path: Path) -> None:
    """With what lives there; each function stands by itself only where that is asked for."""
    card = add_device(tmp_path, "0000:42:00.0")
    for number in range(32):
        held = [f"{number:08x}-0000-4000-8000-000000000001"] if number < 3 else []
        device = trees.add_parent(
            tmp_path, f"0000:42:{number + 4 >> 3:02x}.{number + 4 & 7}", ["nvidia-2"], int(not held)
        )
        trees.add_type(device, "nvidia-1", int(not held), instances=held)
        (device / "physfn").symlink_to(card)
    lines = run("scan", "--root", str(tmp_path)).out.splitlines()

    assert [["0000:42:00.0", "-", "2", "types", "32", "functions:", "3", "x", "nvidia-1", "29", "3"]] == [
        line.split() for line in lines[2:] if line
    ]
    assert 64 < len(run("scan", "--functions", "--root", str(tmp_path)).out.splitlines())


def test_a_card_without_mediated_devices_is_one_line_with_the_reason(tmp_path: Path) -> None:
    """Whatever number of functions it has."""
    card = add_device(tmp_path, "0000:42:00.0", sriov_totalvfs=48, sriov_numvfs=6)
    add_functions(tmp_path, card, 6, vfio=6)
    ran = run("scan", "--root", str(tmp_path))

    (line,) = [line for line in ran.out.splitlines() if "0000:42" in line]
    assert "0000:42:00.0 carries no mediated devices: vendor VFIO: 6 virtual functions, 0 of them typed" in line
    assert 1 == len(run("scan", "--json", "--root", str(tmp_path)).json["bare_cards"])


def test_what_was_not_read_in_time_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """It is not unreadable, and a hundred parents are one line."""
    output.scan(HostInventory(cut=Cut(cards=True, parents=tuple(map(str, range(100))), stuck=("/sys/x",))))

    assert [
        "no parent device on the mdev bus",
        "not read in time: the cards that carry no mediated devices",
        "not read in time: /sys/x",
        "not read in time: 0 and 99 more",
    ] == capsys.readouterr().out.splitlines()
