"""`mdev-scheduler scan`: a machine's mdev bus as a table, and as JSON."""

import ast
import subprocess
import sys
from pathlib import Path

from tests import golden, trees
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
