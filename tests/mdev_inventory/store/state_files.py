"""State files, reopened and changed behind the store's back."""

import sqlite3
from pathlib import Path


def alter(path: Path, sql: str, *values: object) -> None:
    """Change the file behind our back."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(sql, values)
    connection.close()
