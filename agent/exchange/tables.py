"""What an export holds: for each thing that can be asked for, its columns and where the store keeps it.

A column has its unit in its name, the store's own name but for the times of minutes and of five minutes, by
which an import tells the two apart. Rows are read a page at a time by their key, so that neither memory nor
the store's write-ahead log grows with what is read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from reports.sentences import RUNGS

Kind = Literal["text", "time", "number", "whole", "codes"]
"""Times are Unix seconds in the store; codes are a list of words, JSON in the store."""

PAGE = 5000


@dataclass(frozen=True, slots=True)
class Column:
    """One figure or word. ``needed``: never empty. ``every_s``: times are multiples of it."""

    name: str
    kind: Kind
    needed: bool = True
    choices: tuple[str, ...] = ()
    every_s: int = 1
    title: str = ""
    """What an export calls it, if not by the store's name."""


@dataclass(frozen=True, slots=True)
class Table:
    """One thing to ask for. The first of ``key`` is the time by which it is cut."""

    name: str
    stored: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    importable: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The store's names."""
        return tuple(column.name for column in self.columns)

    @property
    def titles(self) -> tuple[str, ...]:
        """An export's."""
        return tuple(column.title or column.name for column in self.columns)


def _usage(every_s: int, title: str) -> tuple[Column, ...]:
    return (
        Column("started_at", "time", every_s=every_s, title=title),
        Column("interface", "text"),
        Column("interval_s", "number"),
        Column("rx_bytes", "whole"),
        Column("tx_bytes", "whole"),
        Column("peak_rx_mbps", "number", needed=False),
        Column("peak_tx_mbps", "number", needed=False),
        Column("link_down_s", "number"),
    )


_TESTS = (
    Column("id", "text"),
    Column("started_at", "time"),
    Column("ended_at", "time"),
    Column("engine", "text"),
    Column("server", "text", needed=False),
    Column("outcome", "text", choices=("ok", "no_measurement")),
    Column("reason", "text", needed=False),
    Column("detail", "text", needed=False),
    *(
        Column(name, "number", needed=False)
        for name in ("down_mbps", "up_mbps", "latency_idle_ms", "latency_loaded_ms")
    ),
    Column("down_bytes", "whole"),
    Column("up_bytes", "whole"),
    Column("flags", "codes"),
    Column("interface", "text", needed=False),
    *(
        Column(name, "number", needed=False)
        for name in (
            *("link_speed_mbps", "other_down_mbps", "other_up_mbps", "jitter_ms", "responsiveness_rpm"),
            *("loss_share", "loss_down_share", "loss_up_share", "retransmitted_share"),
            *("burst_down_mbps", "burst_up_mbps", "load_s"),
        )
    ),
)
_OUTAGES = (
    Column("started_at", "time"),
    Column("seen_until", "time"),
    Column("ended_at", "time", needed=False),
    Column("rung", "text", choices=tuple(RUNGS)),
    Column("detail", "text", needed=False),
)


def _rates(*names: str) -> Iterator[Column]:
    for name in names:
        yield Column(f"{name}_down_mbps", "number", needed=False)
        yield Column(f"{name}_up_mbps", "number", needed=False)


def _summaries() -> Iterator[Column]:
    yield from (Column("kind", "text"), Column("label", "text"))
    yield from (Column(name, "time") for name in ("starts_at", "ends_at", "through_at"))
    for part in ("usage", "usage_school"):
        yield from (Column(f"{part}_expected", "whole"), Column(f"{part}_found", "whole"))
        yield from _rates(f"{part}_p50", f"{part}_p95", f"{part}_peak")
    for count in ("tests_trusted", "tests_untrusted", "tests_failed", "school_days"):
        yield Column(f"capacity_{count}", "whole")
    yield from _rates("capacity_best", "capacity_typical")
    yield Column("capacity_latency_idle_ms", "number", needed=False)
    yield Column("capacity_latency_loaded_ms", "number", needed=False)
    yield Column("outage_minutes", "number", needed=False)
    yield from (Column("tests_down_bytes", "whole"), Column("tests_up_bytes", "whole"))


TABLES = {
    table.name: table
    for table in (
        Table("tests", "capacity_samples", ("started_at", "id"), _TESTS),
        Table("minutes", "usage_minutes", ("started_at", "interface"), _usage(60, "minute_started_at")),
        Table(
            "usage", "usage_five_minutes", ("started_at", "interface"), _usage(300, "five_minutes_started_at")
        ),
        Table("outages", "outages", ("started_at",), _OUTAGES),
        Table("probed", "probed", ("starts_at",), (Column("starts_at", "time"), Column("ends_at", "time"))),
        Table("summaries", "summaries", ("starts_at", "sequence"), tuple(_summaries()), importable=False),
    )
}
"""Everything that can be asked for, by the name that a person gives it."""


def rows(
    connection: sqlite3.Connection,
    table: Table,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Iterator[tuple[Any, ...]]:
    """The rows of [starts_at, ends_at) in the order of their keys, as the store has them."""
    taken = ("body",) if table.name == "summaries" else table.names
    key = ", ".join(table.key)
    where = f"{table.key[0]} >= ? AND {table.key[0]} < ?"
    bounds = [
        -(2**62) if starts_at is None else int(starts_at.timestamp()),
        2**62 if ends_at is None else int(ends_at.timestamp()),
    ]
    last: tuple[Any, ...] = ()
    while True:
        after = f" AND ({key}) > ({', '.join('?' * len(last))})" if last else ""
        page = connection.execute(
            f"SELECT {key}, {', '.join(taken)} FROM {table.stored} WHERE {where}{after}"  # noqa: S608  # our names
            f" ORDER BY {key} LIMIT {PAGE}",
            [*bounds, *last],
        ).fetchall()
        for row in page:
            found = row[len(table.key) :]
            yield _summary_row(found[0], table) if table.name == "summaries" else tuple(found)
        if len(page) < PAGE:
            return
        last = tuple(page[-1][: len(table.key)])
        bounds[0] = last[0]  # SQLite begins at the first bound, and would walk through all pages before


def time_text(seconds: int) -> str:
    """Unix seconds as ``2026-11-24T08:00:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _summary_row(body: str, table: Table) -> tuple[Any, ...]:
    flat = dict(_flat(json.loads(body), ""))
    return tuple(
        int(datetime.fromisoformat(flat[column.name]).timestamp())
        if column.kind == "time"
        else flat.get(column.name)
        for column in table.columns
    )


def _flat(value: Mapping[str, Any], head: str) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{head}{name}_")
        else:
            yield head + name, inner
