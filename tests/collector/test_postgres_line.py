"""Statements go to PostgreSQL together, columns and answers in its own octets."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from collector.database import connect_postgres, named
from collector.postgres_arrays import Bigints, Ints, Statement, Texts
from collector.postgres_line import Line
from tests.postgres import Cluster

EACH = Statement("SELECT * FROM unnest(*int, *bigint, *text, *bytea)")
BEGIN, COMMIT = Statement("BEGIN"), Statement("COMMIT")
ROWS = [
    (1, -5, "a", b""),
    (-2, 2**40, None, None),
    (2**31 - 1, -(2**63), 'O\'Brien "Ñandú" \\ 学校 {,}', bytes(range(256))),
]


@pytest.fixture
def database(postgres: Cluster, migrated_postgres: str) -> str:
    return postgres.create(migrated_postgres)


def connected(database: str) -> psycopg.Connection[tuple[object, ...]]:
    found = connect_postgres(named(database))
    found.autocommit = True
    found.prepare_threshold = None
    return found


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    found = connected(database)
    yield found
    found.close()


def test_values_come_back_as_they_went(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """The least and the greatest, what is missing, and letters of any script; no rows too."""
    with Line(connection) as line:
        line.write(EACH, ROWS)
        line.ask(EACH, [], [], [], [])
        line.write(EACH, [])
        assert line.answers() == [ROWS, []]
        line.write(EACH, ROWS[:1])
        assert line.answers() == [ROWS[:1]]
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_long_questions_with_long_answers_do_not_wait_for_each_other(
    connection: psycopg.Connection[tuple[object, ...]],
) -> None:
    """The server takes no more questions while nobody takes its answers."""
    rows = [(n, n, "x" * 1000, bytes(1000)) for n in range(2000)]
    with Line(connection) as line:
        for _ in range(4):
            line.write(EACH, rows)
        assert [len(found) for found in line.answers()] == [2000] * 4


def test_the_first_thing_that_is_wrong_is_told(
    connection: psycopg.Connection[tuple[object, ...]], database: str
) -> None:
    """And nothing is kept of what came before or after it."""
    wrong = Statement("INSERT INTO hours_other SELECT n, 0, 0, 0, b FROM unnest(*int, *bytea) AS u (n, b)")
    line = Line(connection).__enter__()
    line.ask(BEGIN)
    line.write(wrong, [(1, b"x")])
    line.write(wrong, [(2, None)])
    line.write(EACH, ROWS)
    line.ask(COMMIT)
    with pytest.raises(psycopg.errors.NotNullViolation):
        line.answers()
    connection.close()
    with connected(database) as other:
        assert other.execute("SELECT count(*) FROM hours_other").fetchone() == (0,)


def test_a_server_that_goes_away_is_a_fault(
    connection: psycopg.Connection[tuple[object, ...]], database: str
) -> None:
    line = Line(connection).__enter__()
    with connected(database) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
    line.ask(EACH, [], [], [], [])
    with pytest.raises(psycopg.OperationalError):
        line.answers()


@pytest.mark.parametrize(
    ("kind", "value"), [(Ints, 2**31), (Bigints, 2**63), (Ints, None), (Texts, "\ud800")]
)
def test_what_cannot_be_is_a_fault_of_the_data(kind: type[Ints], value: object) -> None:
    """The server isn't asked: whoever writes the group leaves this one out."""
    with pytest.raises(psycopg.DataError):
        kind([value])
