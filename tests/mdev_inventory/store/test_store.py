"""What survives a restart."""

import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdev_inventory.observation import Source
from mdev_inventory.store import schema as store_schema
from mdev_inventory.store.file import StoreError
from mdev_inventory.store.store import DamagedRow, Store
from tests.mdev_inventory.known import failed, host, known_vm, seen


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file that does not exist yet, in a folder that does not either."""
    return tmp_path / "state" / "state.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An open store."""
    opened = Store(path)
    yield opened
    opened.close()


def alter(path: Path, sql: str, *values: object) -> None:
    """Change the file behind our back."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(sql, values)
    connection.close()


def reopened(path: Path) -> Store:
    """The store of a service that was started again; its file is closed at once, as nothing is written."""
    opened = Store(path)
    opened.close()
    return opened


def test_everything_survives_a_restart(path: Path) -> None:
    """Hosts, observations, failures and VMs come back equal to what was saved."""
    hosts = {"h1": host("h1", separate=True), "h2": host("h2", status="maintenance", port=1)}
    observations = {
        "h1": seen("h1", owners={"some-uuid": "v1"}),
        "h2": seen("h2", source=Source.ENGINE, received_at=200.5),
        "h3": seen("h3", owners={}),
    }
    vms = {
        "v1": known_vm("v1", "nvidia-22", "nvidia-22")._replace(devices=("d1", "d2")),
        "v2": known_vm("v2")._replace(cluster_id="c1"),
    }

    first = Store(path)
    first.save_hosts(hosts.values())
    for observation in observations.values():
        first.save_observation(observation)
    first.save_failure(failed("h2"))
    first.save_vms(vms.values())
    first.save_claims({"a": "1"}, ())
    first.save_lifetimes({"a": "2", "b": "3"}, ())
    first.save_lifetimes({"c": "4"}, ["b"])
    first.close()
    second = Store(path)

    assert hosts == second.hosts()
    assert observations == second.observations()
    assert {"h2": failed("h2")} == second.failures()
    assert vms == second.vms()
    assert {"a": "1"} == second.claims()
    assert {"a": "2", "c": "4"} == second.lifetimes()
    second.close()


def test_the_last_one_counts(store: Store) -> None:
    """A host has one observation and one failure, a VM one request."""
    for at in (1.0, 2.0):
        store.save_observation(seen(at=at))
        store.save_failure(failed(at=at))
        store.save_vms([known_vm("v1", "nvidia-22", at=at)])

    assert {"h1": seen(at=2.0)} == store.observations()
    assert {"h1": failed(at=2.0)} == store.failures()
    assert known_vm("v1", "nvidia-22", at=2.0) == store.vms()["v1"]


def test_hosts_gone_from_the_engine_are_removed(store: Store) -> None:
    """Saving a list of hosts removes all that is known of any other."""
    store.save_hosts([host("h1"), host("h2")])
    for host_id in ("h1", "h2"):
        store.save_observation(seen(host_id))
        store.save_failure(failed(host_id))

    store.save_hosts([host("h2")])

    assert ["h2"] == list(store.hosts())
    assert ["h2"] == list(store.observations())
    assert ["h2"] == list(store.failures())


def test_a_failure_is_cleared(store: Store) -> None:
    """A host that answers has no failure any more."""
    store.save_failure(failed("h1"))

    store.clear_failure("h1")

    assert {} == store.failures()


def test_vms_are_forgotten_one_by_one(store: Store) -> None:
    """Saving VMs leaves the others; removing names them."""
    store.save_vms([known_vm("v1", "a"), known_vm("v2", "b")])
    store.save_vms([known_vm("v3", "c")])

    store.remove_vms(["v1", "never-seen"])

    assert ["v2", "v3"] == sorted(store.vms())


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    """An error inside a transaction undoes what was saved before it, nested ones included."""

    def save_and_fail() -> None:
        with store.transaction():
            store.save_vms([known_vm("v1", "a")])
            with store.transaction():
                store.save_failure(failed())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        save_and_fail()

    assert {} == store.vms()
    assert {} == store.failures()


def test_threads_share_a_store(store: Store) -> None:
    """Many threads writing and reading at once lose nothing."""
    errors: list[Exception] = []

    def work(part: int) -> None:
        try:
            for n in range(20):
                store.save_vms([known_vm(f"v{part}-{n}", "a")])
                store.vms()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == errors
    assert 160 == len(store.vms())


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
    connection.execute(
        "INSERT INTO vms (id, name, types, seen_at) VALUES ('v1', 'name-of-v1', '[\"a\"]', 100.0)"
    )
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

    with pytest.raises(StoreError, match=r"state\.sqlite has schema 99, .* knows up to 4: install") as caught:
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


def test_a_failed_write_leaves_the_store_usable(store: Store, path: Path) -> None:
    """After an error the next write works: no transaction is left open."""
    alter(path, "CREATE TRIGGER full BEFORE INSERT ON vms BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(StoreError, match="cannot be written: disk is full"):
        store.save_vms([known_vm("v1", "a")])
    alter(path, "DROP TRIGGER full")

    store.save_vms([known_vm("v2", "a")])

    assert ["v2"] == list(store.vms())


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        pytest.param("observations", "inventory = '{'", "EOF", id="half a JSON"),
        pytest.param("observations", "inventory = '{\"schema\":99}'", "schema", id="JSON of a newer schema"),
        pytest.param("observations", "inventory = x'ff'", "text", id="bytes for text"),
        pytest.param("observations", "inventory = cast(x'22ff22' as text)", "utf-8", id="text, no UTF-8"),
        pytest.param("observations", "source = 'hearsay'", "hearsay", id="a source that we do not know"),
        pytest.param("observations", "requested_at = 'noon'", "noon", id="words for a time"),
        pytest.param("observations", "received_at = 9e999", "inf", id="a time without end"),
        pytest.param("failures", "at = 'noon'", "noon", id="a failure at no time"),
        pytest.param("hosts", "port = 'x'", "port", id="a port that is no number"),
        pytest.param("hosts", "separate = 7", "separate", id="neither separate nor not"),
        pytest.param("vms", "types = '{}'", "list", id="types that are no list"),
        pytest.param("vms", "types = '[1]'", "text", id="a type that is no text"),
    ],
)
def test_a_damaged_row_costs_that_row_only(
    path: Path, table: str, change: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The row is left out, reported and logged; its neighbour is read."""
    store = Store(path)
    store.save_hosts([host("h1"), host("h2")])
    for each in ("h1", "h2"):
        store.save_observation(seen(each))
        store.save_failure(failed(each))
    store.save_vms([known_vm("h1", "a"), known_vm("h2", "b")])
    key = "host_id" if table in ("observations", "failures") else "id"
    alter(path, f"UPDATE {table} SET {change} WHERE {key} = 'h1'")

    rows = getattr(store, table)()

    assert ["h2"] == list(rows)
    assert [(table, "h1")] == [row[:2] for row in store.damaged]
    assert reason in store.damaged[0].reason
    assert f"table={table} key='h1'" in caplog.text
    store.close()


def test_a_damaged_row_is_replaced(store: Store, path: Path) -> None:
    """What is saved next takes the damaged row's place."""
    store.save_observation(seen())
    alter(path, "UPDATE observations SET inventory = ''")
    assert {} == store.observations()
    assert isinstance(store.damaged[0], DamagedRow)

    store.save_observation(seen(at=200.0))

    assert {"h1": seen(at=200.0)} == store.observations()


def test_deeply_nested_json_costs_its_row(store: Store, path: Path) -> None:
    """JSON nested beyond what the parser follows is damage, no crash."""
    store.save_vms([known_vm("v1", "a")])
    alter(path, "UPDATE vms SET types = ?", "[" * 100_000)

    assert {} == store.vms()


def test_text_that_cannot_be_encoded_is_saved(store: Store) -> None:
    """Half a surrogate pair in a name, legal in JSON, does not stop the store."""
    store.save_hosts([host(name="h\ud800")])

    assert "h?" == store.hosts()["h1"].name


def test_a_service_killed_while_it_writes(path: Path) -> None:
    """After SIGKILL the file opens again, and every transaction is there whole or not at all."""
    endless = (
        "import itertools, sys; from pathlib import Path; from mdev_inventory.store.store import Store\n"
        "from mdev_inventory.engine.known_vm import KnownVm\n"
        "store = Store(Path(sys.argv[1]))\n"
        "for n in itertools.count():\n"
        "    with store.transaction():\n"
        "        store.save_vms([KnownVm(f'a{n}', 'x', ('t',), 1.0)])\n"
        "        store.save_vms([KnownVm(f'b{n}', 'x', ('t',), 1.0)])\n"
        "    print(n, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", endless, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 100:
            pass
        writer.kill()

    store = Store(path)
    vms = store.vms()

    assert len(vms) > 200
    assert {vm[1:] for vm in vms if vm[0] == "a"} == {vm[1:] for vm in vms if vm[0] == "b"}
    store.close()


def test_a_checkpoint_brings_what_was_written_into_the_file(tmp_path: Path) -> None:
    """Before it, a decision's claims are in SQLite's log alone."""
    store = Store(tmp_path / "state.sqlite")
    found = []
    for number in range(2):
        with store.transaction():
            store.save_claims({f"firm/{number}": "{}"}, [])
        before = copied(store.path, tmp_path / f"before-{number}")
        store.checkpoint()
        found.append((before, copied(store.path, tmp_path / f"after-{number}")))
    store.close()

    assert [(set(), {"firm/0"}), ({"firm/0"}, {"firm/0", "firm/1"})] == found


def copied(path: Path, copy: Path) -> set[str]:
    """The claims in the file itself, without its log."""
    copy.mkdir()
    shutil.copy(path, copy / "state.sqlite")
    store = Store(copy / "state.sqlite")
    claims = set(store.claims())
    store.close()
    return claims
