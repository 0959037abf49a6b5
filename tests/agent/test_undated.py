"""Minutes without a date get one when their boot's wall time is known, and are never counted twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent import store, undated
from agent.clock_watch import BOOT
from agent.history import History
from reports.samples import UsageSample

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def minute(n: int, seconds: float = 60.0, rx: int = 600) -> UsageSample:
    """The n-th minute since boot."""
    return UsageSample("eth0", BOOT + timedelta(minutes=n), seconds, rx, 60, 2.0, 1.0, 0.0)


def test_a_boots_minutes_get_its_date(tmp_path: Path) -> None:
    """A boot at 12:00:20 had its second minute from 12:01:20 to 12:02:20: two thirds of it are of 12:01."""
    connection = store.open_store(tmp_path)
    undated.keep(connection, "this", [minute(1)])
    assert undated.waiting(connection, "this")
    undated.date(connection, "this", NOON + timedelta(seconds=20) - BOOT, era=1)
    rows = connection.execute(
        "SELECT started_at, interval_s, rx_bytes, tx_bytes FROM usage_minutes"
    ).fetchall()
    first = int(NOON.timestamp()) + 60
    assert [(start, round(seconds, 6), rx, tx) for start, seconds, rx, tx in rows] == [
        (first, 40, 400, 40),
        (first + 60, 20, 200, 20),
    ]
    assert not undated.waiting(connection, "this")
    assert undated.minutes(connection) == 0


def test_another_boots_minutes_stay_as_they_are(tmp_path: Path) -> None:
    """Nobody will ever know when that was; how many there are is known."""
    connection = store.open_store(tmp_path)
    undated.keep(connection, "another", [minute(1), minute(2)])
    undated.date(connection, "this", NOON - BOOT, era=1)
    assert undated.minutes(connection) == 2
    assert History(connection).usage_span() is None


def test_a_restart_within_a_minute_adds_to_its_row(tmp_path: Path) -> None:
    connection = store.open_store(tmp_path)
    undated.keep(connection, "this", [minute(1, 20, 100)])
    undated.keep(connection, "this", [minute(1, 30, 200)])
    assert connection.execute("SELECT interval_s, rx_bytes FROM undated_minutes").fetchall() == [(50.0, 300)]


def test_a_minute_of_another_era_is_not_added_to(tmp_path: Path) -> None:
    """What would fall on it stays undated for good, and is told."""
    connection = store.open_store(tmp_path)
    taken = UsageSample("wwan0", NOON + timedelta(minutes=1), 60.0, 7, 7, 1.0, 1.0, 0.0)
    store.write_minutes(connection, [taken], era=0)
    undated.keep(connection, "this", [minute(1), minute(2)])
    for _ in range(2):
        undated.date(connection, "this", NOON - BOOT, era=1)
    assert connection.execute("SELECT sum(rx_bytes) FROM usage_minutes").fetchone() == (607,)
    assert connection.execute("SELECT sum(rx_bytes) FROM usage_five_minutes").fetchone() == (607,)
    assert undated.minutes(connection) == 1
    assert not undated.waiting(connection, "this")


def test_a_machine_that_is_never_set_does_not_fill_its_disk(tmp_path: Path) -> None:
    """A week is kept, the oldest goes."""
    connection = store.open_store(tmp_path)
    undated.keep(connection, "this", [minute(n) for n in range(undated.KEPT_ROWS + 5)])
    kept, first = connection.execute("SELECT count(*), min(started_at) FROM undated_minutes").fetchone()
    assert (kept, first) == (undated.KEPT_ROWS, 300.0)


@given(
    st.floats(0, 120),
    st.floats(0, 61),
    st.floats(0, 20),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
)
def test_cutting_loses_and_adds_nothing(offset: float, seconds: float, down: float, rx: int, tx: int) -> None:
    """Whatever the second it begins at; no piece is longer than its minute has room for."""
    row = UsageSample("eth0", NOON + timedelta(seconds=offset), seconds, rx, tx, 1.0, 1.0, down)
    pieces = list(undated.cut(row))
    if seconds + down < 1e-5:
        return
    assert sum(piece.rx_bytes for piece in pieces) == rx
    assert sum(piece.tx_bytes for piece in pieces) == tx
    assert abs(sum(piece.interval_s for piece in pieces) - seconds) < 1e-6
    assert abs(sum(piece.link_down_s for piece in pieces) - down) < 1e-6
    starts = [piece.started_at for piece in pieces]
    assert starts == sorted(set(starts))
    assert all(piece.started_at.second == piece.started_at.microsecond == 0 for piece in pieces)
    assert all(piece.interval_s + piece.link_down_s <= 60 + 1e-5 for piece in pieces)
    assert all(piece.rx_bytes >= 0 and piece.interval_s >= 0 for piece in pieces)
