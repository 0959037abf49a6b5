"""The same SQL on a real Spark cluster gives DuckDB's figures to the last digit, also when a worker dies.

``make spark`` installs pyspark, which is large, and runs this; without it the tests skip.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks.rollups.fleet import Fleet, days
from collector.archive.parts import ROW_GROUP, SCHEMA, WIDE, writer
from collector.archive.shelf import Shelf
from collector.database import Database
from collector.engine import engine, reading
from collector.migrating import prepare
from collector.rollups.command import Scratch, ground_of
from collector.rollups.on_duckdb import OnDuckDB
from collector.rollups.statements import LEVELS, Ground
from tests.collector.archived import FIRST, filled, keep
from tests.commands import bandgap, environment, until
from tests.spark_cluster import Cluster, cluster

pytest.importorskip("pyspark", reason="pyspark isn't installed: make spark")
if shutil.which("java") is None:
    pytest.skip("Java isn't installed (apt install openjdk-17-jre-headless)", allow_module_level=True)

QUICK = {"spark.sql.shuffle.partitions": "4"}
"""Few rows need few tasks; nothing else of the session is other than it is for people."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="module")
def ground(folder: Path) -> Iterator[Ground]:
    """Nine days of 600 sites in the archive and hours in the store; parts that came later, one of the first version
    and wide hours are among them."""
    fleet = Fleet(600, seed=7)
    place = folder / "archive"
    for day in days(FIRST - timedelta(days=1), 9):
        for part in range(2 if day == FIRST else 1):
            file = place / f"day={day}" / f"part-{part:05}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            # A part that came later has other figures of the same hours, and its own number.
            told = fleet if part == 0 else Fleet(200, seed=8)
            with writer(str(file)) as out:
                for table in told.tables(day):
                    number = pa.repeat(pa.scalar(part, pa.int32()), len(table))
                    columns = [*table.columns[:-1], number]
                    out.write_table(pa.table(columns, schema=SCHEMA), row_group_size=ROW_GROUP)
    as_first_version(place / f"day={FIRST + timedelta(days=3)}" / "part-00000.parquet")
    widened(place / f"day={FIRST + timedelta(days=4)}")
    pq.write_table(fleet.sites_table(), folder / "sites.parquet")
    database = Database(folder / "collector.sqlite")
    prepare(database)
    source = engine(database)
    filled(source, FIRST + timedelta(days=8), 1)
    keep(source, Fleet(12, seed=9).hours(FIRST + timedelta(days=2)))
    shelf = Shelf(str(place))
    with Scratch.of(shelf, shared=True) as scratch:
        with reading(source) as connection:
            made = ground_of(
                connection, shelf, scratch, FIRST, FIRST + timedelta(days=7), folder / "sites.parquet"
            )
        assert len(made.later) == 2
        yield made
    source.dispose()


def as_first_version(file: Path) -> None:
    """Rewrites a part with the types and encodings that the archive's first version had."""
    table = pq.read_table(file)
    was = {pa.int16(): pa.int32(), pa.int32(): pa.int64()}
    types = [
        field.type if field.name == "part" else was.get(field.type, field.type) for field in table.schema
    ]
    schema = pa.schema([field.with_type(kind) for field, kind in zip(table.schema, types, strict=True)])
    deltas = {field.name: "DELTA_BINARY_PACKED" for field in schema if field.type == pa.int64()}
    pq.write_table(
        table.cast(schema),
        file,
        version="2.6",
        compression="zstd",
        use_dictionary=[name for name in schema.names if name not in deltas],
        column_encoding=deltas,
    )


def widened(folder: Path) -> None:
    """Takes a day's last hundred hours into a wide file, with rates past 32 bits."""
    table = pq.read_table(folder / "part-00000.parquet")
    kept = len(table) - 100
    wide = table.slice(kept).cast(WIDE)
    place = WIDE.get_field_index("usage_p95_down_bps")
    rates = pc.add(wide.column(place), 9_000_000_000)
    wide = wide.set_column(place, WIDE.field(place), rates)
    for name, rows, schema in (("part-00000", table.slice(0, kept), SCHEMA), ("wide-00000", wide, WIDE)):
        with writer(str(folder / f"{name}.parquet"), schema) as out:
            out.write_table(rows)


@pytest.fixture(scope="module")
def expected(ground: Ground) -> dict[str, Any]:
    """DuckDB's answers."""
    return {level: OnDuckDB().rolled_up(ground, level) for level in LEVELS}


@pytest.fixture(scope="module")
def spark_cluster(folder: Path) -> Iterator[Cluster]:
    with cluster(folder, memory="1024m") as running:
        yield running


def test_spark_gives_duckdbs_figures_while_a_worker_is_killed(
    ground: Ground, expected: dict[str, Any], spark_cluster: Cluster
) -> None:
    """Every row and every figure of sites, districts and states, and of each view's types."""
    from collector.rollups.on_spark import OnSpark, session

    with session(spark_cluster.master, QUICK) as spark:
        on_spark = OnSpark(spark)
        until(lambda: _executors(spark) == 2, "both workers' executors are there", 300)
        assert any((row["highest_down_bps"] or 0) > 9e9 for row in expected["site"].to_pylist())
        for level in LEVELS:
            found = on_spark.rolled_up(ground, level)
            assert found.column_names == expected[level].column_names
            assert found.to_pylist() == expected[level].to_pylist(), level

        answers: list[Any] = []
        asking = threading.Thread(target=lambda: answers.append(on_spark.rolled_up(ground, "district")))
        tracker = spark.sparkContext.statusTracker()
        asking.start()
        until(lambda: bool(tracker.getActiveStageIds()), "the query runs", 300)
        spark_cluster.kill_worker(0)
        asking.join(900)
        assert answers, "no answer after a worker died"
        assert answers[0].to_pylist() == expected["district"].to_pylist()
        until(lambda: _executors(spark) == 1, "one worker is left", 600)


def test_the_command_asks_a_cluster(ground: Ground, folder: Path, spark_cluster: Cluster) -> None:
    """The same bytes from both engines, and nothing left behind in the archive."""
    words = ("rollup", "--of", "2026-W36", "--by", "district", "--format", "csv")
    place = ("--database", str(folder / "collector.sqlite"), "--sites", str(folder / "sites.parquet"))
    (folder / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in QUICK.items()))
    environ = environment(folder, SPARK_CONF_DIR=str(folder))
    here = bandgap(environ, "collector", *words, *place, seconds=300)
    there = bandgap(
        environ,
        "collector",
        *words,
        *place,
        "--engine",
        "spark",
        "--master",
        spark_cluster.master,
        seconds=900,
    )
    assert here.returncode == there.returncode == 0, there.stderr
    assert here.stdout.startswith("place,sites,")
    assert there.stdout == here.stdout
    kept = Path(ground.sites_path).parent.name
    assert {one.name for one in (folder / "archive").iterdir() if not one.name.startswith("day=")} == {kept}


def _executors(spark: Any) -> int:
    """Those of the cluster, without the driver."""
    return len(spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()) - 1
