"""The store is one SQLite file that keeps what it acknowledged and touches nothing it doesn't know."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import migrations, store
from agent.history import History
from reports.faults import ConfigFault
from reports.samples import Outage, Stretch, UsageSample

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def minute(n: int, rx: int = 600, interface: str = "eth0", seconds: float = 60.0) -> UsageSample:
    return UsageSample(interface, START + timedelta(minutes=n), seconds, rx, 60, 2.0 + n, 1.0, 0.0)


def rows(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    return connection.execute(
        f"SELECT started_at, interval_s, rx_bytes, peak_rx_mbps FROM {table}"
    ).fetchall()


def test_minutes_are_folded_into_five_minute_means(tmp_path: Path) -> None:
    """Six minutes are six rows and two means; a mean has the bytes of its minutes and their peak."""
    connection = store.open_store(tmp_path)
    store.write_minutes(connection, [minute(n) for n in range(6)])
    first = int(START.timestamp())
    assert len(rows(connection, "usage_minutes")) == 6
    assert rows(connection, "usage_five_minutes") == [
        (first, 300.0, 3000, 6.0),
        (first + 300, 60.0, 600, 7.0),
    ]


def test_a_restart_within_a_minute_adds_to_its_row(tmp_path: Path) -> None:
    """The second half of a minute joins the first; nothing is overwritten."""
    connection = store.open_store(tmp_path)
    store.write_minutes(connection, [minute(0, rx=100, seconds=20)])
    store.write_minutes(connection, [minute(0, rx=300, seconds=30)])
    assert rows(connection, "usage_minutes") == [(int(START.timestamp()), 50.0, 400, 2.0)]


def test_an_outage_leaves_the_peak_unknown(tmp_path: Path) -> None:
    """None folds with None into None, and with a figure into the figure."""
    connection = store.open_store(tmp_path)
    down = UsageSample("eth0", START, 0.0, 0, 0, None, None, 60.0)
    store.write_minutes(connection, [down])
    assert rows(connection, "usage_five_minutes")[0][3] is None
    store.write_minutes(connection, [minute(1)])
    assert rows(connection, "usage_five_minutes")[0][3] == 3.0


def test_a_failed_write_leaves_no_half(tmp_path: Path) -> None:
    """One bad row in a batch, and none of the batch is there."""
    connection = store.open_store(tmp_path)
    bad = UsageSample("eth0", START, 60.0, None, 0)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        store.write_minutes(connection, [minute(0), bad])
    assert rows(connection, "usage_minutes") == []
    assert rows(connection, "usage_five_minutes") == []


def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path) -> None:
    """Refused with what to do; not a byte is changed."""
    file = tmp_path / store.FILE
    file.write_bytes(b"my holiday pictures, most of them good" * 30)
    before = file.read_bytes()
    with pytest.raises(ConfigFault, match=r"not a bandgap store .*; move it away, or name another folder"):
        store.open_store(tmp_path)
    assert file.read_bytes() == before


def test_a_database_of_something_else_is_refused_untouched(tmp_path: Path) -> None:
    """Even when it is a perfectly good database."""
    other = sqlite3.connect(tmp_path / store.FILE)
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.commit()
    other.close()
    before = (tmp_path / store.FILE).read_bytes()
    with pytest.raises(ConfigFault, match="a database of something else; move it away"):
        store.open_store(tmp_path)
    assert (tmp_path / store.FILE).read_bytes() == before


def test_a_store_from_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    """Downgrades don't guess."""
    connection = store.open_store(tmp_path)
    connection.execute("INSERT INTO migrations VALUES (99, '0099 of tomorrow')")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = (tmp_path / store.FILE).read_bytes()
    with pytest.raises(ConfigFault, match="written by a newer bandgap"):
        store.open_store(tmp_path)
    assert (tmp_path / store.FILE).read_bytes() == before


def test_a_missing_store_is_said_when_only_reading(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="no such store"):
        store.open_store(tmp_path, read_only=True)


def test_a_migration_that_breaks_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    """A migration and its record are one transaction."""
    connection = store.open_store(tmp_path)
    broken = [*migrations.MIGRATIONS, ("0002 broken", ("CREATE TABLE fine (a)", "CREATE TABLE oops (("))]
    with pytest.raises(sqlite3.OperationalError):
        migrations.apply(connection, broken)
    assert migrations.applied(connection) == len(migrations.MIGRATIONS)
    assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'fine'").fetchone() is None


def test_two_processes_may_make_the_store_at_once(tmp_path: Path) -> None:
    """Eight openers, one schema."""
    faults: list[Exception] = []

    def opened() -> None:
        try:
            store.open_store(tmp_path).close()
        except Exception as fault:  # noqa: BLE001  # any fault at all is the finding
            faults.append(fault)

    threads = [threading.Thread(target=opened) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert migrations.applied(store.open_store(tmp_path)) == len(migrations.MIGRATIONS)


def test_what_is_committed_is_synced(tmp_path: Path) -> None:
    """WAL with synchronous=FULL: an acknowledged row survives the power switch."""
    connection = store.open_store(tmp_path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_an_outage_is_one_row_from_its_begin_to_its_end(tmp_path: Path) -> None:
    """Each later state takes the place of the one before; probing only grows."""
    connection = store.open_store(tmp_path)
    at = [START + timedelta(minutes=n) for n in range(5)]
    for outage in (
        Outage(at[0], at[1], None, "internet", "1.1.1.1:443: no answer"),
        Outage(at[0], at[2], None, "internet", "1.1.1.1:443: no answer"),
        Outage(at[0], at[2], at[3], "internet", "1.1.1.1:443: no answer"),
    ):
        store.write_minutes(connection, [], [outage], [Stretch(at[0], outage.until)])
    store.write_minutes(connection, [], [], [Stretch(at[0], at[1])])
    first = int(START.timestamp())
    assert connection.execute("SELECT started_at, seen_until, ended_at FROM outages").fetchall() == [
        (first, first + 120, first + 180)
    ]
    assert connection.execute("SELECT * FROM probed").fetchall() == [(first, first + 180)]


def test_an_outage_that_was_left_open_is_known_up_to_its_last_probe(tmp_path: Path) -> None:
    """The agent was killed in the middle of it."""
    connection = store.open_store(tmp_path)
    seen = START + timedelta(minutes=9)
    store.write_minutes(connection, [], [Outage(START, seen, None, "gateway")])
    store.lose_sight(connection)
    assert connection.execute("SELECT ended_at - seen_until FROM outages").fetchall() == [(0,)]


def test_a_store_of_the_first_schema_gets_the_second(tmp_path: Path) -> None:
    """With what was in it."""
    old = sqlite3.connect(tmp_path / store.FILE, isolation_level=None)
    migrations.apply(old, migrations.MIGRATIONS[:1])
    old.execute("INSERT INTO usage_minutes VALUES (1764000000, 'eth0', 60.0, 600, 60, 2.0, 1.0, 0.0)")
    old.close()
    connection = store.open_store(tmp_path)
    assert migrations.applied(connection) == len(migrations.MIGRATIONS)
    assert len(rows(connection, "usage_minutes")) == 1
    assert connection.execute("SELECT count(*) FROM outages").fetchone() == (0,)


def test_notes_come_and_go(tmp_path: Path) -> None:
    connection = store.open_store(tmp_path)
    store.note(connection, "next_test_at", "2026-11-24T08:00:00+00:00")
    store.note(connection, "next_test_at", "2026-11-24T14:00:00+00:00")
    assert store.noted(connection, "next_test_at") == "2026-11-24T14:00:00+00:00"
    store.note(connection, "next_test_at", None)
    assert store.noted(connection, "next_test_at") is None


def test_a_store_of_the_second_schema_gets_what_else_tests_found(tmp_path: Path) -> None:
    """Tests that were made before don't know it."""
    old = sqlite3.connect(tmp_path / store.FILE, isolation_level=None)
    migrations.apply(old, migrations.MIGRATIONS[:2])
    old.execute(
        "INSERT INTO capacity_samples VALUES ('a', 0, 9, 'http', NULL, 'ok', NULL, NULL, 94.1, 20.0, 12.0, 41.0,"
        " 5, 6, '[]', NULL, NULL)"
    )
    old.close()
    connection = store.open_store(tmp_path)
    found = History(connection).last_capacity_sample()
    assert found is not None
    assert (found.down_mbps, found.jitter_ms, found.load_s, found.remarks) == (94.1, None, None, ())


def test_a_disk_that_is_full_in_the_middle_is_called_that(tmp_path: Path) -> None:
    """SQLite rolls back by itself then; a second time would hide what it was."""
    with closing(store.open_store(tmp_path)) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 3}")
        with pytest.raises(sqlite3.OperationalError) as full:
            store.write_minutes(connection, [UsageSample(f"eth{n}", START, 60.0, 1, 1) for n in range(500)])
        assert isinstance(store.in_words(full.value, tmp_path), store.Unwritable)
        connection.execute(f"PRAGMA max_page_count = {pages + 3000}")
        store.write_minutes(connection, [UsageSample("eth0", START, 60.0, 1, 1)])
        assert connection.execute("SELECT count(*) FROM usage_minutes").fetchone() == (1,)
