"""A disk that is nearly full or read-only: what is newest and what was summed up is kept, and it is said."""

import json
import signal
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from agent import low_disk, retention, store
from agent.history import History
from agent.low_disk import mind_the_disk
from tests.agent.disks import fill, remount, small_disk
from tests.agent.lived import BEGUN, count, live, minute
from tests.commands import bandgap, environment, started, until

KEPT = ("usage_five_minutes", "summaries", "capacity_samples", "outages")
LOOPBACK = '[reachability]\nenabled = false\n[measure]\ninterface = "lo"\npoll_every = "0.2s"\nengines = ["http"]\ntest_every = "9d"\n'


def test_with_room_on_the_disk_a_reserve_is_made_and_nothing_removed(tmp_path: Path) -> None:
    connection = store.open_store(tmp_path)
    end = live(connection, 2)
    assert mind_the_disk(connection, tmp_path, end, low_bytes=0) == 0
    assert (tmp_path / low_disk.RESERVE).stat().st_size == low_disk.RESERVE_BYTES
    assert count(connection, "usage_minutes") == 2 * 1440


def test_on_a_low_disk_the_oldest_minutes_make_room(tmp_path: Path) -> None:
    """Until the store has room inside for some days; means, summaries, tests and outages stay, and it is told."""
    connection = store.open_store(tmp_path)
    end = live(connection, 10)
    kept = {table: count(connection, table) for table in KEPT}
    removed = mind_the_disk(connection, tmp_path, end, low_bytes=1 << 60)
    assert 0 < removed == 10 * 1440 - count(connection, "usage_minutes")
    assert retention.free_pages(connection) >= low_disk.ROOM_PAGES
    assert {table: count(connection, table) for table in KEPT} == kept
    (hole,) = History(connection).holes(BEGUN, end)
    assert (hole.starts_at, hole.what, hole.reason) == (BEGUN, "minutes", "disk_full")
    assert int(hole.ends_at.timestamp()) == retention.oldest(connection, "usage_minutes")
    assert mind_the_disk(connection, tmp_path, end, low_bytes=1 << 60) == 0, "there is room now"


def test_the_last_day_stays_whatever_the_disk_says(tmp_path: Path) -> None:
    connection = store.open_store(tmp_path)
    end = live(connection, 2)
    mind_the_disk(connection, tmp_path, end, low_bytes=1 << 60)
    assert count(connection, "usage_minutes") >= 1440


def test_on_a_full_disk_the_store_goes_on_inside_its_own_room(tmp_path: Path) -> None:
    """To the last octet: first nothing can be written; once the child has made room, days can."""
    with small_disk(tmp_path / "disk", 8) as disk:
        connection = store.open_store(disk)
        end = live(connection, 10)
        mind_the_disk(connection, disk, end, low_bytes=0)
        fill(disk)
        assert low_disk.free_bytes(disk) == 0
        written = 0
        while written < 3000 and (fault := refused(connection, end + timedelta(minutes=written))) is None:
            written += 1
        assert "full" in str(fault)
        child = store.open_store(disk)
        assert mind_the_disk(child, disk, end) > 0
        child.close()
        for n in range(written, written + 3 * 1440):
            store.write_minutes(connection, [minute(end + timedelta(minutes=n))])
        assert count(connection, "summaries") > 10
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


def test_the_hourly_child_makes_room_before_it_summarises(tmp_path: Path) -> None:
    """On a disk full to the last octet, with hours that wait for their summaries."""
    with small_disk(tmp_path / "disk", 8) as disk:
        environ = environment(disk)
        environ["HOME"] = str(tmp_path)
        (disk / "state").mkdir()
        connection = store.open_store(disk / "state")
        end = live(connection, 10)
        connection.execute(
            "DELETE FROM summaries WHERE kind = 'hour' AND ends_at > ?", (end.timestamp() - 9e5,)
        )
        mind_the_disk(connection, disk / "state", end, low_bytes=0)
        fill(disk)
        assert bandgap(environ, "upload", "--scheduled").returncode == 0
        assert count(connection, "summaries") > 200
        assert History(connection).holes(BEGUN, end)[0].reason == "disk_full"


def refused(connection: sqlite3.Connection, at: datetime) -> sqlite3.Error | None:
    """Why a minute can't be written; None when it could."""
    try:
        store.write_minutes(connection, [minute(at)])
    except sqlite3.Error as fault:
        return fault
    return None


def test_an_agent_waits_in_memory_while_the_disk_is_full(tmp_path: Path) -> None:
    """Status says why, and what waited is there once there is room."""
    with small_disk(tmp_path / "disk", 3) as disk:
        environ = environment(disk, LOOPBACK)
        environ["HOME"] = str(tmp_path)
        log = tmp_path / "log"
        with started(environ, "run", log=log) as agent:
            until(lambda: "measuring lo" in log.read_text(), "the agent measures")
            ballast = fill(disk)
            agent.send_signal(signal.SIGHUP)  # the running minute isn't closed by that, the log is written
            until(lambda: "the settings were read again" in log.read_text(), "it lives")
            facts = json.loads(bandgap(environ, "status", "--json").stdout)
            assert (facts["agent_running"], facts["disk_low"], facts["disk_free_bytes"]) == (True, True, 0)
            assert "the store grows no more" in bandgap(environ, "status").stdout
            ballast.unlink()
            agent.send_signal(signal.SIGTERM)
            assert agent.wait(30) == 0
        assert count(store.open_store(disk / "state"), "usage_minutes") >= 1


def test_a_read_only_disk_is_said_and_can_be_read(tmp_path: Path) -> None:
    """Status and report read it as it stands; the agent ends with 1, so that systemd tries again."""
    with small_disk(tmp_path / "disk", 8) as disk:
        environ = environment(disk)
        environ["HOME"] = str(tmp_path)
        (disk / "state").mkdir()
        connection = store.open_store(disk / "state")
        live(connection, 1)
        connection.close()
        remount(disk, "ro")
        facts = json.loads(bandgap(environ, "status", "--json").stdout)
        assert facts["store_fault"] == "its disk is mounted read-only"
        assert facts["last_sample_at"] is not None
        report = bandgap(environ, "report", "--week", "2026-W41", "--format", "json")
        assert len(json.loads(report.stdout)["usage"]) == 288
        ended = bandgap(environ, "run")
        assert ended.returncode == 1
        assert ended.stderr == (
            f"bandgap: {disk}/state: its disk is mounted read-only; mend it, or mount it for writing\n"
        )
        remount(disk, "rw")
        assert json.loads(bandgap(environ, "status", "--json").stdout)["store_fault"] is None


def test_status_says_what_is_missing_and_why(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    (tmp_path / "state").mkdir()
    connection = store.open_store(tmp_path / "state")
    end = live(connection, 8)
    mind_the_disk(connection, tmp_path / "state", end, low_bytes=1 << 60)
    said = bandgap(environ, "status").stdout
    assert "missing        minutes from 2026-10-05 05:00 to 2026-10-" in said
    assert "UTC: the disk was nearly full" in said
    assert json.loads(bandgap(environ, "status", "--json").stdout)["holes"][0]["reason"] == "disk_full"
