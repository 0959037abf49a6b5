"""Old hours leave the store for Parquet by day, and nothing is lost, twice, or changed on the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, select

from collector.archive.columns import COLUMNS, Hour, hour_of_row, row_of
from collector.archive.moving import days_to_move, move
from collector.archive.shelf import Shelf
from collector.archive.stored_hours import alone
from collector.archive.table import archived
from collector.cli import main
from collector.database import Database
from collector.engine import engine, reading
from collector.migrating import prepare
from reports.faults import ConfigFault, Fault
from reports.samples import Rates
from tests.collector import made
from tests.collector.archived import (
    AGE,
    FIRST,
    FLEET,
    NOW,
    drop,
    everything,
    filled,
    in_order,
    keep,
    left,
    move_all,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "old.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Engine]:
    """A store with two old days of twelve sites."""
    prepare(Database(path))
    made_engine = engine(Database(path))
    filled(made_engine)
    yield made_engine
    made_engine.dispose()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(str(tmp_path / "archive"))


def test_an_hour_comes_back_from_its_row_as_it_was() -> None:
    """Every figure of a summary has its column, and none loses a digit."""
    hour = Hour("07", made.NOW.date(), made.NOW, made.hour())
    figures = dataclasses.replace(
        hour.summary,
        usage=dataclasses.replace(hour.summary.usage, p95=Rates(94.123457, 0.000001), peak=Rates(None, 0.0)),
        outage_minutes=0.016667,
        tests_down_bytes=2**52,
    )
    odd = dataclasses.replace(hour, summary=figures)
    for one in (hour, odd):
        row = row_of(one)
        assert row is not None
        assert len(row) == len(COLUMNS)
        assert hour_of_row(row) == one


def test_what_is_archived_can_be_read_as_it_was(store: Engine, shelf: Shelf) -> None:
    """The store has none of it any longer, and whoever asks both gets what he got before."""
    before = everything(store, None)
    moved = move_all(store, shelf)
    assert [one.day for one in moved] == [FIRST, FIRST + timedelta(days=1)]
    assert sum(one.taken for one in moved) == len(before)
    assert left(store) == 0
    assert everything(store, shelf) == before == in_order(before)


def test_the_files_are_hive_partitions_of_typed_columns(store: Engine, shelf: Shelf) -> None:
    """Any tool that reads Parquet reads them: one folder a day, numbers as numbers, times in UTC."""
    move_all(store, shelf)
    files = sorted(Path(shelf.root).rglob("*"))
    assert [str(one.relative_to(shelf.root)) for one in files if one.is_file()] == [
        f"day={FIRST}/part-00000.parquet",
        f"day={FIRST + timedelta(days=1)}/part-00000.parquet",
    ]
    table = pq.read_table(shelf.root)
    assert {str(table.schema.field(name).type) for name in table.column_names if name.endswith("_bps")} == {
        "int32"
    }
    assert str(table.schema.field("starts_at").type) == "timestamp[us, tz=UTC]"
    described = pq.ParquetFile(files[1] if files[1].is_file() else files[2])
    assert described.schema_arrow.metadata[b"bandgap.hours"] == b"2"
    packed = described.metadata.row_group(0)
    names = described.schema_arrow.names
    compressions = {
        name: packed.column(names.index(name)).compression
        for name in ("site", "received_at", "usage_p95_down_bps")
    }
    assert compressions == {"site": "LZ4", "received_at": "ZSTD", "usage_p95_down_bps": "UNCOMPRESSED"}


def test_what_nobody_knows_is_null_and_not_nought(store: Engine, shelf: Shelf) -> None:
    """Hours without a throughput test have no capacity, hours out of school no school demand."""
    move_all(store, shelf)
    table = pq.read_table(shelf.root).to_pylist()
    untested = [row for row in table if not row["capacity_tests_trusted"]]
    assert untested
    assert all(row["capacity_typical_down_bps"] is None for row in untested)
    assert any(row["usage_school_p95_down_bps"] is None for row in table)


def test_young_hours_stay(store: Engine, shelf: Shelf) -> None:
    """Only hours of whole UTC days that ended long enough ago are taken."""
    keep(store, [dataclasses.replace(next(FLEET.hours(NOW.date())), received_at=NOW)])
    move_all(store, shelf)
    assert left(store) == 1
    assert days_to_move(store, NOW, AGE) == []


def test_what_has_just_come_waits_for_the_next_run(store: Engine, shelf: Shelf) -> None:
    """Its upload may not be all in the store yet."""
    keep(store, [dataclasses.replace(next(FLEET.hours(FIRST - timedelta(days=1))), received_at=NOW)])
    moved = move_all(store, shelf)
    assert moved[0].taken == 0
    assert moved[0].stored is None
    assert left(store) == 1


def test_what_comes_late_is_a_further_part_of_its_day(store: Engine, shelf: Shelf) -> None:
    """An hour that wasn't there before, long after its day was archived."""
    late = next(hour for hour in FLEET.hours(FIRST) if hour.summary.usage.found)
    drop(store, late.summary.starts_at)
    move_all(store, shelf)
    count = len(everything(store, shelf))
    keep(store, [dataclasses.replace(late, received_at=NOW - timedelta(days=1))])
    assert len(everything(store, shelf)) == count + 1
    [moved] = move_all(store, shelf)
    assert moved.stored is not None
    assert (moved.stored.part.number, moved.stored.rows) == (1, 1)
    assert len(everything(store, shelf)) == count + 1


def test_of_an_hour_that_comes_again_what_reaches_furthest_holds(store: Engine, shelf: Shelf) -> None:
    """More of an hour replaces less of it, wherever that is; less of it, or the same again, replaces nothing."""
    whole = next(FLEET.hours(FIRST))
    half = whole.summary.starts_at + timedelta(minutes=30)
    drop(store, whole.summary.starts_at)
    first = dataclasses.replace(whole, summary=dataclasses.replace(whole.summary, through_at=half))
    keep(store, [first])
    move_all(store, shelf)
    count = len(everything(store, shelf))

    def found() -> Hour:
        hours = everything(store, shelf)
        assert len(hours) == count
        return next(one for one in hours if one.summary.starts_at == whole.summary.starts_at)

    again = dataclasses.replace(whole, received_at=NOW - timedelta(days=2))
    less = dataclasses.replace(first, received_at=NOW - timedelta(days=1))
    assert found().summary == first.summary
    keep(store, [again])
    assert found().summary == whole.summary
    [moved] = move_all(store, shelf)
    assert moved.stored is not None
    assert found().summary == whole.summary
    keep(store, [less])
    assert found().summary == whole.summary
    [moved] = move_all(store, shelf)
    assert (moved.stored, moved.taken) == (None, 1)
    assert found().summary == whole.summary
    assert left(store) == 0


def test_each_run_is_on_record(store: Engine, shelf: Shelf) -> None:
    """Where a day went, how much of it, and the hash of the file: for whoever must find or check it later."""
    moved = move_all(store, shelf)
    with reading(store) as connection:
        rows = connection.execute(select(archived).order_by(archived.c.day)).all()
    assert [row.day for row in rows] == [FIRST, FIRST + timedelta(days=1)]
    assert [row.sha256 for row in rows] == [one.stored.sha256 for one in moved if one.stored]
    assert all(row.rows == row.taken > 0 for row in rows)


def test_what_changes_meanwhile_is_not_taken(store: Engine, shelf: Shelf) -> None:
    """More of an hour arrives while its day is written: the run says so, and the next one takes it."""
    before = len(everything(store, None))

    def change(step: str) -> None:
        if step == "named":
            drop(store, next(FLEET.hours(FIRST)).summary.starts_at)

    with pytest.raises(Fault, match="the store changed while its hours were archived"):
        move(store, shelf, FIRST, NOW, change)
    assert len(everything(store, shelf)) == before
    move_all(store, shelf)
    assert len(everything(store, shelf)) == before


def test_figures_too_large_for_a_column_stay_in_the_store(store: Engine, shelf: Shelf) -> None:
    """One gateway that tells nonsense keeps nobody else's hours from being archived."""
    hour = next(FLEET.hours(FIRST - timedelta(days=1)))
    usage = dataclasses.replace(hour.summary.usage, peak=Rates(1e14, 1.0))
    keep(store, [dataclasses.replace(hour, summary=dataclasses.replace(hour.summary, usage=usage))])
    moved = move_all(store, shelf)
    assert (moved[0].taken, moved[0].held) == (0, 1)
    assert moved[0].stored is None
    assert left(store) == 1


def test_two_runs_at_once_are_refused(database: Database) -> None:
    """They could write the same part; on either database the second ends with one line."""
    prepare(database)
    source = engine(database)
    try:
        with alone(database, source), pytest.raises(Fault, match="another run is archiving it"):  # noqa: SIM117
            with alone(database, source):
                pass
        with alone(database, source):
            pass
    finally:
        source.dispose()


def test_hours_leave_either_database(source: Engine, shelf: Shelf) -> None:
    """What the archive asks of the store is the same on SQLite and PostgreSQL."""
    before = in_order(filled(source))
    assert everything(source, None) == before
    assert sum(one.taken for one in move_all(source, shelf)) == len(before)
    assert left(source) == 0
    assert everything(source, shelf) == before


def test_a_damaged_part_is_named(store: Engine, shelf: Shelf) -> None:
    """Pages have checksums: a flipped bit is found, and never read as a figure."""
    move_all(store, shelf)
    file = Path(shelf.parts(FIRST, FIRST)[0].path)
    octets = bytearray(file.read_bytes())
    octets[len(octets) // 3] ^= 0x10
    file.write_bytes(octets)
    with pytest.raises(Fault, match=r"day=2026-08-31/part-00000\.parquet: can't be read as Parquet"):
        everything(store, shelf)


def test_a_place_that_no_one_knows_is_one_line() -> None:
    with pytest.raises(
        ConfigFault, match=r"nowhere://x: can't be used as an archive: .*; name a folder, or a URL"
    ):
        Shelf("nowhere://x")


def test_the_command_says_what_it_did(
    path: Path, store: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line a day, by default into a folder beside the database; and one when there was nothing to do."""
    words = ["archive", "--database", str(path), "--older-than", "1h"]
    assert main(words) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2
    assert said[0].startswith(f"{FIRST}: ")
    assert f"{tmp_path}/archive/day={FIRST}/part-00000.parquet" in said[0]
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Nothing to archive")
    assert main([*words[:3], "--older-than", "soon"]) == 2
