"""The state file as a file: its settings, its schema, and files that cannot be used."""

import sqlite3
import stat
from pathlib import Path

import pytest

from mdev_inventory.store import schema as store_schema
from mdev_inventory.store.file import StoreError
from mdev_inventory.store.store import Store
from tests.mdev_inventory.known import known_vm
from tests.mdev_inventory.store.state_files import alter


def reopened(path: Path) -> Store:
    """The store of a service that was started again; its file is closed at once, as nothing is written."""
    opened = Store(path)
    opened.close()
    return opened


def test_settings_of_the_file(path: Path, store: Store) -> None:
    """WAL is on and the schema's version is written."""
    connection = sqlite3.connect(path)

    assert ("wal",) == connection.execute("PRAGMA journal_mode").fetchone()
    assert (store_schema.VERSION,) == connection.execute("PRAGMA user_version").fetchone()
    connection.close()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, 0o640, id="a new file"),
        pytest.param(0o666, 0o640, id="a file that was open to all"),
        pytest.param(0o600, 0o600, id="a stricter one is left alone"),
    ],
)
def test_nobody_else_reads_the_file(path: Path, before: int | None, after: int) -> None:
    """The file and its companions are never readable by others, nor writable by the group."""
    path.parent.mkdir()
    if before is not None:
        path.touch()
        path.chmod(before)

    store = Store(path)
    store.save_vms([known_vm()])

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert {path.name: after, f"{path.name}-wal": after, f"{path.name}-shm": after} == modes
    store.close()


@pytest.mark.parametrize("version", range(1, store_schema.VERSION))
def test_an_older_schema_is_brought_up(path: Path, version: int) -> None:
    """A file of any earlier version keeps what it knows, and takes what this version writes."""
    path.parent.mkdir()
    steps = "".join(store_schema.STEPS[:version])
    connection = sqlite3.connect(path)
    connection.executescript(f"{steps}PRAGMA user_version = {version};")
    connection.execute("INSERT INTO vms (id, name, types, seen_at) VALUES ('v1', 'name-of-v1', '[\"a\"]', 100.0)")
    connection.commit()
    connection.close()

    store = Store(path)
    assert {"v1": known_vm("v1", "a")} == store.vms()
    store.save_vms([known_vm("v2", "a")._replace(cluster_id="c1")])
    store.save_lifetimes({"a": "1"}, ())

    assert "c1" == store.vms()["v2"].cluster_id
    store.close()


def test_a_newer_schema_is_refused(path: Path) -> None:
    """A file of a later version is not touched; the error names file, versions and remedy."""
    reopened(path)
    alter(path, "PRAGMA user_version = 99")

    with pytest.raises(StoreError, match=r"state\.sqlite has schema 99, .* knows up to 6: install") as caught:
        Store(path)

    assert path == caught.value.path


def test_another_programs_database_is_refused(path: Path) -> None:
    """A database that is not ours is left alone."""
    path.parent.mkdir()
    alter(path, "CREATE TABLE theirs (x)")

    with pytest.raises(StoreError, match=r"another program's database: set \[service\] state_dir"):
        Store(path)


def test_a_file_that_is_no_database(path: Path) -> None:
    """A corrupt file is a named error with a remedy."""
    path.parent.mkdir()
    path.write_bytes(b"no database at all " * 1000)

    with pytest.raises(StoreError, match=r"state\.sqlite cannot be opened: .*: move it away"):
        Store(path)


def test_a_file_whose_pages_are_damaged(path: Path) -> None:
    """Damage found later, in a table's pages, is a named error as well."""
    store = Store(path)
    store.save_vms(known_vm(f"v{n}", "some-type" * 20) for n in range(500))
    store.close()
    raw = bytearray(path.read_bytes())
    raw[8192:] = b"\xa5" * (len(raw) - 8192)
    path.write_bytes(raw)

    damaged = Store(path)
    with pytest.raises(StoreError, match=r"cannot be read: .*: move it away"):
        damaged.vms()
    damaged.close()


@pytest.mark.parametrize("which", ["folder where the file should be", "file where the folder should be"])
def test_a_path_that_cannot_be_a_file(path: Path, which: str) -> None:
    """What the system refuses is a named error with a remedy."""
    if which.startswith("folder"):
        path.mkdir(parents=True)
    else:
        path.parent.touch()

    with pytest.raises(StoreError, match=r"cannot be opened: .*: it takes a folder that the service's user"):
        Store(path)
