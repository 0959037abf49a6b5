"""By which way PostgreSQL, which goes by its statistics, finds the sites of a district in a large fleet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from collector.database import named
from collector.engine import engine, reading, writing
from collector.standings.asked import Asked
from collector.standings.reading import part, totals
from collector.standings.scope import ALL, Scope
from tests.postgres import Cluster

FILL = (
    "INSERT INTO places (kind, id, name) SELECT 'state', 'S' || n, 'State ' || n FROM generate_series(1, 20) n",
    """INSERT INTO places (kind, id, name, parent)
       SELECT 'district', lpad(n::text, 7, '0'), 'District ' || n, n % 20 + 1 FROM generate_series(1, 2000) n""",
    """INSERT INTO sites (id, enrolled_at, token_sha256, facts, contract)
       SELECT 's' || n, 0, decode(md5('s' || n), 'hex'), '{}', '{}' FROM generate_series(1, 20000) n""",
    """INSERT INTO standings (site, id, name, name_sort, search, place, state, verdict, share_met, judged_at)
       SELECT key, id, id, id, id || repeat(' ', 300), key % 2000 + 21, 'short', 'short', key / 1e6, 0 FROM sites""",
    "ANALYZE",
)


@pytest.fixture(scope="module")
def fleet(postgres: Cluster, migrated_postgres: str) -> Iterator[Engine]:
    source = engine(named(postgres.create(migrated_postgres)))
    with writing(source) as connection:
        for statement in FILL:
            connection.execute(text(statement))
    yield source
    source.dispose()


@pytest.mark.parametrize("scope", [ALL, Scope(frozenset({27}))])
def test_a_districts_sites_are_found_without_reading_all(fleet: Engine, scope: Scope) -> None:
    asked = Asked(district="0000007")
    said: list[tuple[str, Any]] = []

    def hear(connection: Any, cursor: Any, statement: str, given: Any, *_: Any) -> None:
        said.append((statement, given))

    with reading(fleet) as connection:
        event.listen(fleet, "before_cursor_execute", hear)
        counted = totals(connection, scope, asked)
        found = part(connection, scope, asked, counted.sites)
        event.remove(fleet, "before_cursor_execute", hear)
        plans = [_plan(connection, *one) for one in said]
    assert counted.sites == len(found.rows) == 10
    for plan in plans:
        assert "ix_standings_places" in plan
        assert "Scan on standings" not in plan.replace("Bitmap Heap Scan on standings", "")


def _plan(connection: Connection, statement: str, given: Any) -> str:
    driver: Any = connection.connection.driver_connection
    return "\n".join(row[0] for row in driver.execute(f"EXPLAIN {statement}", given).fetchall())
