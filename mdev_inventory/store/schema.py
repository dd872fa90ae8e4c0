"""The tables of the state file, and how a file comes to have them.

`PRAGMA user_version` counts the steps a file has been through. A later version of the service adds a step and
never changes an old one. Only SQL that SQLite 3.26 knows is used: EL8's Python is linked against that.
"""

import contextlib
import sqlite3
from functools import cache

STEPS = (
    """
    CREATE TABLE hosts (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        address TEXT NOT NULL,
        port INTEGER NOT NULL,
        status TEXT NOT NULL,
        cluster_id TEXT NOT NULL,
        separate INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE observations (
        host_id TEXT NOT NULL PRIMARY KEY,
        source TEXT NOT NULL,
        requested_at REAL NOT NULL,
        received_at REAL NOT NULL,
        inventory TEXT NOT NULL
    );
    CREATE TABLE failures (
        host_id TEXT NOT NULL PRIMARY KEY,
        code TEXT NOT NULL,
        text TEXT NOT NULL,
        at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE vms (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        types TEXT NOT NULL,
        seen_at REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    "CREATE TABLE claims (key TEXT NOT NULL PRIMARY KEY, entry TEXT NOT NULL) WITHOUT ROWID;",
    """
    ALTER TABLE observations ADD COLUMN owners TEXT;
    ALTER TABLE vms ADD COLUMN devices TEXT NOT NULL DEFAULT '[]';
    """,
    """
    ALTER TABLE vms ADD COLUMN cluster_id TEXT NOT NULL DEFAULT '';
    CREATE TABLE lifetimes (key TEXT NOT NULL PRIMARY KEY, entry TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE clocks (
        boot_id TEXT NOT NULL PRIMARY KEY,
        booted_at REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE observations ADD COLUMN carried TEXT NOT NULL DEFAULT '{}';
    CREATE TABLE gone (
        host_id TEXT NOT NULL PRIMARY KEY,
        entries TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)
VERSION = len(STEPS)


OURS_AT_LEAST = 2
"""So many tables of our names make a file ours: one name may be damaged, and another program may use one of them."""
Tables = dict[str, list[tuple[object, ...]]]
"""The columns of each table, by its name."""


class SchemaError(ValueError):
    """A state file of a newer version, or one whose schema is damaged."""


class ForeignFileError(SchemaError):
    """A file that is no state file of ours."""


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring the file to this version's schema, in one transaction per step; an empty file starts at 0.

    Raises SchemaError where the file is not ours, or not as some version of ours made it: what a damaged
    schema still lets through would only fail later, in the middle of something.
    """
    version = _version(connection)
    _demand(connection, version)
    _take_steps(connection, version)


def _take_steps(connection: sqlite3.Connection, first: int, end: int = VERSION) -> None:
    for step in range(first, end):
        connection.executescript(f"BEGIN IMMEDIATE;{STEPS[step]}PRAGMA user_version = {step + 1};COMMIT;")


def _version(connection: sqlite3.Connection) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and len(tables & _tables_of(VERSION).keys()) < OURS_AT_LEAST:
        raise ForeignFileError("is another program's database: set [service] state_dir to a folder of its own")
    if version > VERSION:
        raise SchemaError(
            f"has schema {version}, this version knows up to {VERSION}: install the version that wrote it, "
            "or move the file away to start without what it remembers"
        )
    if version < 0:
        raise SchemaError(f"is damaged: no version of ours has schema {version}: move the file away")
    return version


def _demand(connection: sqlite3.Connection, version: int) -> None:
    """The file's tables are those of its version, or SchemaError."""
    found, expected = _tables(connection), _tables_of(version)
    for name in sorted(found.keys() | expected.keys(), key=repr):  # a damaged name may be bytes
        if found.get(name) != expected.get(name):
            raise SchemaError(f"is damaged: table {name!r} is not that of schema {version}: move the file away")


@cache
def _tables_of(version: int) -> Tables:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        _take_steps(made, 0, version)
        return _tables(made)


def _tables(connection: sqlite3.Connection) -> Tables:
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    # Asked by a bound parameter: a damaged name may hold anything.
    return {name: connection.execute("SELECT * FROM pragma_table_info(?)", (name,)).fetchall() for name in names}
