"""PostgreSQL on the short way of reading: one connection in libpq's pipeline mode, watched by the event loop.

Questions go out as they come and answers come back in their order, so that nobody waits for the answer to
another's question, and no thread is needed. The statement is prepared once and its plan kept. While there is
no connection, because none was made yet or it broke, whoever asks goes the ordinary way, which says what is
wrong; meanwhile a thread connects anew.
"""

from __future__ import annotations

import asyncio
import struct
import threading
from collections import deque
from contextlib import suppress
from functools import lru_cache
from typing import Any

import msgspec
import psycopg
from psycopg.pq import ExecStatus
from sqlalchemy.dialects import postgresql

from collector.database import Database, connect_postgres
from collector.people.papers import ASKED, Found, Papers
from collector.postgres_arrays import Bigints
from collector.ready import Tell
from collector.series import Kept
from reports.faults import Fault

MOST_WAITING = 1_000
"""Questions that may be on their way; more go the ordinary way, where there is a bound to them."""

_SETTINGS = (
    "SET default_transaction_read_only = on",
    # As the writer's (collector/postgres_store.py): every row by its index, by a plan that is made once.
    "SET enable_seqscan = off",
    "SET enable_bitmapscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET plan_cache_mode = force_generic_plan",
    "SET jit = off",  # what is switched off counts as dear, and would be compiled for each question
)
_compiled = ASKED.compile(
    dialect=postgresql.dialect(paramstyle="numeric_dollar"),  # type: ignore[no-untyped-call]
    compile_kwargs={"render_postcompile": True},
)
_ORDER = tuple(_compiled.positiontup or ())
_STATEMENT = f"""
SELECT to_json(papers)::text, kept.starts, kept.throughs, kept.bodies
FROM ({_compiled}) AS papers
LEFT JOIN LATERAL (
  SELECT string_agg(int8send(hours.starts_at), ''::bytea) AS starts,
    string_agg(int8send(hours.through_at), ''::bytea) AS throughs, string_agg(hours.body, ''::bytea) AS bodies
  FROM hours
  WHERE hours.site = papers.site AND hours.starts_at = ANY($4) AND hours.starts_at BETWEEN $5 AND $6
) AS kept ON true
"""  # noqa: S608  # nothing in it is anybody's
"""Each hour is looked for in the index; the bounds leave out months that hold none of them."""
_NAME, _TYPES = b"series", (17, 17, 25, 1016, 20, 20)  # bytea, bytea, text, bigint[], bigint, bigint
_FORMS = (1,) * len(_TYPES)  # all are sent binary
_bigint = struct.Struct(">q").pack
_decode = msgspec.json.Decoder(Found).decode


class ReadyPostgres:
    """Asks over a connection of its own. For the event loop's thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: psycopg.Connection[Any] | None = None
        self._connecting = self._closed = False
        self._waiting: deque[Tell] = deque()
        self._socket = -1
        self._writing = False

    def ask(self, shown: Papers, hours: range, tell: Tell) -> bool:
        if self._connection is None:
            self._connect()
            return False
        if len(self._waiting) >= MOST_WAITING:
            return False
        site = shown.site.encode() if shown.site is not None else None
        values = {"token": shown.token, "secret": shown.secret, "site": site}
        asked = [*(values[name] for name in _ORDER), _times(hours), _bigint(hours[0]), _bigint(hours[-1])]
        pg = self._connection.pgconn
        try:
            pg.send_query_prepared(_NAME, asked, _FORMS, 1)
            pg.pipeline_sync()
            self._flush()
        except psycopg.Error:
            self._lose()
            return False
        self._waiting.append(tell)
        return True

    def close(self) -> None:
        self._closed = True
        self._lose()

    def _connect(self) -> None:
        if self._connecting or self._closed:
            return
        self._connecting, loop = True, asyncio.get_running_loop()

        def connect() -> None:
            made = None
            with suppress(psycopg.Error, Fault):  # who asks meanwhile is told by the ordinary way
                made = _connected(self._database)
            try:
                loop.call_soon_threadsafe(self._begin, made)
            except RuntimeError:  # the loop has ended
                if made is not None:
                    made.close()

        # Nobody waits for it at the end, as for the threads of an executor.
        threading.Thread(target=connect, name="ready", daemon=True).start()

    def _begin(self, made: psycopg.Connection[Any] | None) -> None:
        self._connecting = False
        if made is None:
            return
        if self._closed:
            made.close()
            return
        self._connection = made
        self._socket = self._connection.pgconn.socket
        asyncio.get_running_loop().add_reader(self._socket, self._heard)

    def _flush(self) -> None:
        assert self._connection is not None
        more = self._connection.pgconn.flush() == 1
        if more != self._writing:
            self._writing, loop = more, asyncio.get_running_loop()
            if more:
                loop.add_writer(self._socket, self._may_write)
            else:
                loop.remove_writer(self._socket)

    def _may_write(self) -> None:
        try:
            self._flush()
        except psycopg.Error:
            self._lose()

    def _heard(self) -> None:
        assert self._connection is not None
        pg = self._connection.pgconn
        told: list[tuple[Tell, Any]] = []
        try:
            pg.consume_input()
            while self._waiting and not pg.is_busy():
                result = pg.get_result()
                if result is None or result.status == ExecStatus.PIPELINE_SYNC:
                    continue
                told.append((self._waiting.popleft(), result))
        except psycopg.Error:
            self._lose()
        for tell, result in told:
            if result.status == ExecStatus.TUPLES_OK:
                tell(*_read(result))
            else:
                tell(None, Kept())

    def _lose(self) -> None:
        """Whoever waits goes the ordinary way."""
        if self._connection is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            loop.remove_writer(self._socket)
            self._connection.close()
        self._connection, self._writing = None, False
        waiting, self._waiting = self._waiting, deque()
        for tell in waiting:
            tell(None, Kept())


@lru_cache(maxsize=256)
def _times(hours: range) -> bytes:
    return Bigints(hours).octets


def _connected(database: Database) -> psycopg.Connection[Any]:
    """A connection with its statement prepared, in pipeline mode. Blocks."""
    connection = connect_postgres(database)
    try:
        connection.autocommit = True
        for setting in _SETTINGS:
            connection.execute(setting)
        pg = connection.pgconn
        prepared = pg.prepare(_NAME, _STATEMENT.encode(), _TYPES)
        if prepared.status != ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError(prepared.error_message.decode(errors="replace"))
        pg.nonblocking = 1
        pg.enter_pipeline_mode()
    except BaseException:
        connection.close()
        raise
    return connection


def _read(result: Any) -> tuple[Found, Kept]:
    papers, starts, throughs, bodies = (result.get_value(0, n) for n in range(4))
    if starts is None:
        return _decode(papers), Kept()
    form = struct.Struct(f">{len(starts) // 8}q")
    return _decode(papers), Kept(form.unpack(starts), form.unpack(throughs), bodies)
