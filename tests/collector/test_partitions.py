"""A month's partition is made once, whoever else makes it at the same moment."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import psycopg

from collector.database import connect_postgres, named
from collector.partitions import make_months
from tests.commands import until
from tests.postgres import Cluster

AT = int(datetime(2031, 5, 14, tzinfo=UTC).timestamp())
WAITING = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
MADE = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'hours_2031_%'"


class Late(psycopg.Connection[Any]):
    """A connection that is overtaken between its look and its lock."""

    overtake: Any = None

    def execute(self, query: Any, *others: Any, **named: Any) -> psycopg.Cursor[Any]:
        if b"advisory" in query and self.overtake is not None:
            overtake, self.overtake = self.overtake, None
            overtake()
        return super().execute(query, *others, **named)


def test_a_month_that_another_makes_meanwhile_is_there(postgres: Cluster, migrated_postgres: str) -> None:
    """It is made while who comes late waits for the lock, after a look that didn't find it."""
    database = named(postgres.create(migrated_postgres))
    begun = threading.Event()

    def make() -> None:
        with connect_postgres(database) as quick, connect_postgres(database) as looking:
            looking.autocommit = True
            with quick.transaction():
                make_months(quick, AT)
                begun.set()
                until(lambda: looking.execute(WAITING).fetchone() is not None, "the late one waits", 60)

    maker = threading.Thread(target=make)

    def overtake() -> None:
        maker.start()
        begun.wait(60)

    with connect_postgres(database) as watching:
        watching.autocommit = True
        with Late.connect(watching.info.dsn, autocommit=True) as late:
            late.overtake = overtake
            make_months(late, AT)
            assert late.overtake is None, "it was overtaken"
        maker.join(60)
        assert watching.execute(MADE).fetchone() == (4,)
