"""What can be read of a damaged store is in the new one; what can't is told, and nothing is made up."""

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent import damage, store, undated
from agent.clock_watch import BOOT
from agent.history import History
from agent.salvage import salvage, salvage_waiting
from agent.summarise import make_summaries
from reports.samples import ClockStep, Hole
from tests.agent import older_formats
from tests.agent.lived import BEGUN, SITE, count, live, minute

DAYS = 8
SHORT = 6
"""So many of the ways to spoil a store are tried each time, the others at length."""
END = BEGUN + timedelta(days=DAYS)
TABLES = ("usage_minutes", "usage_five_minutes", "capacity_samples", "outages", "probed", "summaries")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store in order, with all of it in the one file."""
    folder = tmp_path_factory.mktemp("whole")
    connection = store.open_store(folder)
    live(connection, DAYS)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return folder


def begun_anew(folder: Path, whole: Path, at: datetime = END) -> tuple[Path, sqlite3.Connection]:
    """A copy that is set aside, to be spoilt, and the new store in its place."""
    shutil.copy(whole / store.FILE, folder / store.FILE)
    fresh = damage.begin_anew(folder, at)
    (aside,) = damage.waiting(folder, fresh)
    return aside, fresh


def spoil(file: Path, seed: int, places: int, width: int) -> None:
    """Overwrites octets at random places behind the first page."""
    chance = random.Random(seed)
    octets = bytearray(file.read_bytes())
    for _ in range(places):
        at = chance.randrange(store.PAGE_BYTES, len(octets) - width)
        octets[at : at + width] = chance.randbytes(width)
    file.write_bytes(octets)


def content(connection: sqlite3.Connection, table: str) -> set[tuple[object, ...]]:
    return set(connection.execute(f"SELECT * FROM {table}").fetchall())


def original(whole: Path, table: str) -> set[tuple[object, ...]]:
    connection = store.open_store(whole, read_only=True)
    found = content(connection, table)
    connection.close()
    return found


def test_of_a_store_in_order_nothing_is_lost(tmp_path: Path, whole: Path) -> None:
    """Every row of every table, and the outbox as it was."""
    aside, fresh = begun_anew(tmp_path, whole)
    result = salvage(aside, fresh, END)
    assert result.unread == {}
    for table in (*TABLES, "outbox"):
        assert content(fresh, table) == original(whole, table), table
    assert History(fresh).holes(BEGUN, END) == []
    assert damage.waiting(tmp_path, fresh) == []


@pytest.mark.once
@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.long] if seed >= SHORT else []) for seed in range(16)]
)
def test_whatever_is_spoilt_the_rest_is_kept_and_nothing_is_made_up(
    tmp_path: Path, whole: Path, seed: int
) -> None:
    """From one spoilt octet to fifty spoilt pages: a row that comes out either was there before or, where the
    spoilt octets were its own, is of a kind that could have been; the new store is in order."""
    aside, fresh = begun_anew(tmp_path, whole)
    places, width = random.Random(seed).choice([(1, 1), (1, 4096), (5, 64), (20, 512), (50, 1024)])
    spoil(aside, seed, places, width)
    result = salvage(aside, fresh, END)
    assert fresh.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert fresh.execute("PRAGMA foreign_key_check").fetchall() == []
    if not result.rows:  # the tables' own list was hit: all is lost, and told
        assert [hole.ends_at for hole in History(fresh).holes(BEGUN, END)] == [END]
        return
    for table in TABLES:
        before, after = original(whole, table), content(fresh, table)
        assert len(after - before) <= places * 20, f"{table}: rows that were never written"
        if table not in result.unread:
            assert len(after) >= len(before) - places * 20, f"{table}: lost without a word"
    assert damage.waiting(tmp_path, fresh) == []
    make_summaries(History(fresh), SITE, END + timedelta(hours=2))  # all that came over can be worked with
    assert History(fresh).capacity_samples(BEGUN, END) is not None


def test_what_is_lost_of_means_is_made_of_minutes(tmp_path: Path, whole: Path) -> None:
    """All five-minute means are gone, but the minutes are there: they are the same again, and there's no hole."""
    aside, fresh = begun_anew(tmp_path, whole)
    break_table(aside, "usage_five_minutes")
    result = salvage(aside, fresh, END)
    assert set(result.unread) == {"usage_five_minutes"}
    assert content(fresh, "usage_five_minutes") == original(whole, "usage_five_minutes")
    assert [hole for hole in History(fresh).holes(BEGUN, END) if hole.ends_at > BEGUN] == []


def test_means_that_are_lost_for_good_are_a_hole(tmp_path: Path, whole: Path) -> None:
    """From when to when, to the means before and after."""
    aside, fresh = begun_anew(tmp_path, whole)
    break_table(aside, "usage_minutes")
    break_table(aside, "usage_five_minutes", pages=slice(20, 22))
    salvage(aside, fresh, END)
    (hole,) = History(fresh).holes(BEGUN, END)
    assert (hole.what, hole.reason) == ("samples", "damaged")
    assert timedelta(minutes=60) < hole.ends_at - hole.starts_at < timedelta(hours=4)
    missing = original(whole, "usage_five_minutes") - content(fresh, "usage_five_minutes")
    times = [int(str(row[0])) for row in missing]
    assert int(hole.starts_at.timestamp()) == min(times)
    assert int(hole.ends_at.timestamp()) == max(times) + 300


def test_of_garbage_there_is_nothing_but_the_word_that_there_was(tmp_path: Path, whole: Path) -> None:
    """When it began isn't known."""
    aside, fresh = begun_anew(tmp_path, whole)
    aside.write_bytes(random.Random(1).randbytes(40_000))
    salvage(aside, fresh, END)
    assert [count(fresh, table) for table in TABLES] == [0] * len(TABLES)
    (hole,) = History(fresh).holes(BEGUN, END)
    assert (hole.starts_at.year, hole.ends_at, hole.reason) == (1970, END, "damaged")


@pytest.mark.parametrize("octets", [16, 100, store.PAGE_BYTES, 2 * store.PAGE_BYTES])
def test_a_spoilt_beginning_costs_no_more_than_itself(tmp_path: Path, whole: Path, octets: int) -> None:
    """The first page has the list of tables; that is the same in every store of the format."""
    aside, fresh = begun_anew(tmp_path, whole)
    with aside.open("r+b") as out:
        out.write(random.Random(octets).randbytes(octets))
    result = salvage(aside, fresh, END)
    for table in (*TABLES, "outbox"):
        assert content(fresh, table) == original(whole, table), table
    assert result.unread == {}
    assert not list(tmp_path.glob("*.read*")), "the copy that was read is gone"


@pytest.mark.parametrize("number", range(1, older_formats.WITH_LARGE_PAGES + 1))
def test_a_spoilt_beginning_of_a_store_laid_out_anew(tmp_path: Path, number: int) -> None:
    """One of an older format has its tables elsewhere, and the list of them goes on behind its samples."""
    shutil.copy(older_formats.path(number), tmp_path / store.FILE)
    connection = store.open_store(tmp_path)
    live(connection, 3)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    fresh = damage.begin_anew(tmp_path, END)
    (aside,) = damage.waiting(tmp_path, fresh)
    with aside.open("r+b") as out:
        out.write(b"\xa5" * store.PAGE_BYTES)
    salvage(aside, fresh, datetime(2026, 11, 24, tzinfo=END.tzinfo))
    assert count(fresh, "usage_minutes") == 130 + 3 * 1440
    assert count(fresh, "capacity_samples") == 4


def test_the_slot_that_is_in_both_stores_is_added_up(tmp_path: Path, whole: Path) -> None:
    """Twice the same minute: once before the damage was found and once after; once even if it begins again."""
    moment = END - timedelta(seconds=30)
    aside, fresh = begun_anew(tmp_path, whole, moment)
    store.write_minutes(fresh, [minute(END - timedelta(minutes=1))])
    salvage(aside, fresh, moment)
    last = int((END - timedelta(minutes=1)).timestamp())
    query = "SELECT interval_s FROM {} WHERE started_at = {}"
    assert fresh.execute(query.format("usage_minutes", last)).fetchone() == (120.0,)
    assert fresh.execute(query.format("usage_five_minutes", last // 300 * 300)).fetchone() == (360.0,)
    assert salvage_waiting(tmp_path, fresh, SITE, END) == []


def test_an_interrupted_salvage_begins_again(tmp_path: Path, whole: Path) -> None:
    """What it had done is no harm."""
    aside, fresh = begun_anew(tmp_path, whole)
    fresh.execute(
        """CREATE TRIGGER stop BEFORE INSERT ON usage_five_minutes
           WHEN (SELECT count(*) FROM usage_five_minutes) > 600 BEGIN SELECT RAISE(ABORT, 'power cut'); END"""
    )
    with pytest.raises(sqlite3.IntegrityError, match="power cut"):
        salvage(aside, fresh, END)
    fresh.execute("DROP TRIGGER stop")
    assert damage.waiting(tmp_path, fresh) == [aside]
    salvage(aside, fresh, END)
    for table in (*TABLES, "outbox"):
        assert content(fresh, table) == original(whole, table), table


def test_no_summary_is_lost_or_sent_twice(tmp_path: Path, whole: Path) -> None:
    """What waited waits, in its order; what was sent doesn't; what comes new goes behind."""
    aside, fresh = begun_anew(tmp_path, whole)
    salvage(aside, fresh, END)
    with store.open_store(whole, read_only=True) as before:
        waited = History(before).waiting()
    assert History(fresh).waiting() == waited
    make_summaries(History(fresh), SITE, END + timedelta(hours=1, minutes=5))
    assert History(fresh).waiting()[: len(waited) - 1] == waited[:-1]  # the last is the running week's


def test_summaries_that_are_lost_are_made_anew_under_their_old_ids(tmp_path: Path, whole: Path) -> None:
    """From the same samples: the collector knows those that it has, and the others aren't lost."""
    aside, fresh = begun_anew(tmp_path, whole)
    break_table(aside, "summaries", pages=slice(8, 14))
    (said,) = salvage_waiting(tmp_path, fresh, SITE, END + timedelta(minutes=2))
    assert said.endswith("unreadable: summaries")
    ids = {row[1] for row in original(whole, "summaries")}
    assert {row[1] for row in content(fresh, "summaries")} == ids
    # The very links that they were: a collector that waits for one of these numbers gets it.
    assert [row[1:] for row in ordered(fresh)] == [row[1:] for row in ordered(store.open_store(whole))]
    assert content(fresh, "chain") == original(whole, "chain")
    assert History(fresh).chain_breaks() == []


def test_only_the_last_file_that_was_set_aside_stays(tmp_path: Path, whole: Path) -> None:
    """A disk that spoils files again and again isn't filled with them."""
    _, fresh = begun_anew(tmp_path, whole)
    assert len(salvage_waiting(tmp_path, fresh, SITE, END)) == 1
    fresh.close()
    again = damage.begin_anew(tmp_path, END + timedelta(days=1))
    assert len(salvage_waiting(tmp_path, again, SITE, END)) == 1
    assert count(again, "usage_minutes") == DAYS * 1440
    assert {path.name for path in tmp_path.glob(damage.ASIDE + "*Z")} == {
        f"{store.FILE}.corrupt-{END + timedelta(days=1):%Y%m%dT%H%M%SZ}"
    }


def test_a_store_of_an_older_format_is_salvaged_too(tmp_path: Path) -> None:
    """Tables that it didn't have are no loss."""
    shutil.copy(Path(__file__).parent / "stores" / "format-2.sqlite", tmp_path / store.FILE)
    fresh = damage.begin_anew(tmp_path, END)
    (aside,) = damage.waiting(tmp_path, fresh)
    assert salvage(aside, fresh, datetime(2026, 11, 24, tzinfo=END.tzinfo)).unread == {}
    assert count(fresh, "usage_minutes") == 130


def test_minutes_without_a_date_come_over_beside_those_of_the_new_store(tmp_path: Path, whole: Path) -> None:
    """Also one that began before its boot did, as a whole minute may; what the old one numbered is numbered anew."""
    shutil.copy(whole / store.FILE, tmp_path / store.FILE)
    with closing(store.open_store(tmp_path)) as old:
        undated.keep(
            old, "a boot", [minute(BOOT - timedelta(seconds=20)), minute(BOOT + timedelta(seconds=40))]
        )
        store.keep_step(old, ClockStep(BEGUN, -3600.5, believed=True))
    fresh = damage.begin_anew(tmp_path, END)
    undated.keep(
        fresh, "a boot", [minute(BOOT + timedelta(seconds=100)), minute(BOOT + timedelta(seconds=160))]
    )
    assert salvage(damage.waiting(tmp_path, fresh)[0], fresh, END).unread == {}
    found = fresh.execute("SELECT started_at FROM undated_minutes ORDER BY 1").fetchall()
    assert found == [(-20.0,), (40.0,), (100.0,), (160.0,)]
    assert count(fresh, "clock_steps") == 1


def test_a_summary_whose_link_nobody_knows_is_lost_and_the_rest_comes_over(
    tmp_path: Path, whole: Path
) -> None:
    """Neither the chain nor the body tells of it."""
    aside, fresh = begun_anew(tmp_path, whole)
    with closing(sqlite3.connect(aside)) as old:
        old.execute("UPDATE summaries SET body = '{}' WHERE number = 5")
        old.execute("DELETE FROM chain WHERE number = 5")
        old.commit()
    result = salvage(aside, fresh, END)
    assert set(result.unread) == {"summaries"}
    assert count(fresh, "summaries") == len(original(whole, "summaries")) - 1
    assert damage.waiting(tmp_path, fresh) == []


def test_a_hole_that_was_told_is_told_on(tmp_path: Path, whole: Path) -> None:
    """What was lost before is lost still."""
    shutil.copy(whole / store.FILE, tmp_path / store.FILE)
    old = store.open_store(tmp_path)
    told = Hole(BEGUN, BEGUN + timedelta(hours=1), "samples", "unwritable")
    store.tell_hole(old, told)
    old.close()
    fresh = damage.begin_anew(tmp_path, END)
    salvage(damage.waiting(tmp_path, fresh)[0], fresh, END)
    assert History(fresh).holes(BEGUN, END) == [told]


def ordered(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """Complete summaries by their numbers."""
    return connection.execute("SELECT * FROM summaries WHERE number ORDER BY number").fetchall()


def break_table(file: Path, table: str, pages: slice = slice(None)) -> None:
    """Overwrites leaf pages of a table, or all its pages."""
    connection = sqlite3.connect(file)
    found = connection.execute(
        "SELECT pageno FROM dbstat WHERE name = ? AND (pagetype = 'leaf' OR ?) ORDER BY path",
        (table, pages == slice(None)),
    ).fetchall()
    connection.close()
    with file.open("r+b") as out:
        for (number,) in found[pages]:
            out.seek((number - 1) * store.PAGE_BYTES)
            out.write(b"\xa5" * store.PAGE_BYTES)
