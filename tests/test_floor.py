"""What runs under VDSM's or the proxy's interpreter stays standard library only and runs on 3.6."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SDK_CHILD = "scheduler_plugins/policy/sdk_child.py"
ENTRIES = ("mdev_inventory/hook/vdsm_hook.py", "scheduler_plugins/proxy/mdev_units.py", SDK_CHILD)


def imports(path: Path) -> set[str]:
    """Dotted names of all that a file imports, wherever in it the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own_files(path: Path) -> set[Path]:
    """The project's files that importing `path` runs, itself and the packages' `__init__` included."""
    found, todo = set(), [path]
    while todo:
        current = todo.pop()
        if current in found:
            continue
        found.add(current)
        for name in imports(current):
            candidates = [
                ROOT.joinpath(*name.split(".")).with_suffix(".py"),
                ROOT.joinpath(*name.split("."), "__init__.py"),
            ]
            todo += [c for c in candidates if c.is_file()]
            todo += [c for c in (ROOT / name.split(".")[0] / "__init__.py",) if c.is_file()]
    return found


def makefile_floor() -> set[Path]:
    """The files that `make lint` holds to the 3.6 floor."""
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    line = next(re.finditer(r"^FLOOR := (.*)$", text, re.M)).group(1)
    prefixed = re.search(r"\$\(addprefix (\S+?),([^)]*)\)(.*)", line)
    assert prefixed
    prefix, names, rest = prefixed.groups()
    return {ROOT / (prefix + name) for name in names.split()} | {ROOT / name for name in rest.split()}


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_file_that_an_entry_runs_is_under_the_floor_check(entry: str) -> None:
    """A file cannot slip under VDSM's or the proxy's interpreter unchecked."""
    missing = own_files(ROOT / entry) - makefile_floor()

    assert set() == missing


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_imports_the_standard_library_only(entry: str) -> None:
    """Hosts and the proxy have the platform's own Python; only who talks to the SDK has the SDK, too."""
    foreign = {
        name.split(".")[0]
        for path in own_files(ROOT / entry)
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names
    }

    assert foreign <= {"mdev_inventory"} | ({"ovirtsdk4", "pycurl"} if entry == SDK_CHILD else set())


def test_the_floor_check_names_files_that_exist() -> None:
    """A renamed file is noticed here, not on a host."""
    assert [] == [path for path in makefile_floor() if not path.is_file()]
