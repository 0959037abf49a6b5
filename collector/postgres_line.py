"""Statements that go to PostgreSQL together, and whose answers come together (libpq's pipeline mode).

psycopg's own pipeline sends each statement by itself, and what it does around each costs as much as to write
the rows: with a few dozen uploads to a commit that was a third of the writer's time. This is its libpq
(``psycopg.pq``) without what lies above. Statements are prepared when they are first asked, columns and
answers are in the server's own octets (``collector/postgres_arrays.py``).
"""

from __future__ import annotations

import select
from collections.abc import Collection, Sequence
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from collector.postgres_arrays import Array, Statement

_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED, ExecStatus.BAD_RESPONSE)


class Line:
    """A connection on which whole groups of statements are sent. After an Error it is of no use any more."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._pg = connection.pgconn
        self._names: dict[Statement, bytes] = {}
        self._wanted: list[bool] = []
        """Of all that was sent since the last answers: whether anybody asks for what comes of it."""
        self._ready = select.poll()
        self._ready.register(self._pg.socket, select.POLLIN)

    def __enter__(self) -> Line:
        self._pg.enter_pipeline_mode()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._pg.exit_pipeline_mode()

    def ask(self, statement: Statement, *columns: Collection[Any]) -> None:
        """Nothing is sent before the answers are asked for."""
        name = self._names.get(statement)
        if name is None:
            name = self._names[statement] = b"bandgap_%d" % len(self._names)
            self._pg.send_prepare(name, statement.words, statement.types)
            self._wanted.append(False)
        values: list[Array] = [kind(column) for kind, column in zip(statement.kinds, columns, strict=True)]
        formats = [Format.BINARY] * len(values)
        self._pg.send_query_prepared(name, [one.octets for one in values], formats, Format.BINARY)
        self._wanted.append(True)

    def write(self, statement: Statement, rows: Sequence[tuple[Any, ...]]) -> None:
        """Asks where there are rows, with a column for each of their values."""
        if rows:
            self.ask(statement, *zip(*rows, strict=True))

    def answers(self) -> list[list[tuple[Any, ...]]]:
        """The rows that came of each statement since the last answers. Raises psycopg.Error."""
        self._pg.pipeline_sync()
        self._send()
        found = []
        for wanted in self._wanted:
            result = self._next()
            if result is None or result.status in _FAILED:
                raise (
                    error_from_result(result) if result else psycopg.OperationalError("an answer is missing")
                )
            if wanted:
                found.append(self._rows(result))
            self._next()  # None, which ends what came of one
        self._next()  # and what came of all
        self._wanted.clear()
        return found

    def _rows(self, result: PGresult) -> list[tuple[Any, ...]]:
        if not result.ntuples:
            return []
        transformer = Transformer(self._connection)
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)

    def _send(self) -> None:
        both = None
        while self._pg.flush():
            # The server reads no more until somebody reads what it has answered.
            if both is None:
                both = select.poll()
                both.register(self._pg.socket, select.POLLIN | select.POLLOUT)
            if any(events & select.POLLIN for _, events in both.poll()):
                self._pg.consume_input()

    def _next(self) -> PGresult | None:
        while self._pg.is_busy():
            self._ready.poll()
            self._pg.consume_input()
        return self._pg.get_result()
