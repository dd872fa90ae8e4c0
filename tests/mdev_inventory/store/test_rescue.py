"""A state file that cannot be used, and the store that takes its place."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdev_inventory.store import schema as store_schema
from mdev_inventory.store.file import StoreError
from mdev_inventory.store.rescue import Opened, move_aside, open_store
from mdev_inventory.store.store import Store
from tests.mdev_inventory.known import known_vm

NOW = 1_700_000_000.0
KEPT = "state.sqlite.damaged-20231114T221320Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The state file of a service that ran before."""
    file = tmp_path / "state" / "state.sqlite"
    store = Store(file)
    store.save_vms(known_vm(f"v{n}", "some-type" * 20) for n in range(500))
    store.close()
    return file


@pytest.fixture
def opened(path: Path) -> Iterator[list[Opened]]:
    """Closes what a test opens."""
    made: list[Opened] = []
    yield made
    for each in made:
        each.store.close()


def rescued(path: Path, opened: list[Opened]) -> Opened:
    """The store that a service would start with; it works."""
    opened.append(open_store(path, lambda: NOW))
    opened[-1].store.save_vms([known_vm("new", "a")])
    assert "new" in opened[-1].store.vms()
    return opened[-1]


def newer(path: Path) -> None:
    """A later version wrote it."""
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {store_schema.VERSION + 1}")
    connection.close()


def damage(path: Path) -> None:
    """Pages in the middle are overwritten."""
    data = bytearray(path.read_bytes())
    data[8192:-4096] = b"\xee" * (len(data) - 12288)
    path.write_bytes(data)


def test_a_file_that_is_well(path: Path, opened: list[Opened]) -> None:
    """Nothing is wrong, nothing is moved."""
    found = rescued(path, opened)

    assert ("", 501) == (found.trouble, len(found.store.vms()))
    assert [] == list(path.parent.glob("*damaged*"))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.write_bytes(b"no database" * 1000), id="no database"),
        pytest.param(damage, id="damaged pages"),
        pytest.param(newer, id="of a newer version"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:5000]), id="cut short"),
    ],
)
def test_a_file_of_no_use_is_kept_aside(path: Path, opened: list[Opened], spoil: object) -> None:
    """The service starts with an empty one; not a byte of the old one is lost."""
    spoil(path)  # type: ignore[operator]
    before = path.read_bytes()
    found = rescued(path, opened)

    assert ["new"] == list(found.store.vms())
    assert before == (path.parent / KEPT).read_bytes()
    assert [] == [word for word in (str(path), KEPT) if word not in found.trouble]


def test_the_companions_are_kept_with_it(path: Path) -> None:
    """Part of what was written may be in SQLite's log: under its new name the file finds it."""
    Path(f"{path}-wal").write_bytes(b"wal")
    kept = move_aside(path, NOW)

    assert path.parent / KEPT == kept
    assert b"wal" == Path(f"{kept}-wal").read_bytes()
    assert [] == list(path.parent.glob("state.sqlite*-shm"))


def test_a_second_one_in_the_same_second(path: Path, opened: list[Opened]) -> None:
    """No kept file is overwritten by the next."""
    for text in (b"first" * 1000, b"second" * 1000):
        path.write_bytes(text)
        open_store(path, lambda: NOW).store.close()

    assert b"first" * 1000 == (path.parent / KEPT).read_bytes()
    assert b"second" * 1000 == (path.parent / f"{KEPT}-2").read_bytes()


@pytest.mark.parametrize("kind", ["a folder", "no folder"])
def test_where_no_file_can_be(tmp_path: Path, opened: list[Opened], kind: str) -> None:
    """The state is kept in memory: better a service that forgets at its end than none."""
    path = tmp_path / "there" / "state.sqlite"
    if kind == "a folder":
        path.mkdir(parents=True)
    else:
        path.parent.touch()
    found = rescued(path, opened)

    assert "kept in memory" in found.trouble
    assert str(path) in found.trouble


def test_another_programs_file_stays(tmp_path: Path) -> None:
    """It is not ours to move: the setting is wrong, and the service says so instead of starting."""
    path = tmp_path / "state.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()

    with pytest.raises(StoreError, match="another program"):
        open_store(path, lambda: NOW)
    assert [path] == list(tmp_path.glob("state.sqlite*"))


def test_a_file_in_use_stays(path: Path) -> None:
    """Two services on one file would take turns at moving it away."""
    holder = sqlite3.connect(path, isolation_level=None)
    try:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked"):
            open_store(path, lambda: NOW)
    finally:
        holder.close()
    assert path.exists()
