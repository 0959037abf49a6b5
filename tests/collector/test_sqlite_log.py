"""SQLite's log is moved into the file while commits go on, and doesn't grow without end."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from collector import sqlite_log
from collector.database import connect
from collector.sqlite_log import Log
from tests.commands import until

MOVED_AT_ONCE = 50
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


def begun(file: Path) -> bytes:
    """The log's head, which is another one each time that it begins anew."""
    with file.with_name(f"{file.name}-wal").open("rb") as log:
        return log.read(32)


def write(connection: sqlite3.Connection, log: Log, commits: int) -> None:
    for _ in range(commits):
        connection.execute("INSERT INTO kept VALUES (?)", (BODY,))
        log.wrote(1)


def rows(file: Path) -> int:
    connection = sqlite3.connect(file)
    (count,) = connection.execute("SELECT count(*) FROM kept").fetchone()
    connection.close()
    return int(count)


def test_the_log_begins_anew_though_commits_never_pause(file: Path) -> None:
    """Moved on another thread alone it never would: something is always behind what was moved."""
    connection = opened(file)
    log = Log(file, connection)
    write(connection, log, 1)
    heads, commits = {begun(file)}, 1

    def anew() -> bool:
        nonlocal commits
        write(connection, log, 20)
        commits += 20
        heads.add(begun(file))
        return len(heads) == 4

    until(anew, "the log has begun anew three times")
    log.close()
    connection.close()
    assert rows(file) == commits


def test_a_reader_keeps_nobody_waiting(file: Path) -> None:
    """The log stays for as long as it reads, and is moved afterwards."""
    connection, reader = opened(file), opened(file)
    log = Log(file, connection)
    write(connection, log, 1)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    head = begun(file)
    write(connection, log, 4 * MOVED_AT_ONCE)
    assert reader.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    assert begun(file) == head
    reader.execute("COMMIT")

    def anew() -> bool:
        write(connection, log, 20)
        return begun(file) != head

    until(anew, "the log has begun anew")
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
