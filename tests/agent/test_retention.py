"""Samples leave the store when they are too old and summarised, a few at a time, and never before."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent import retention, store
from agent.history import History
from agent.retention import DAY_S, StoreSettings, give_back, prune
from agent.summarise import make_summaries
from reports.samples import CapacitySample, Hole, Stretch
from tests.agent.lived import BEGUN, SITE, count, live, minute
from tests.commands import bandgap, environment

DAYS = 16
WEEK = StoreSettings(keep_minutes=3 * DAY_S, keep_five_minutes=5 * DAY_S)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = store.open_store(tmp_path)
    yield opened
    opened.close()


def first(connection: sqlite3.Connection, table: str) -> datetime | None:
    at = retention.oldest(connection, table)
    return None if at is None else datetime.fromtimestamp(at, BEGUN.tzinfo)


def test_by_default_minutes_stay_five_weeks_and_means_two_years() -> None:
    assert StoreSettings() == StoreSettings(keep_minutes=35 * DAY_S, keep_five_minutes=730 * DAY_S)


def test_what_is_too_old_goes_and_the_rest_stays(connection: sqlite3.Connection) -> None:
    """Minutes by their age; means by theirs, but not before their week is summarised; tests, outages and
    summaries stay."""
    end = live(connection, DAYS)
    kept = {table: count(connection, table) for table in ("summaries", "capacity_samples", "outages")}
    assert prune(connection, WEEK, end) > 0
    assert first(connection, "usage_minutes") == (end - timedelta(days=3)).replace(hour=0)
    two_weeks = BEGUN + timedelta(days=14)  # the last week that is over, and summarised
    assert first(connection, "usage_five_minutes") == min(
        (end - timedelta(days=5)).replace(hour=0), two_weeks
    )
    assert {table: count(connection, table) for table in kept} == kept


def test_means_that_are_not_summarised_stay_however_old_they_are(connection: sqlite3.Connection) -> None:
    """An agent whose summaries could not be made for years has lost nothing."""
    for hours in range(48):
        store.write_minutes(connection, [minute(BEGUN + timedelta(hours=hours))])
    later = BEGUN + timedelta(days=3000)
    prune(connection, WEEK, later)
    assert (count(connection, "usage_minutes"), count(connection, "usage_five_minutes")) == (0, 48)
    make_summaries(History(connection), SITE, BEGUN + timedelta(days=8))
    prune(connection, WEEK, later)
    assert count(connection, "usage_five_minutes") == 0


@pytest.mark.parametrize("kind", ["hour", "day", "week"])
def test_one_kind_of_summary_that_lags_behind_keeps_the_means(
    connection: sqlite3.Connection, kind: str
) -> None:
    """Hours, days and weeks are all made of means."""
    end = live(connection, DAYS)
    before = count(connection, "usage_five_minutes")
    connection.execute("DELETE FROM summaries WHERE kind = ?", (kind,))
    prune(connection, WEEK, end)
    assert count(connection, "usage_five_minutes") == before


def test_what_goes_for_its_age_is_told(connection: sqlite3.Connection) -> None:
    """As one hole that grows; and the site has been measuring since the first sample all the same."""
    end = live(connection, DAYS)
    connection.execute("DELETE FROM capacity_samples")
    prune(connection, WEEK, end)
    reached = first(connection, "usage_five_minutes")
    assert reached is not None
    history = History(connection)
    assert history.holes(BEGUN, end) == [Hole(BEGUN, reached, "samples", "age")]
    assert history.measuring_since() == BEGUN
    later = end + timedelta(days=9)
    live(connection, 9, begun=end)
    prune(connection, WEEK, later)
    assert len(history.holes(BEGUN, later)) == 1
    assert history.holes(BEGUN, later)[0].ends_at > reached


def test_rows_leave_by_whole_days(connection: sqlite3.Connection) -> None:
    """An hour later there is nothing to do: 23 of 24 runs write nothing."""
    end = live(connection, DAYS)
    prune(connection, WEEK, end)
    before = connection.total_changes
    assert prune(connection, WEEK, end + timedelta(hours=1)) == 0
    assert connection.total_changes == before


def test_no_transaction_is_large(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's write waits for at most a few hundred rows."""
    end = live(connection, DAYS)
    sizes: list[int] = []
    remove = retention.remove_oldest

    def counted(*words: Any) -> int:
        sizes.append(remove(*words))
        return sizes[-1]

    monkeypatch.setattr(retention, "remove_oldest", counted)
    removed = prune(connection, WEEK, end)
    assert sum(sizes) == removed > 10 * retention.BATCH_ROWS
    assert max(sizes) <= retention.BATCH_ROWS


def test_others_write_while_it_goes_on(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """Between two of its transactions the store is free."""
    end = live(connection, 4)
    other = store.open_store(tmp_path)
    other.execute("PRAGMA busy_timeout = 0")
    while retention.remove_oldest(connection, "usage_minutes", int(end.timestamp())):
        store.write_minutes(other, [minute(end)])
    assert (count(connection, "usage_minutes"), first(connection, "usage_minutes")) == (1, end)


def test_probed_time_goes_with_the_means(connection: sqlite3.Connection) -> None:
    """A stretch that still reaches into what is kept stays."""
    end = live(connection, DAYS)
    connection.execute("DELETE FROM probed")
    old = [Stretch(BEGUN + timedelta(hours=n), BEGUN + timedelta(hours=n, minutes=50)) for n in range(48)]
    store.write_minutes(connection, [], [], [*old, Stretch(BEGUN + timedelta(hours=49), end)])
    prune(connection, WEEK, end)
    assert count(connection, "probed") == 1


def test_a_store_that_shrank_gives_its_pages_back(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """All but the spare ones, which the next days fill."""
    end = live(connection, DAYS)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (tmp_path / store.FILE).stat().st_size
    prune(connection, StoreSettings(keep_minutes=DAY_S, keep_five_minutes=DAY_S), end)
    free = retention.free_pages(connection)
    assert free > 800
    assert give_back(connection, spare_pages=100) == free - 100
    assert retention.free_pages(connection) == 100
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # What SQLite itself keeps of its pages' places shrinks with them.
    shrunk = before - (tmp_path / store.FILE).stat().st_size
    assert abs(shrunk - (free - 100) * store.PAGE_BYTES) < 10 * store.PAGE_BYTES
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_in_everyday_life_no_page_is_given_back(connection: sqlite3.Connection) -> None:
    """A day's freed pages are the next day's: moving them about would only wear out the disk."""
    end = live(connection, 6)
    prune(connection, StoreSettings(keep_minutes=5 * DAY_S), end)
    assert 0 < retention.free_pages(connection) < retention.SPARE_PAGES
    assert give_back(connection) == 0


def test_a_test_is_kept_for_ever(connection: sqlite3.Connection) -> None:
    sample = CapacitySample("old", BEGUN, BEGUN, "http", None, "no_measurement", "dns")
    History(connection).add_capacity_sample(sample)
    live(connection, 8)
    prune(connection, WEEK, BEGUN + timedelta(days=9000))
    assert count(connection, "capacity_samples") == 9


def test_the_hourly_child_does_it(tmp_path: Path) -> None:
    """`bandgap upload --scheduled`, with or without a collector; what a person types removes nothing."""
    environ = environment(tmp_path, '[store]\nkeep_minutes = "2d"\n')
    (tmp_path / "state").mkdir()
    opened = store.open_store(tmp_path / "state")
    live(opened, 3)
    assert bandgap(environ, "upload").returncode == 78
    assert count(opened, "usage_minutes") == 3 * 1440
    done = bandgap(environ, "upload", "--scheduled")
    assert (done.returncode, done.stderr) == (0, "")
    assert count(opened, "usage_minutes") == 0
    assert count(opened, "usage_five_minutes") > 0


def test_a_length_of_time_that_is_none_is_one_line(tmp_path: Path) -> None:
    environ = environment(tmp_path, '[store]\nkeep_minutes = "35"\n')
    said = bandgap(environ, "status")
    assert said.returncode == 78
    assert said.stderr.endswith(
        'agent.toml: [store] keep_minutes: found "35", expected a length of time as in "35d"\n'
    )
