"""Brings a database to the current schema, or says why it can't be used.

Migrations are Alembic's, in ``collector/migrations/versions/``, numbered without a gap; one that has been
released is never changed. All that lack are applied in one transaction under a lock, so that two processes
may start at once. A file that isn't a collector's database, or that a newer version has migrated, is refused
and left as it is. Alembic is loaded only where something is to be migrated, and for a server in a process of
its own, since it would stay in its memory.
"""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from collector.apart import module
from collector.database import APPLICATION_ID, Database, connect, connect_postgres, driver, named
from reports.faults import ConfigFault

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATIENCE_S = 600.0
"""How long to wait for another process that migrates."""

LAST_OF_BEFORE = 3
"""The last migration of a database from before Alembic; the table ``migrations`` has its number."""

_LOCK = APPLICATION_ID
"""The number of PostgreSQL's advisory lock under which migrations run."""


@cache
def numbers() -> tuple[str, ...]:
    """The migrations' numbers, in order."""
    found = [re.match(r"m(\d{4})_\w+\.py$", one.name) for one in (_folder() / "versions").iterdir()]
    return tuple(sorted(one[1] for one in found if one))


def prepare(database: Database, *, apart: bool = False) -> None:
    """Makes an SQLite database if need be, and migrates either. Raises ConfigFault when it can't be used.

    ``apart`` migrates in a process of its own.
    """
    if database.path is not None:
        _make(database.path)
    applied = _applied(database)
    if applied == numbers()[-1]:
        return
    if applied is not None and applied not in numbers():
        raise ConfigFault(
            f"{database}: a newer version has used it (schema {applied}, this one knows {numbers()[-1]}); "
            "install that version, or name another database with --database"
        )
    if apart:
        _migrate_apart(database)
    else:
        _migrate(database)


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        # Made here and not by SQLite, so that nobody else may read it at any moment.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as fault:
        raise ConfigFault(
            f"{path}: can't be opened: {fault.strerror}; run as the collector's user, or name another file "
            "with --database"
        ) from None


def _applied(database: Database) -> str | None:
    """The newest migration that the database has had; None for a new one, or one from before Alembic.

    Only reads, so that what isn't ours stays as it is.
    """
    return _applied_in_file(database.path) if database.path is not None else _applied_in_postgres(database)


def _applied_in_file(path: Path) -> str | None:
    try:
        connection = connect(path)
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            tables = {
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            if application != APPLICATION_ID and (application or tables):
                raise ConfigFault(
                    f"{path}: is some other program's database; name another file with --database"
                )
            if "alembic_version" in tables:
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                return str(row[0]) if row else None
            if "migrations" in tables:
                (last,) = connection.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()
                return None if last <= LAST_OF_BEFORE else str(last)
            return None
        finally:
            connection.close()
    except sqlite3.Error as fault:
        raise _unusable(path, fault) from None


def _applied_in_postgres(database: Database) -> str | None:
    driver(database)
    import psycopg

    try:
        with connect_postgres(database) as connection:
            if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
                if connection.execute("SELECT to_regclass('sites')").fetchone() != (None,):
                    raise ConfigFault(
                        f"{database}: is some other program's database; name another with --database"
                    )
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return str(row[0]) if row else None
    except psycopg.Error as fault:
        why = " ".join(str(fault).split())
        raise ConfigFault(
            f"{database}: can't be used: {why}; see that the server runs, or name another with --database"
        ) from None


def _migrate(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    from collector.engine import engine, writing

    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    try:
        if database.path is not None:
            connection = connect(database.path, PATIENCE_S)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.close()
        source = engine(database, PATIENCE_S)
        try:
            with writing(source) as locked:
                _lock(locked)
                config.attributes["connection"] = locked
                command.upgrade(config, "head")
        finally:
            source.dispose()
    except sqlite3.Error as fault:
        raise _unusable(database, fault) from None


def _lock(connection: Connection) -> None:
    """SQLite's is held already: the transaction began with it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def _migrate_apart(database: Database) -> None:
    # By its standard input: a command line, which anybody may read, is no place for a password.
    done = subprocess.run(
        module("collector.migrating"),
        input=database.url or str(database.path),
        text=True,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise ConfigFault(done.stdout.strip() or f"{database}: can't be migrated; what is above says why")


def _unusable(place: object, fault: Exception) -> ConfigFault:
    return ConfigFault(f"{place}: can't be used as a database: {fault}; name another file with --database")


def _folder() -> Path:
    return Path(str(files("collector"))) / "migrations"


def main() -> int:
    """Migrates the database that standard input names; a fault is what it prints."""
    try:
        prepare(named(sys.stdin.read()))
    except ConfigFault as fault:
        print(fault)
        return fault.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
