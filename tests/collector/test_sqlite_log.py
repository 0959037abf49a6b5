"""SQLite's log is moved into the file while commits go on, and doesn't grow without end."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from collector import sqlite_log
from collector.database import connect
from collector.sqlite_log import Log

MOVED_AT_ONCE = 50
COMMITS = 1500
BODY = b"x" * 4000
"""About a page of the log for each commit."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sqlite_log, "SUMMARIES_MOVED_AT_ONCE", MOVED_AT_ONCE)
    path = tmp_path / "a.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE kept (body BLOB)")
    connection.close()
    return path


def opened(file: Path) -> sqlite3.Connection:
    connection = connect(file)
    connection.execute("PRAGMA synchronous = OFF")  # no power is cut here
    return connection


def log_bytes(file: Path) -> int:
    return file.with_name(f"{file.name}-wal").stat().st_size


def write(connection: sqlite3.Connection, log: Log, commits: int) -> None:
    for _ in range(commits):
        connection.execute("INSERT INTO kept VALUES (?)", (BODY,))
        log.wrote(1)


def rows(file: Path) -> int:
    connection = sqlite3.connect(file)
    (count,) = connection.execute("SELECT count(*) FROM kept").fetchone()
    connection.close()
    return int(count)


def test_the_log_stays_short_though_commits_never_pause(file: Path) -> None:
    """Moved on another thread alone it would never end: something is always behind what was moved."""
    connection = opened(file)
    log = Log(file, connection)
    write(connection, log, COMMITS)
    assert log_bytes(file) < COMMITS * len(BODY) / 2
    log.close()
    connection.close()
    assert rows(file) == COMMITS


def test_a_reader_keeps_nobody_waiting(file: Path) -> None:
    """The log stays for as long as it reads, and is moved afterwards."""
    connection, reader = opened(file), opened(file)
    log = Log(file, connection)
    write(connection, log, 1)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    write(connection, log, 4 * MOVED_AT_ONCE)
    assert reader.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    long = log_bytes(file)
    assert long > 4 * MOVED_AT_ONCE * len(BODY)
    reader.execute("COMMIT")
    write(connection, log, COMMITS)
    assert log_bytes(file) < long + COMMITS * len(BODY) / 2
    log.close()
    connection.close()
    reader.close()


def test_a_log_that_cannot_be_moved_is_told_and_tried_again(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Commits go on: what they need is the log."""
    failed = threading.Event()

    def failing(path: Path) -> sqlite3.Connection:
        failed.set()
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(sqlite_log, "connect", failing)
    connection = opened(file)
    log = Log(file, connection)
    write(connection, log, MOVED_AT_ONCE)
    assert failed.wait(60)
    log.close()
    assert "the database's log stays as long as it is: disk I/O error; tried again" in caplog.text
    write(connection, log, 1)
    failed.clear()
    write(connection, log, MOVED_AT_ONCE)
    assert failed.wait(60)
    log.close()
    connection.close()
