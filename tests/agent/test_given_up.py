"""Samples wait in memory while the store can't be written; what is given up in the end is told."""

from datetime import timedelta
from pathlib import Path

from agent import clock, paths, store
from agent.config import load
from agent.daemon import Daemon
from agent.history import History
from agent.installation import Installation
from agent.ledger import KEPT_ROWS
from reports.samples import Hole
from tests.agent.lived import BEGUN, count, minute


def test_a_day_waits_and_what_is_older_is_a_hole(tmp_path: Path) -> None:
    """The hole goes from the first minute given up to the first that was kept."""
    paths.usable(tmp_path)
    daemon = Daemon(Installation(load(None, zone="UTC"), tmp_path), {})
    daemon._ledger.begin(clock.uptime_s(), clock.now())
    daemon._store.execute("PRAGMA query_only = ON")  # SQLite refuses as it does on a read-only disk
    for hours in range(30):
        daemon._ledger.fold.ready += [minute(BEGUN + timedelta(hours=hours, minutes=n)) for n in range(60)]
        daemon._ledger.write(daemon._reachability)
    assert len(daemon._ledger.fold.ready) == KEPT_ROWS
    assert count(daemon._store, "usage_minutes") == 0
    daemon._store.execute("PRAGMA query_only = OFF")
    daemon._ledger.write(daemon._reachability)
    assert daemon._ledger.fold.ready == []
    other = store.open_store(tmp_path)
    assert count(other, "usage_minutes") == KEPT_ROWS
    (hole,) = History(other).holes(BEGUN, BEGUN + timedelta(days=9))
    assert hole == Hole(BEGUN, BEGUN + timedelta(hours=6), "samples", "unwritable")
    daemon._ledger.write(daemon._reachability)
    assert count(other, "holes") == 1


def test_damage_that_the_loop_comes_upon_costs_no_sample(tmp_path: Path) -> None:
    """A new store is begun, and what waited is in it with the next write."""
    paths.usable(tmp_path)
    daemon = Daemon(Installation(load(None, zone="UTC"), tmp_path), {})
    daemon._ledger.begin(clock.uptime_s(), clock.now())
    daemon._children._running["the salvage"] = None  # type: ignore[assignment]  # none is to be started
    daemon._ledger.fold.ready += [minute(BEGUN)]
    daemon._ledger.write(daemon._reachability)
    child = store.open_store(tmp_path)  # as each hour: what the loop remembers of the file is out of date
    store.note(child, "uploaded_at", "now")
    child.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    child.close()
    (tmp_path / store.FILE).write_bytes(b"\xa5" * (tmp_path / store.FILE).stat().st_size)
    daemon._ledger.fold.ready += [minute(BEGUN + timedelta(minutes=1))]
    for _ in range(3):
        daemon._ledger.write(daemon._reachability)
    assert daemon._ledger.fold.ready == []
    assert len(list(tmp_path.glob("*.corrupt-*Z"))) == 1
    assert count(store.open_store(tmp_path), "usage_minutes") == 1
