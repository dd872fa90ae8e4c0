"""What survives a restart: one SQLite file in the state directory.

WAL with synchronous=NORMAL: a crash of the machine may cost the last moments, never the file. One
connection with a lock serves all threads: transactions are short, and a connection per thread would leak
one for every worker thread that ends.

A file that cannot be used is a `StoreError`. A damaged row costs that row only: it is left out, logged and
listed in `damaged`.
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from mdev_inventory import store_rows, store_schema
from mdev_inventory.engine.model import Host
from mdev_inventory.known_vm import KnownVm
from mdev_inventory.observation import HostFailure, Observation

FILE_NAME = "state.sqlite"
# The proxy's group may look into the folder (its plugin reads a file there); others see nothing at all.
FILE_MODE, FOLDER_MODE = 0o640, 0o750
# How long (seconds) another process, a backup for example, may hold the file before we give up.
BUSY_TIMEOUT = 5.0
# So long (pages of 4 KiB) SQLite's log may grow before whoever writes then has to copy it and to wait for the
# disk, a decision for example: `checkpoint` does that long before.
LOG_PAGES = 16384
ROWS_AT_ONCE = 16
"""In one statement at most: each number of rows is another one to compile."""

log = logging.getLogger("store")
T = TypeVar("T")


class StoreError(Exception):
    """The state file cannot be used: the text names the file, what is wrong and the remedy."""

    code = "store"

    def __init__(self, path: Path, reason: str, *, broken: bool = False, foreign: bool = False) -> None:
        """`reason` goes on where "state file PATH" ends."""
        super().__init__(f"state file {path} {reason}")
        self.path, self.reason = path, reason
        self.broken = broken
        """The file itself is of no use to us: without it the service could start."""
        self.foreign = foreign
        """It is somebody else's, or somebody else holds it: not ours to work around."""


class DamagedRow(NamedTuple):
    """A row that could not be understood and was left out."""

    table: str
    key: str
    reason: str


class Store:
    """The state file. Every method may be called from any thread and may raise StoreError."""

    def __init__(self, path: Path, *, in_memory: bool = False) -> None:
        """Open the file, creating it and its folder where they are missing.

        With `in_memory` nothing is opened or kept: for a service whose disk fails.
        """
        self.path = path
        self._damaged: dict[tuple[str, str], DamagedRow] = {}
        self._lock = threading.RLock()
        with self._translated("opened"):
            if not in_memory:
                _create(path)
            self._connection = _connect(":memory:" if in_memory else path)
        self._copier: sqlite3.Connection | None = None
        self._copying = threading.Lock()
        self._in_memory = in_memory

    def check(self) -> None:
        """Look at every page of the file; StoreError where one is damaged."""
        with self._lock, self._translated("checked"):
            (found,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(found)

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        with self._copying, self._lock:
            if self._copier:
                self._copier.close()
            self._connection.close()

    def checkpoint(self) -> None:
        """Copy what was written from SQLite's log into the file, and wait for the disk.

        Over a connection of its own: whoever writes meanwhile does not wait.
        """
        if self._in_memory:
            return
        with self._copying, self._translated("written"):
            if self._copier is None:
                self._copier = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT, check_same_thread=False)
            self._copier.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is saved inside is written together or not at all; transactions may be nested."""
        with self._lock, self._translated("written"):
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.rollback()
                raise

    @property
    def damaged(self) -> tuple[DamagedRow, ...]:
        """The rows left out so far because they could not be understood."""
        return tuple(self._damaged.values())

    def save_hosts(self, hosts: Iterable[Host]) -> None:
        """Keep exactly these hosts; what is known of any other host is removed."""
        others = "host_id NOT IN (SELECT id FROM hosts)"
        with self.transaction():
            self._connection.execute("DELETE FROM hosts")
            self._write("INSERT INTO hosts VALUES (?, ?, ?, ?, ?, ?, ?)", map(store_rows.host_row, hosts))
            self._connection.execute(f"DELETE FROM observations WHERE {others}")  # noqa: S608 (a constant)
            self._connection.execute(f"DELETE FROM failures WHERE {others}")  # noqa: S608 (a constant)

    def hosts(self) -> dict[str, Host]:
        """The hosts as the engine showed them last, by id."""
        return self._read("hosts", store_rows.host)

    def save_observation(self, observation: Observation) -> None:
        """Keep this as the host's last observation."""
        row = store_rows.observation_row(observation)
        self._write("INSERT OR REPLACE INTO observations VALUES (?, ?, ?, ?, ?, ?)", [row])

    def observations(self) -> dict[str, Observation]:
        """The last observation of every host that has one, by host id."""
        return self._read("observations", store_rows.observation)

    def save_failure(self, failure: HostFailure) -> None:
        """Keep this as the host's failure."""
        self._write("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)", [store_rows.failure_row(failure)])

    def clear_failure(self, host_id: str) -> None:
        """The host answered: forget its failure."""
        self._write("DELETE FROM failures WHERE host_id = ?", [(host_id,)])

    def failures(self) -> dict[str, HostFailure]:
        """The failure of every host that failed when it was asked last, by host id."""
        return self._read("failures", store_rows.failure)

    def save_vms(self, vms: Iterable[KnownVm]) -> None:
        """Keep the requests of these VMs, others stay."""
        self._write("INSERT OR REPLACE INTO vms VALUES (?, ?, ?, ?, ?, ?)", map(store_rows.vm_row, vms))

    def remove_vms(self, vm_ids: Iterable[str]) -> None:
        """Forget these VMs."""
        self._write("DELETE FROM vms WHERE id = ?", [(vm_id,) for vm_id in vm_ids])

    def vms(self) -> dict[str, KnownVm]:
        """Every VM with its request as last seen, by id."""
        return self._read("vms", store_rows.vm)

    def vm_request(self, vm_id: str) -> KnownVm | None:
        """The VM with its request as last seen; None for one never seen."""
        return self._read("vms", store_rows.vm, "WHERE id = ?", (vm_id,)).get(vm_id)

    def save_claims(self, put: Mapping[str, str], gone: Collection[str]) -> None:
        """Write some starts in flight, by their keys, and remove others, together."""
        self._save_entries("claims", put, gone)

    def claims(self) -> dict[str, str]:
        """The starts in flight, as they were written, by their keys."""
        return self._read("claims", store_rows.entry)

    def save_lifetimes(self, put: Mapping[str, str], gone: Collection[str]) -> None:
        """Write some of what is known of VMs' lifetimes, by their keys, and remove other, together."""
        self._save_entries("lifetimes", put, gone)

    def lifetimes(self) -> dict[str, str]:
        """What is known of VMs' lifetimes, as it was written, by its keys."""
        return self._read("lifetimes", store_rows.entry)

    def _save_entries(self, table: str, put: Mapping[str, str], gone: Collection[str]) -> None:
        """One statement alone is a transaction, too, and a decision waits for half as long."""
        if gone or not 0 < len(put) <= ROWS_AT_ONCE:
            with self.transaction():
                self._write(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", put.items())  # noqa: S608 (ours)
                self._write(f"DELETE FROM {table} WHERE key = ?", [(key,) for key in gone])  # noqa: S608 (ours)
            return
        rows = ", ".join(["(?, ?)"] * len(put))
        values = [store_rows.writable(value) for row in put.items() for value in row]
        with self._lock, self._translated("written"):
            self._connection.execute(f"INSERT OR REPLACE INTO {table} VALUES {rows}", values)  # noqa: S608 (ours)

    def _write(self, sql: str, rows: Iterable[store_rows.Row]) -> None:
        with self.transaction():
            self._connection.executemany(sql, ([store_rows.writable(v) for v in row] for row in rows))

    def _read(
        self, table: str, build: Callable[..., T], where: str = "", values: tuple[object, ...] = ()
    ) -> dict[str, T]:
        """The rows by their first column, each built by `build`; a row that it refuses is left out."""
        with self._lock, self._translated("read"):
            rows = self._connection.execute(f"SELECT * FROM {table} {where}", values).fetchall()  # noqa: S608 (ours)
        built: dict[str, T] = {}
        for row in rows:
            try:
                built[row[0]] = build(*row)
            except store_rows.BAD_ROW as error:
                self._report(DamagedRow(table, str(row[0]), str(error)))
        return built

    def _report(self, row: DamagedRow) -> None:
        self._damaged[row.table, row.key] = row
        log.warning("DAMAGED row left out: file=%s table=%s key=%r: %s", self.path, *row)

    @contextmanager
    def _translated(self, verb: str) -> Iterator[None]:
        try:
            yield
        except store_schema.ForeignFileError as error:
            raise StoreError(self.path, str(error), foreign=True) from error
        except store_schema.SchemaError as error:
            raise StoreError(self.path, str(error), broken=True) from error
        except (sqlite3.Error, OSError) as error:
            reason = f"cannot be {verb}: {error}: {_remedy(error)}"
            held = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            raise StoreError(self.path, reason, broken=_is_damage(error), foreign=held) from error


def _is_damage(error: sqlite3.Error | OSError) -> bool:
    """Whether it is the file's content that is wrong, or the disk under it, and not the way to it."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # raised here, after a check
        return type(error) is sqlite3.DatabaseError
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)


def _remedy(error: sqlite3.Error | OSError) -> str:
    if isinstance(error, (OSError, sqlite3.OperationalError)):
        return "it takes a folder that the service's user may write to, with space left, and no other holder"
    return (
        "move it away; inventories are then collected anew, "
        "and the VMs' requests come back with the engine's next list"
    )


def _create(path: Path) -> None:
    """The file with our mode before SQLite makes it with the process's; its companions take the file's."""
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        os.fchmod(descriptor, os.fstat(descriptor).st_mode & FILE_MODE)
    finally:
        os.close(descriptor)


def _connect(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
    try:
        connection.text_factory = store_rows.readable
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        store_schema.upgrade(connection)
    except BaseException:
        connection.close()
        raise
    return connection
