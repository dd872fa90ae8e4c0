"""What survives a restart: one SQLite file in the state directory.

WAL with synchronous=NORMAL: a crash of the machine may cost the last moments, never the file. One
connection with a lock serves all threads: transactions are short, and a connection per thread would leak
one for every worker thread that ends.

A file that cannot be used is a `StoreError`. A damaged row costs that row only: it is left out and logged.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation
from mdev_inventory.store import file as store_file
from mdev_inventory.store import rows as store_rows
from mdev_inventory.store.file import translated
from mdev_inventory.store.gone import Gone

ROWS_AT_ONCE = 16
"""In one statement at most: each number of rows is another one to compile."""
CLOSE_S = 3.0
"""So long a stop waits for a write that is under way, and for another that copies the log."""

log = logging.getLogger("store")
T = TypeVar("T")


class Store:
    """The state file. Every method may be called from any thread and may raise StoreError."""

    def __init__(self, path: Path, *, in_memory: bool = False) -> None:
        """Open the file, creating it and its folder where they are missing.

        With `in_memory` nothing is opened or kept: for a service whose disk fails.
        """
        self.path = path
        self._lock = threading.RLock()
        with translated(self.path, "opened"):
            if not in_memory:
                store_file.create(path)
            self._connection = store_file.connect(":memory:" if in_memory else path)
        self._copier: sqlite3.Connection | None = None
        self._copying = threading.Lock()
        self._in_memory = in_memory

    def check(self) -> None:
        """Look at every page of the file; StoreError where one is damaged."""
        with self._lock, translated(self.path, "checked"):
            (found,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(found)

    def close(self) -> None:
        """Close the file; the store is of no use afterwards.

        Where a disk that hangs holds whoever writes, the file is left as it is: as safe as after a SIGKILL.
        """
        if not self._copying.acquire(timeout=CLOSE_S):
            return
        try:
            if self._copier:
                self._copier.close()
            if self._lock.acquire(timeout=CLOSE_S):
                self._connection.close()
                self._lock.release()
        finally:
            self._copying.release()

    def checkpoint(self) -> None:
        """Copy what was written from SQLite's log into the file, and wait for the disk.

        Over a connection of its own: whoever writes meanwhile does not wait.
        """
        if self._in_memory:
            return
        with self._copying, translated(self.path, "written"):
            if self._copier is None:
                self._copier = sqlite3.connect(self.path, timeout=store_file.BUSY_TIMEOUT, check_same_thread=False)
            self._copier.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is saved inside is written together or not at all; transactions may be nested."""
        with self._lock, translated(self.path, "written"):
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                yield

    def save_hosts(self, hosts: Iterable[Host]) -> None:
        """Keep exactly these hosts; what is known of any other host is removed."""
        others = "host_id NOT IN (SELECT id FROM hosts)"
        with self.transaction():
            self._connection.execute("DELETE FROM hosts")
            self._write("INSERT INTO hosts VALUES (?, ?, ?, ?, ?, ?, ?)", map(store_rows.host_row, hosts))
            self._connection.execute(f"DELETE FROM observations WHERE {others}")  # noqa: S608 (a constant)
            self._connection.execute(f"DELETE FROM failures WHERE {others}")  # noqa: S608 (a constant)
            self._connection.execute(f"DELETE FROM gone WHERE {others}")  # noqa: S608 (a constant)

    def hosts(self) -> dict[str, Host]:
        """The hosts as the engine showed them last, by id."""
        return self._read("hosts", store_rows.host)

    def save_observation(self, observation: Observation) -> None:
        """Keep this as the host's last observation."""
        row = store_rows.observation_row(observation)
        self._write("INSERT OR REPLACE INTO observations VALUES (?, ?, ?, ?, ?, ?, ?)", [row])

    def observations(self) -> dict[str, Observation]:
        """The last observation of every host that has one, by host id."""
        return self._read("observations", store_rows.observation)

    def save_gone(self, host_id: str, gone: Iterable[Gone]) -> None:
        """Keep this as what the host had and has no more."""
        self._write("INSERT OR REPLACE INTO gone VALUES (?, ?)", [store_rows.gone_row(host_id, gone)])

    def gone(self) -> dict[str, tuple[Gone, ...]]:
        """What the hosts had and have no more, by host id; a host of which nothing is gone is missing."""
        return {host_id: gone for host_id, gone in self._read("gone", store_rows.gone).items() if gone}

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

    def save_clock(self, boot_id: str, booted_at: float) -> None:
        """Keep when this boot was, by the service's clock, and forget earlier ones."""
        with self.transaction():
            self._connection.execute("DELETE FROM clocks")
            self._write("INSERT INTO clocks VALUES (?, ?)", [(boot_id, booted_at)])

    def clocks(self) -> dict[str, float]:
        """When the machine was booted, by the service's clock, by the boot's id."""
        return self._read("clocks", store_rows.booted_at)

    def _save_entries(self, table: str, put: Mapping[str, str], gone: Collection[str]) -> None:
        """One statement alone is a transaction, too, and a decision waits for half as long."""
        if gone or not 0 < len(put) <= ROWS_AT_ONCE:
            with self.transaction():
                self._write(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", put.items())  # noqa: S608 (ours)
                self._write(f"DELETE FROM {table} WHERE key = ?", [(key,) for key in gone])  # noqa: S608 (ours)
            return
        rows = ", ".join(["(?, ?)"] * len(put))
        values = [store_rows.writable(value) for row in put.items() for value in row]
        with self._lock, translated(self.path, "written"):
            self._connection.execute(f"INSERT OR REPLACE INTO {table} VALUES {rows}", values)  # noqa: S608 (ours)

    def _write(self, sql: str, rows: Iterable[store_rows.Row]) -> None:
        with self.transaction():
            self._connection.executemany(sql, ([store_rows.writable(v) for v in row] for row in rows))

    def _read(self, table: str, build: Callable[..., T]) -> dict[str, T]:
        """The rows by their first column, each built by `build`; a row that it refuses is left out."""
        with self._lock, translated(self.path, "read"):
            rows = self._connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 (ours)
        built: dict[str, T] = {}
        for row in rows:
            try:
                built[row[0]] = build(*row)
            except store_rows.BAD_ROW as error:
                key = str(row[0])
                log.warning("DAMAGED row left out: file=%s table=%s key=%r: %s", self.path, table, key, error)
        return built
