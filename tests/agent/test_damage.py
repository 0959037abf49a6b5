"""A store that isn't in order is noticed, set aside whole, and followed by a new one; others' files are not touched."""

import json
import signal
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import agent_lock, clock, damage, store
from agent.damage import MARK, begin_anew, noticed, open_sound, suspected
from agent.store import FILE, Damaged
from reports.faults import ConfigFault
from reports.samples import Hole
from tests.agent.lived import count, live, minute
from tests.commands import bandgap, environment, started, until

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ASIDE = FILE + ".corrupt-20261124T120000Z"
GARBAGE = b"what a dying SD card makes of a page. " * 500
IDLE = '[reachability]\nenabled = {}\nevery = "1h"\n[measure]\ninterface = "lo"\nengines = ["http"]\ntest_every = "9d"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One in which an agent worked, with two days in the store and all of it in the one file."""
    (tmp_path / agent_lock.FILE).write_text("ended\n")
    connection = store.open_store(tmp_path)
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    live(connection, 2, begun=hour - timedelta(days=2))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return tmp_path


def spoil_minutes(folder: Path) -> None:
    """Overwrites some leaf pages of the minutes' table."""
    connection = sqlite3.connect(folder / FILE)
    pages = connection.execute(
        "SELECT pageno FROM dbstat WHERE name = 'usage_minutes' AND pagetype = 'leaf' ORDER BY path"
    ).fetchall()
    connection.close()
    with (folder / FILE).open("r+b") as out:
        for (number,) in pages[40:44]:
            out.seek((number - 1) * store.PAGE_BYTES)
            out.write(GARBAGE[: store.PAGE_BYTES])


def test_garbage_where_an_agent_worked_is_its_damaged_store(folder: Path) -> None:
    """It is set aside to the last octet under the time's name, and a new one begins."""
    (folder / FILE).write_bytes(GARBAGE)
    with pytest.raises(Damaged, match=r"the store is damaged \(file is not a database\)"):
        store.open_store(folder)
    fresh = open_sound(folder, NOW, check=False)
    assert (folder / ASIDE).read_bytes() == GARBAGE
    assert count(fresh, "usage_minutes") == 0
    assert damage.waiting(folder, fresh) == [folder / ASIDE]


def test_garbage_where_no_agent_worked_is_somebody_elses(tmp_path: Path) -> None:
    """Also when an agent tried to begin here before: it was refused."""
    (tmp_path / FILE).write_bytes(GARBAGE)
    environ = environment(tmp_path, BANDGAP_STATE_DIR=str(tmp_path))
    for _ in range(2):
        said = bandgap(environ, "run")
        assert said.returncode == 78
        assert "not a bandgap store" in said.stderr
    assert (tmp_path / FILE).read_bytes() == GARBAGE


def test_a_database_of_something_else_is_never_set_aside(folder: Path) -> None:
    """Whatever worked here before."""
    (folder / FILE).unlink()
    other = sqlite3.connect(folder / FILE)
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    before = (folder / FILE).read_bytes()
    with pytest.raises(ConfigFault, match="a database of something else"):
        open_sound(folder, NOW, check=True)
    assert (folder / FILE).read_bytes() == before
    assert not list(folder.glob("*corrupt*"))


def test_a_spoilt_page_is_found_by_the_check_after_an_unclean_end(folder: Path) -> None:
    """Without the check it isn't looked for: that would read the whole file."""
    spoil_minutes(folder)
    unasked = open_sound(folder, NOW, check=False)
    assert not (folder / ASIDE).exists()
    unasked.close()
    fresh = open_sound(folder, NOW, check=True)
    assert (folder / ASIDE).exists()
    assert count(fresh, "summaries") == 0


def test_the_check_of_a_store_in_order_changes_nothing(folder: Path) -> None:
    """With a hole told, which SQLite 3.40's check once took for NULLs."""
    connection = store.open_store(folder)
    store.tell_hole(connection, Hole(NOW, NOW + timedelta(hours=1), "samples", "unwritable"))
    connection.close()
    assert count(open_sound(folder, NOW, check=True), "holes") == 1


def test_what_belongs_to_the_file_goes_with_it(folder: Path) -> None:
    """Its log holds the newest samples."""
    connection = store.open_store(folder)
    store.write_minutes(connection, [minute(NOW)])
    damage.set_aside(folder, NOW)
    assert {path.name for path in folder.glob(FILE + "*")} == {ASIDE, ASIDE + "-wal", ASIDE + "-shm"}
    connection.close()


def test_whoever_has_the_old_file_open_does_the_new_one_no_harm(folder: Path) -> None:
    """It closes its own log, by whatever name."""
    reader, writer = store.open_store(folder), store.open_store(folder)
    fresh = begin_anew(folder, NOW)
    store.write_minutes(fresh, [minute(NOW)])
    store.write_minutes(writer, [minute(NOW)])
    writer.close()
    reader.close()
    assert (folder / (FILE + "-wal")).exists()
    store.write_minutes(fresh, [minute(NOW + timedelta(minutes=1))])
    other = store.open_store(folder)
    assert count(other, "usage_minutes") == 2
    assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_a_command_comes_upon_is_left_for_the_agent(folder: Path) -> None:
    """A mark; at the next start, or the next minute, the agent looks."""
    with (
        pytest.raises(Damaged, match=r"an agent that runs sets it aside .* or else `bandgap salvage` does"),
        noticed(folder),
    ):
        raise store_fault(folder)
    assert suspected(folder)
    open_sound(folder, NOW, check=False).close()
    assert not suspected(folder), "all was in order"


def test_a_fault_that_is_no_damage_passes(folder: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"), noticed(folder):
        store.open_store(folder).execute("SELECT * FROM recipes")
    assert not suspected(folder)


def store_fault(folder: Path) -> sqlite3.DatabaseError:
    """A real one, of a file spoilt on the side."""
    aside = folder / "side"
    aside.write_bytes(GARBAGE)
    try:
        sqlite3.connect(aside).execute("SELECT 1 FROM sqlite_master")
    except sqlite3.DatabaseError as fault:
        return fault
    raise AssertionError("garbage was read")


def test_an_agent_that_was_killed_looks_and_salvages_at_its_next_start(tmp_path: Path, folder: Path) -> None:
    """With no hand of a person: the loop measures at once, a child fetches what can be read."""
    spoil_minutes(folder)
    environ = environment(tmp_path, IDLE.format("false"), BANDGAP_STATE_DIR=str(folder))
    (folder / agent_lock.FILE).write_text("4711\n")
    log = tmp_path / "log"
    with started(environ, "run", log=log) as agent:
        until(lambda: "measuring lo" in log.read_text(), "the agent measures")
        until(lambda: "rows were read from" in log.read_text(), "the child has salvaged")
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    assert "the store was damaged: it is set aside as" in log.read_text()
    assert "unreadable: usage_minutes" in log.read_text()
    kept = store.open_store(folder)
    assert count(kept, "usage_minutes") > 2 * 1440 - 100
    assert count(kept, "usage_five_minutes") >= 2 * 288, (
        "means do not need the minutes; the agent may add its own"
    )
    assert (folder / agent_lock.FILE).read_text() == "ended\n"


def test_a_running_agent_sets_aside_what_a_command_came_upon(tmp_path: Path, folder: Path) -> None:
    """And goes on measuring into the new store."""
    environ = environment(tmp_path, IDLE.format("false"), BANDGAP_STATE_DIR=str(folder))
    log = tmp_path / "log"
    with started(environ, "run", log=log) as agent:
        until(lambda: "measuring lo" in log.read_text(), "the agent measures")
        (folder / MARK).touch()
        (tmp_path / "agent.toml").write_text(IDLE.format("false").replace("1h", "2h"))
        agent.send_signal(signal.SIGHUP)  # has what waits written
        until(lambda: "rows were read from" in log.read_text(), "the child has salvaged")
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    kept = store.open_store(folder)
    assert count(kept, "usage_minutes") >= 2 * 1440
    assert count(kept, "holes") == 0
    assert not suspected(folder)


def test_salvage_by_hand(tmp_path: Path, folder: Path) -> None:
    """On a machine where no agent runs; a store in order is left alone, and the report tells the hole."""
    environ = environment(tmp_path, BANDGAP_STATE_DIR=str(folder), TZ="UTC")
    assert bandgap(environ, "salvage").stdout == "the store is in order\n"
    (folder / FILE).write_bytes(GARBAGE)
    said = bandgap(environ, "status")
    assert said.returncode == 1
    assert "the store is damaged (file is not a database); an agent that runs sets it aside" in said.stderr
    done = bandgap(environ, "salvage")
    assert done.returncode == 0
    assert done.stdout.startswith("0 rows were read from")
    report = bandgap(environ, "report").stdout
    assert "Data may be missing from" in report
    assert (
        json.loads(bandgap(environ, "report", "--format", "json").stdout)["holes"][0]["reason"] == "damaged"
    )


def test_salvage_beside_a_running_agent_is_refused(tmp_path: Path, folder: Path) -> None:
    environ = environment(tmp_path, IDLE.format("false"), BANDGAP_STATE_DIR=str(folder))
    log = tmp_path / "log"
    with started(environ, "run", log=log):
        until(lambda: "measuring lo" in log.read_text(), "the agent measures")
        said = bandgap(environ, "salvage")
    assert said.returncode == 78
    assert "another agent runs here" in said.stderr


def test_an_upload_salvages_before_it_summarises(tmp_path: Path, folder: Path) -> None:
    """A summary of what is salvaged only in part would be taken for the whole."""
    connection = store.open_store(folder)
    before = connection.execute("SELECT id FROM summaries WHERE kind = 'hour'").fetchall()
    connection.close()
    begin_anew(folder, clock.now()).close()
    environ = environment(tmp_path, '[site]\ntimezone = "America/Chicago"\n', BANDGAP_STATE_DIR=str(folder))
    done = bandgap(environ, "upload", "--scheduled")
    assert done.returncode == 0
    assert "rows were read from" in done.stderr
    after = store.open_store(folder).execute("SELECT id FROM summaries WHERE kind = 'hour'").fetchall()
    assert set(before) <= set(after)
