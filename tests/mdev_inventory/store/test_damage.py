"""A state file in which any byte is another: the service starts, with what is left or with an empty file."""

import contextlib
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdev_inventory.store.file import StoreError
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.rescue import Opened, open_store
from mdev_inventory.store.schema import VERSION
from mdev_inventory.store.store import Store
from scheduler_plugins.claims.model import Timeouts
from scheduler_plugins.claims.store import ClaimStore
from scheduler_plugins.demand.learning import Learning
from tests.mdev_inventory.known import known_vm
from tests.mdev_inventory.store.state_files import alter

PAGE = 4096
HEADER = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a service that was killed: a part is in the file, a part in SQLite's log beside it."""
    path = tmp_path_factory.mktemp("well") / "state.sqlite"
    store = Store(path)
    store.save_vms(known_vm(f"v{n}", "some-type") for n in range(20))
    store.save_lifetimes({"some": "text"}, ())
    store.checkpoint()
    store.save_claims({"v1": "no row of ours"}, ())
    killed = path.parent / "killed"
    killed.mkdir()
    for companion in ("", "-wal", "-shm"):
        shutil.copy(f"{path}{companion}", killed)
    store.close()
    return killed


def starts(path: Path) -> Opened:
    """Reads all that a service reads when it starts, and writes; what it then remembers can be read again."""
    opened = open_store(path, lambda: 1_700_000_000.0)
    with contextlib.closing(opened.store):
        inventories = Inventories(opened.store)
        ClaimStore(lambda: inventories.observations, lambda: 1.0, Timeouts(), opened.store)
        Learning(opened.store, lambda: inventories.vms, lambda: 1.0)
        inventories.see_vm(known_vm("new", "a"))
        inventories.flush()
        opened.store.save_claims({"v2": "x"}, ["v1"])
        opened.store.save_lifetimes({"v2": "x"}, ["some"])
        assert "new" in opened.store.vms()
    return opened


def schema_bytes(path: Path) -> list[int]:
    """Where in the file its header and the text of its schema stand."""
    page = path.read_bytes()[:PAGE]
    used = int.from_bytes(page[HEADER + 5 : HEADER + 7], "big")
    return [*range(HEADER + 64), *range(used, PAGE)]


PLACES = {
    "the header and the schema": ("state.sqlite", schema_bytes),
    "anywhere in the file": ("state.sqlite", lambda path: range(path.stat().st_size)),
    "anywhere in SQLite's log": ("state.sqlite-wal", lambda path: range(path.stat().st_size)),
    "anywhere in SQLite's index": ("state.sqlite-shm", lambda path: range(path.stat().st_size)),
}


@pytest.mark.parametrize("place", PLACES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data(), mask=st.integers(1, 255))
def test_any_byte_may_be_another(folder: Path, tmp_path: Path, place: str, data: st.DataObject, mask: int) -> None:
    """Whatever byte of the state file or of its companions is damaged: the service starts, and works."""
    name, bytes_of = PLACES[place]
    damaged = tmp_path / "state"
    shutil.rmtree(damaged, ignore_errors=True)
    shutil.copytree(folder, damaged)
    content = bytearray((damaged / name).read_bytes())
    content[data.draw(st.sampled_from(bytes_of(damaged / name)))] ^= mask
    (damaged / name).write_bytes(content)

    starts(damaged / "state.sqlite")


@pytest.mark.parametrize("version", [-1, -(2**31), 0, VERSION - 1, VERSION + 1, 2**31 - 1])
def test_any_number_of_a_schema(folder: Path, tmp_path: Path, version: int) -> None:
    """A version that is not the file's own: it is set aside, and the service says so."""
    damaged = tmp_path / "state"
    shutil.copytree(folder, damaged)
    alter(damaged / "state.sqlite", f"PRAGMA user_version = {version}")

    assert "It is kept as" in starts(damaged / "state.sqlite").trouble


def test_another_programs_file_has_no_damage(tmp_path: Path) -> None:
    """Whatever its version: where the tables are not ours, it is not ours to move."""
    path = tmp_path / "state.sqlite"
    alter(path, "CREATE TABLE hosts (theirs)")
    alter(path, "PRAGMA user_version = 7")

    with pytest.raises(StoreError, match="another program"):
        starts(path)
