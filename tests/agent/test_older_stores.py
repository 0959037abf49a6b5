"""A store that an older bandgap made opens, keeps its rows and gets the newer layout."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent import migrations, store
from agent.history import History
from tests.agent import older_formats
from tests.agent.lived import count

STORES = sorted(older_formats.STORES.glob("format-*.sqlite"))


@pytest.fixture(params=STORES, ids=lambda path: path.stem)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    shutil.copy(request.param, tmp_path / store.FILE)
    return tmp_path


def test_there_is_one_of_every_older_format() -> None:
    """Whoever adds a migration keeps a store of the format before it: python -m tests.agent.older_formats."""
    assert {path.name for path in STORES} == {
        older_formats.path(number).name for number in range(1, len(migrations.MIGRATIONS))
    }


def test_each_is_of_its_format() -> None:
    for number, path in enumerate(STORES, 1):
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
            assert migrations.applied(connection) == number


def test_every_row_is_kept(folder: Path) -> None:
    before = {}
    with closing(sqlite3.connect(folder / store.FILE)) as old:
        for (table,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = ", ".join(row[1] for row in old.execute(f"PRAGMA table_info({table})"))
            before[table] = columns, old.execute(f"SELECT {columns} FROM {table}").fetchall()
    connection = store.open_store(folder)
    assert migrations.applied(connection) == len(migrations.MIGRATIONS)
    for table in set(before) - {"migrations"}:
        columns, rows = before[table]
        assert connection.execute(f"SELECT {columns} FROM {table}").fetchall() == rows, table
    assert count(connection, "usage_minutes") == 130
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    history = History(connection)
    assert len(history.waiting()) == 2
    assert history.last_capacity_sample() is not None


def test_it_is_laid_out_anew_once(folder: Path) -> None:
    """Small pages that can be given back, in WAL mode and synced as ever."""
    connection = store.open_store(folder)
    assert pragmas(connection) == (store.PAGE_BYTES, 2, "wal", 2)


def test_one_that_others_have_open_stays_as_it_is_and_works(folder: Path) -> None:
    """It is migrated all the same; only its pages stay large."""
    other = sqlite3.connect(folder / store.FILE, isolation_level=None)
    other.execute("SELECT count(*) FROM usage_minutes").fetchone()  # in WAL mode that holds on to the file
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM usage_minutes").fetchone()
    connection = store.open_store(folder)
    assert pragmas(connection) == (4096, 0, "wal", 2)
    assert migrations.applied(connection) == len(migrations.MIGRATIONS)
    assert count(connection, "usage_minutes") == 130


def test_a_new_store_has_small_pages_that_can_be_given_back(tmp_path: Path) -> None:
    assert pragmas(store.open_store(tmp_path)) == (store.PAGE_BYTES, 2, "wal", 2)


def pragmas(connection: sqlite3.Connection) -> tuple[object, ...]:
    names = ("page_size", "auto_vacuum", "journal_mode", "synchronous")
    return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
