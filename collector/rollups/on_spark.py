"""Roll-ups on Apache Spark: a cluster whose machines all read the archive, for more than one machine holds.

Java 17 or later must be there. The archive must lie where every worker reads it under the same path: a
folder that all of them mount, or an object store for which the cluster has the connector (``s3://`` is read
as Spark's ``s3a://``). Whatever a user has configured for his Spark holds, in ``SPARK_CONF_DIR`` as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from collector.archive.columns import COLUMNS
from collector.rollups.statements import Ground, Level, answer, inside, views
from reports.faults import Fault

try:
    from pyspark.errors import PySparkException
    from pyspark.sql import DataFrame, SparkSession
except ImportError:
    raise Fault("rollup: Spark isn't installed; install it with: pip install 'bandgap[spark]'") from None

_TYPES = {
    "text": "STRING",
    "day": "DATE",
    "time": "TIMESTAMP",
    "count": "INT",
    "rate": "BIGINT",
    "whole": "BIGINT",
}
_SCHEMA = ", ".join([*(f"{column.name} {_TYPES[column.kind]}" for column in COLUMNS), "part INT"])
"""Said, so that nobody opens files only to find it out; Spark widens what has fewer bits in a file."""

SETTINGS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # as in DuckDB, a sum that doesn't fit is an error
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def session(master: str | None, more: Mapping[str, str] = {}) -> Iterator[SparkSession]:  # only read
    """A session on a cluster, or without a master on this machine alone. Raises Fault."""
    builder = SparkSession.builder.appName("bandgap roll-up").master(master or "local[*]")
    for name, value in {**SETTINGS, **more}.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except Exception as fault:  # noqa: BLE001  # Java's faults come as any kind
        raise Fault(f"rollup: Spark doesn't start: {_line(fault)}; is Java 17 or later installed?") from None
    spark.sparkContext.setLogLevel("OFF")
    try:
        yield spark
    finally:
        spark.stop()


class OnSpark:
    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark

    def rolled_up(self, ground: Ground, level: Level) -> Any:
        try:
            self._read(ground.parts).where(inside(ground)).createOrReplaceTempView("parts")
            if ground.later:
                self._read(ground.later).createOrReplaceTempView("later")
            sites = self._spark.read.parquet(_url(ground.sites_path))
            sites.createOrReplaceTempView("sites")
            for name, select in views(ground, level):
                self._spark.sql(f"CREATE OR REPLACE TEMP VIEW {name} AS {select}")
            return self._spark.sql(answer(level)).toArrow()
        except PySparkException as fault:
            raise Fault(f"rollup: Spark couldn't: {_line(fault)}") from None

    def _read(self, paths: Sequence[str]) -> DataFrame:
        return self._spark.read.schema(_SCHEMA).parquet(*map(_url, paths))


def _url(path: str) -> str:
    return f"file://{path}" if "://" not in path else path.replace("s3://", "s3a://", 1)


def _line(fault: Exception) -> str:
    return str(fault).strip().splitlines()[0]
