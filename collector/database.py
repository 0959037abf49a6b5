"""Opens the collector's SQLite file, and brings it to the current schema.

Migrations are the numbered files of ``collector/migrations/``, each applied in one transaction with its
record; one that has been released is never changed. A file that isn't a collector's database, or that a
newer version has migrated, is refused and left as it is.
"""

from __future__ import annotations

import os
import sqlite3
from importlib.resources import files
from pathlib import Path

from reports.faults import ConfigFault

APPLICATION_ID = 1650942828
"""The number of "bgcl" as migration 0001 writes it into the file's header."""

BUSY_TIMEOUT_S = 5.0
"""How long to wait for another process's commit; enrolling takes milliseconds."""

_RECORD = "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT"


def migrations() -> list[tuple[int, str, str]]:
    """Number, name and SQL of every migration, in order."""
    scripts = [
        place for place in (files("collector") / "migrations").iterdir() if place.name.endswith(".sql")
    ]
    return sorted(
        (int(place.name[:4]), place.name.removesuffix(".sql"), place.read_text()) for place in scripts
    )


def prepare(path: Path) -> None:
    """Makes the database if need be and migrates it. Raises ConfigFault when it can't be used."""
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        # Made here and not by SQLite, so that nobody else may read it at any moment.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as fault:
        raise ConfigFault(
            f"{path}: can't be opened: {fault.strerror}; run as the collector's user, or name another file "
            "with --database"
        ) from None
    try:
        connection = connect(path)
        try:
            _check(connection, path)
            _migrate(connection)
        finally:
            connection.close()
    except sqlite3.Error as fault:
        raise ConfigFault(
            f"{path}: can't be used as a database: {fault}; name another file with --database"
        ) from None


def connect(path: Path) -> sqlite3.Connection:
    """A connection whose transactions are ours to begin and whose commits survive a power cut.

    WAL with synchronous=FULL: a commit returns once the log is on the disk.
    """
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Only reads, so that a file that isn't ours stays as it is."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (application or objects):
        raise ConfigFault(f"{path}: is some other program's database; name another file with --database")
    newest = migrations()[-1][0]
    if _applied(connection) > newest:
        raise ConfigFault(
            f"{path}: a newer version has used it (schema {_applied(connection)}, this one knows {newest}); "
            "install that version, or name another file with --database"
        )


def _applied(connection: sqlite3.Connection) -> int:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone():
        return 0
    (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()
    return int(number)


def _migrate(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    for number, name, script in migrations():
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Asked inside the transaction: another process may have been first.
            if _applied(connection) < number:
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(_RECORD)
                connection.execute("INSERT INTO migrations VALUES (?, ?)", (number, name))
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _statements(script: str) -> list[str]:
    """A script's statements; ``executescript`` would commit before it begins."""
    found, text = [], ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            found.append(text)
            text = ""
    return found
