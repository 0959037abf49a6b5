"""What each part of it costs: wall-clock seconds, processor seconds, memory, bytes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.rollups.fleet import Fleet, days
from collector.archive.columns import NAMES
from collector.archive.moving import days_to_move, move
from collector.archive.parts import ROW_GROUP, SCHEMA, WIDE, write_part, writer
from collector.archive.shelf import Shelf
from collector.database import Database
from collector.engine import engine
from collector.migrating import prepare
from collector.rollups import sites_table
from collector.rollups.on_duckdb import OnDuckDB
from collector.rollups.statements import LEVELS, Ground
from tests.collector.archived import filled

MONDAY = date(2026, 11, 9)
"""A week in term; the UTC days from it to the Monday after hold every US site's own week."""

REPEATS = 5

COUNTS = ("usage_expected", "usage_found", "usage_school_expected", "usage_school_found")
RATES = ("usage_p95_down_bps", "usage_p95_up_bps", "usage_peak_down_bps", "usage_peak_up_bps")
STEPS = {
    "apart": "SELECT site, count(*) FROM hours GROUP BY site",
    "counts": f"SELECT site, count(*), {', '.join(f'sum({one})' for one in COUNTS)} FROM hours GROUP BY site",  # ours
    "rates": f"SELECT site, count(*), {', '.join(f'sum({one})' for one in COUNTS)}, "  # ours
    f"{', '.join(f'max({one})' for one in RATES)} FROM hours GROUP BY site",
}
"""The site's demand step by step; what it has beyond the last is the rates of school hours."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One query: its best time of several, what the processors spent on that one, and how many rows came."""

    wall_s: float
    cpu_s: float
    rows: int


def generate(place: Path, sites: int) -> tuple[int, int]:
    """An archive of a fleet's week; returns its rows and bytes. What is there already in today's layout is
    kept."""
    fleet = Fleet(sites)
    rows = size = 0
    for day in days(MONDAY, 8):
        file = place / f"day={day}/part-00000.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or pq.read_schema(file) != SCHEMA:
            with writer(str(file.with_suffix(".writing"))) as out:
                for table in fleet.tables(day):
                    out.write_table(table, row_group_size=ROW_GROUP)
            os.rename(file.with_suffix(".writing"), file)
        rows += pq.ParquetFile(file).metadata.num_rows
        size += file.stat().st_size
    pq.write_table(fleet.sites_table(), place / "sites.parquet")
    pq.write_table(sites_table.from_file(place / "sites.parquet"), place / "known.parquet")
    return rows, size


def ground(place: Path) -> Ground:
    parts = [part.path for part in Shelf(str(place)).parts(MONDAY, MONDAY + timedelta(days=7))]
    known = place / "known.parquet"
    end = MONDAY + timedelta(days=7)
    return Ground(MONDAY, end, parts, [], pq.read_table(known), str(known))


def timed(run: Callable[[], int], repeats: int = REPEATS) -> Cost:
    best: tuple[float, float, int] | None = None
    for _ in range(repeats):
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        rows = run()
        wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if best is None or wall < best[0]:
            best = wall, cpu, rows
    assert best is not None
    return Cost(*best)


def on_duckdb(place: Path) -> tuple[dict[str, Cost], float]:
    """In a process of its own, for its peak of memory in MB."""
    words = [sys.executable, "-m", "benchmarks.rollups.measuring", str(place)]
    said = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return {name: Cost(**cost) for name, cost in said["costs"].items()}, said["peak_mb"]


def _duckdb_child(place: Path) -> None:
    asked, duck = ground(place), OnDuckDB()
    duck.rolled_up(asked, "site")
    queries = {name: f"SELECT * FROM {name}" for name in ("demand", "delivery")} | STEPS  # ours
    costs = {
        name: timed(lambda query=query: len(duck._connection.sql(query).to_arrow_table()))  # type: ignore[misc]
        for name, query in queries.items()
    }
    costs["wide"] = _beside_wide_hours(asked)
    costs["rows"] = timed(lambda: duck._connection.execute("SELECT count(*) FROM hours").fetchall()[0][0], 1)
    for level in LEVELS:
        costs[level] = timed(lambda level=level: len(duck.rolled_up(asked, level)), 3)  # type: ignore[misc]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"costs": {name: asdict(cost) for name, cost in costs.items()}, "peak_mb": peak}))


def _beside_wide_hours(asked: Ground) -> Cost:
    """The site's demand when one file of the week has rates of 64 bits."""
    row = next(row for table in Fleet(1).tables(MONDAY) for row in table.to_pylist())
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        write_part(file, [tuple(row[name] for name in NAMES)], 0, WIDE)
        file.flush()
        duck = OnDuckDB()
        duck.rolled_up(replace(asked, parts=[*asked.parts, file.name]), "site")
        return timed(lambda: len(duck._connection.sql("SELECT * FROM demand").to_arrow_table()))


def on_spark(place: Path, folder: Path, memory: str) -> tuple[dict[str, Cost], float] | None:
    """A master and two workers of a core each; the peak is of all their processes and the driver's. None
    without pyspark."""
    try:
        from collector.rollups.on_spark import OnSpark, session
        from tests.spark_cluster import cluster, family
    except Exception as fault:  # noqa: BLE001  # a fault of ours says what to install
        print(f"without Spark: {fault}", file=sys.stderr)
        return None
    asked = ground(place)
    with (
        cluster(folder, memory=memory) as running,
        session(running.master, {"spark.executor.memory": memory}) as spark,
    ):
        ours = OnSpark(spark)
        ours.rolled_up(asked, "site")
        costs = {level: timed(lambda level=level: len(ours.rolled_up(asked, level)), 2) for level in LEVELS}  # type: ignore[misc]
        processes = {pid for worker in running.workers for pid in family(worker.pid)} | set(
            family(os.getpid())
        )
        return costs, sum(_peak_mb(pid) for pid in processes)


def _peak_mb(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1000
    return 0.0


@dataclass(frozen=True, slots=True)
class Moving:
    """A day that left an SQLite store: hours, what it took, and bytes before and after."""

    hours: int
    cost: Cost
    store_bytes: int
    part_bytes: int
    peak_mb: float


def moving(folder: Path, sites: int) -> Moving:
    """Fills a store with a day of so many sites, and moves it into an archive."""
    database = Database(folder / "collector.sqlite")
    prepare(database)
    source = engine(database)
    hours = len(filled(source, MONDAY, 1, Fleet(sites)))
    assert database.path is not None
    with source.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    size = database.path.stat().st_size
    now = datetime(2027, 3, 1, tzinfo=UTC)
    shelf = Shelf(str(folder / "archive"))
    stored = []

    def run() -> int:
        [day] = days_to_move(source, now, timedelta(days=90))
        moved = move(source, shelf, day, now)
        stored.append(moved.stored)
        return moved.taken

    cost = timed(run, 1)
    assert cost.rows == hours
    assert stored[0] is not None
    source.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return Moving(hours, cost, size, stored[0].size_bytes, peak)


if __name__ == "__main__":
    _duckdb_child(Path(sys.argv[1]))
