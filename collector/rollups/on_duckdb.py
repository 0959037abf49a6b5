"""Roll-ups on DuckDB, inside the process that asks: one machine, all its cores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collector.archive.parts import SCHEMA
from collector.rollups.statements import Ground, Level, answer, inside, views
from reports.faults import Fault

try:
    import duckdb
except ImportError:
    raise Fault("rollup: DuckDB isn't installed; install it with: pip install 'bandgap[archive]'") from None


class OnDuckDB:
    """``filesystem`` is fsspec's where the archive lies, None for a folder of this machine."""

    def __init__(self, filesystem: Any = None, threads: int | None = None) -> None:
        self._connection = duckdb.connect()
        # Nothing is to be fetched from the network, and times are UTC wherever this runs.
        self._connection.execute("SET autoinstall_known_extensions = false")
        self._connection.execute("SET TimeZone = 'UTC'")
        if threads:
            self._connection.execute(f"SET threads = {threads}")
        if filesystem is not None:
            self._connection.register_filesystem(filesystem)

    def rolled_up(self, ground: Ground, level: Level) -> Any:
        run = self._connection.execute
        self._connection.register("live", ground.live)
        self._connection.register("sites", ground.sites)
        names = ", ".join(SCHEMA.names)
        archived = _reading(ground.parts, names)
        run(f"CREATE OR REPLACE TEMP VIEW parts AS SELECT * FROM ({archived}) WHERE {inside(ground)}")
        # A table, so that the planner knows how few they are.
        run(f"CREATE OR REPLACE TEMP TABLE later AS {_reading(ground.later, 'site, starts_at, part')}")
        for name, select in views(ground, level):
            run(f"CREATE OR REPLACE TEMP VIEW {name} AS {select}")
        return self._connection.sql(answer(level)).to_arrow_table()


def _reading(paths: Sequence[str], names: str) -> str:
    """These columns of these files, and of the live hours."""
    live = f"SELECT {names} FROM live"  # noqa: S608  # columns of ours
    if not paths:
        return live
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    files = f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
    return f"SELECT {names} FROM {files} UNION ALL {live}"  # noqa: S608  # paths are quoted
