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
        self._connection.register("sites", ground.sites)
        parts, later = _reading(ground.parts), _reading(ground.later)
        run(f"CREATE OR REPLACE TEMP VIEW parts AS {parts} WHERE {inside(ground)}")
        if later:
            # A table, so that the planner knows how few they are.
            run(f"CREATE OR REPLACE TEMP TABLE later AS SELECT site, starts_at, part FROM ({later})")  # noqa: S608  # made below
        for name, select in views(ground, level):
            run(f"CREATE OR REPLACE TEMP VIEW {name} AS {select}")
        return self._connection.sql(answer(level)).to_arrow_table()


def _reading(paths: Sequence[str]) -> str:
    """A SELECT of all that these files hold; nothing when there are none."""
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    names = ", ".join(SCHEMA.names)
    files = f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
    return f"SELECT {names} FROM {files}" if paths else ""  # noqa: S608  # paths are quoted
