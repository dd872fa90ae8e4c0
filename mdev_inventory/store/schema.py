"""The tables of the state file, and how a file comes to have them.

`PRAGMA user_version` counts the steps a file has been through. A later version of the service adds a step and
never changes an old one. Only SQL that SQLite 3.26 knows is used: EL8's Python is linked against that.
"""

import sqlite3

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
    ALTER TABLE observations ADD COLUMN carried TEXT NOT NULL DEFAULT '{}';
    """,
)
VERSION = len(STEPS)


class SchemaError(ValueError):
    """A state file of a newer version."""


class ForeignFileError(SchemaError):
    """A file that is no state file of ours."""


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring the file to this version's schema, in one transaction per step; an empty file starts at 0."""
    version = _version(connection)
    for step in range(version, VERSION):
        connection.executescript(f"BEGIN IMMEDIATE;{STEPS[step]}PRAGMA user_version = {step + 1};COMMIT;")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise SchemaError(
            f"has schema {version}, this version knows up to {VERSION}: install the version that wrote it, "
            "or move the file away to start without what it remembers"
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
        raise ForeignFileError("is another program's database: set [service] state_dir to a folder of its own")
    return int(version)
