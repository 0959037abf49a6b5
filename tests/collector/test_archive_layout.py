"""What version of the archive a file is of changes no figure: old parts, new ones, and hours too wide for 32 bits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, select

from collector.archive.columns import NARROW_BPS, Hour, is_wide, row_of
from collector.archive.parts import writer
from collector.archive.shelf import Shelf
from collector.archive.table import archived
from collector.database import Database
from collector.engine import engine, reading
from collector.migrating import prepare
from collector.rollups import sites_table
from collector.rollups.on_duckdb import OnDuckDB
from collector.rollups.statements import LEVELS, Ground
from reports.faults import Fault
from tests.collector.archived import (
    FIRST,
    FLEET,
    drop,
    everything,
    filled,
    in_order,
    keep,
    left,
    move_all,
    wide_hour,
)

OLD = Path(__file__).parent / "data" / "hours-of-version-1.parquet"
"""The fleet's hours of FIRST, as the first version of the archive wrote them."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    path = tmp_path / "old.sqlite"
    prepare(Database(path))
    made_engine = engine(Database(path))
    yield made_engine
    made_engine.dispose()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(str(tmp_path / "archive"))


def put(shelf: Shelf, hours: list[Hour]) -> None:
    """A day's first part with these hours, as a run writes it."""
    rows = [row for hour in hours if (row := row_of(hour))]
    wide = [row for row in rows if is_wide(row)]
    narrow = [row for row in rows if not is_wide(row)]
    day = hours[0].summary.starts_at.date()
    assert shelf.put(day, 0, narrow, lambda step: None)
    if wide:
        assert shelf.put(day, 0, wide, lambda step: None, wide=True)


def of_old(shelf: Shelf) -> None:
    """FIRST as the first version wrote it."""
    folder = Path(shelf.root) / f"day={FIRST}"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(OLD, folder / "part-00000.parquet")


def rolled_up(shelf: Shelf, tmp_path: Path, level: Any) -> Any:
    """The week from FIRST on, of what is on the shelf."""
    listed = tmp_path / "sites.parquet"
    pq.write_table(FLEET.sites_table(), listed)
    end = FIRST + timedelta(days=7)
    parts = shelf.parts(FIRST - timedelta(days=1), end)
    later = [part.path for part in parts if part.number]
    known = sites_table.from_file(listed)
    return OnDuckDB().rolled_up(
        Ground(FIRST, end, [part.path for part in parts], later, known, str(listed)), level
    )


def test_hours_of_the_first_version_are_read_as_they_were(store: Engine, shelf: Shelf) -> None:
    """By whatever reads hours one by one."""
    of_old(shelf)
    assert everything(store, shelf, count=1) == in_order(FLEET.hours(FIRST))


@pytest.mark.parametrize("level", LEVELS)
def test_old_and_new_parts_roll_up_to_the_same_figures(tmp_path: Path, level: Any) -> None:
    """A week of which one day is old, beside the same week all new: every figure, and every column's type."""
    new, mixed = Shelf(str(tmp_path / "new")), Shelf(str(tmp_path / "mixed"))
    for number in range(3):
        hours = list(FLEET.hours(FIRST + timedelta(days=number)))
        put(new, hours)
        if number:
            put(mixed, hours)
    of_old(mixed)
    expected, found = (rolled_up(shelf, tmp_path, level) for shelf in (new, mixed))
    assert found.schema == expected.schema
    assert {str(field.type) for field in found.schema if field.name.endswith("_bps")} == {"int64"}
    assert found.to_pylist() == expected.to_pylist()
    assert any(row["hours_told"] for row in found.to_pylist())


def test_what_is_older_wins_and_loses_as_ever(store: Engine, shelf: Shelf) -> None:
    """Hours that come again for a day of the first version are a further part of it, if they reach further."""
    of_old(shelf)
    before = filled(store, FIRST, 1)
    [moved] = move_all(store, shelf)
    assert (moved.stored, moved.taken) == (None, len(before))
    assert everything(store, shelf, count=1) == in_order(before)


def test_a_version_that_is_not_known_yet_is_named(store: Engine, shelf: Shelf) -> None:
    """Nobody guesses at what a newer collector wrote."""
    of_old(shelf)
    file = Path(shelf.root) / f"day={FIRST}" / "part-00000.parquet"
    table = pq.read_table(file)
    pq.write_table(table.replace_schema_metadata({"bandgap.hours": "3"}), file)
    with pytest.raises(Fault, match="its hours are of version 3, and this one reads up to 2"):
        everything(store, shelf)


def test_hours_with_rates_past_32_bits_are_in_a_file_of_their_own(
    store: Engine, shelf: Shelf, tmp_path: Path
) -> None:
    """Nothing of them is lost, and all others stay narrow."""
    told = filled(store, FIRST, 1)
    at = told[20].summary.starts_at
    wide = [wide_hour(hour) for hour in told if hour.summary.starts_at == at]
    drop(store, at)
    keep(store, wide)
    before = everything(store, None, count=1)
    [moved] = move_all(store, shelf)
    assert moved.stored is not None
    assert moved.wide is not None
    assert (moved.taken, moved.stored.rows, moved.wide.rows) == (len(told), len(told) - len(wide), len(wide))
    assert left(store) == 0
    assert everything(store, shelf, count=1) == before
    files = {part.path.rpartition("/")[2]: pq.read_schema(part.path) for part in shelf.parts(FIRST, FIRST)}
    types = {name: str(schema.field("usage_peak_down_bps").type) for name, schema in files.items()}
    assert types == {"part-00000.parquet": "int32", "wide-00000.parquet": "int64"}
    with reading(store) as connection:
        rows = connection.execute(select(archived).order_by(archived.c.key)).all()
    assert [(row.part, row.rows, row.taken) for row in rows] == [
        (0, len(told) - len(wide), len(told)),
        (0, len(wide), 0),
    ]
    assert [row.sha256 for row in rows] == [moved.stored.sha256, moved.wide.sha256]
    peaks = {row["site"]: row["peak_down_bps"] for row in rolled_up(shelf, tmp_path, "site").to_pylist()}
    assert {peaks[hour.site] for hour in wide} == {9_876_543_211}


@pytest.mark.parametrize(("bps", "wide"), [(NARROW_BPS - 1, False), (NARROW_BPS, True), (None, False)])
def test_32_bits_are_used_to_the_last(bps: int | None, wide: bool, tmp_path: Path) -> None:
    """2,147.483647 Mbps is the highest rate of a narrow file, and it is written as it is."""
    row = row_of(next(FLEET.hours(FIRST)))
    assert row is not None
    shelf = Shelf(str(tmp_path))
    names = [*row[:7], bps, *row[8:]]
    assert is_wide(names) is wide
    stored = shelf.put(FIRST, 0, [tuple(names)], lambda step: None, wide=wide)
    assert stored is not None
    found = pq.read_table(stored.part.path).to_pylist()[0]
    assert found["usage_p50_down_bps"] == bps


def test_only_the_days_that_are_asked_for_are_listed(shelf: Shelf) -> None:
    """Around the turn of a year too, where the names of days have little in common."""
    for day in ("2025-12-31", "2026-01-01", "2026-08-31", "2026-12-31", "2027-01-01"):
        folder = Path(shelf.root) / f"day={day}"
        folder.mkdir(parents=True)
        with writer(str(folder / "part-00000.parquet")):
            pass
    first = FIRST.replace(month=12, day=31)
    for begin, end in ((first, first + timedelta(days=1)), (FIRST, FIRST), (FIRST, first)):
        found = [part.day for part in shelf.parts(begin, end)]
        assert found == [day for day in (FIRST, first, first + timedelta(days=1)) if begin <= day <= end]
