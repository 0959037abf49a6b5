"""How one site's hours, days or weeks are found for a series, however many sites there are beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, select, text

from collector.packed import packed
from collector.series import Asked, Kept
from collector.tables import summaries
from reports.periods import week_of
from reports.summaries import Summary

_HOURS = {
    "sqlite": text(
        "WITH RECURSIVE asked (at) AS (SELECT :first UNION ALL SELECT at + 3600 FROM asked WHERE at < :last) "
        "SELECT starts_at, through_at, body FROM asked CROSS JOIN hours ON starts_at = at AND site = :site"
    ),
    "postgresql": text(
        "SELECT starts_at, through_at, body FROM hours WHERE site = :site AND starts_at = ANY(ARRAY("
        "SELECT generate_series(CAST(:first AS bigint), CAST(:last AS bigint), 3600))) "
        "AND starts_at BETWEEN :first AND :last"
    ),
}
"""A look into the index for each hour: by time alone, all sites' hours would be read."""

_A_DAY, _UTC = timedelta(days=1), ZoneInfo("UTC")


def kept_series(connection: Connection, key: int, asked: Asked) -> Kept:
    """What is kept of the periods that are asked for."""
    return _hours(connection, key, asked.hours) if asked.every == "hour" else _periods(connection, key, asked)


def _hours(connection: Connection, key: int, hours: range) -> Kept:
    if not hours:
        return Kept()
    places = {"site": key, "first": hours[0], "last": hours[-1]}
    rows: Sequence[Any] = connection.execute(_HOURS[connection.dialect.name], places).all()
    starts, throughs, bodies = zip(*rows, strict=True) if rows else ((), (), ())
    return Kept(starts, throughs, b"".join(bodies))


def _periods(connection: Connection, key: int, asked: Asked) -> Kept:
    first, last = _labels(asked)
    bodies = connection.scalars(
        select(summaries.c.body)
        .where(summaries.c.site == key, summaries.c.kind == asked.every, summaries.c.kind != "hour")
        .where(summaries.c.label.between(first, last))
        .where(summaries.c.starts_at >= asked.begins, summaries.c.starts_at < asked.ends)
        .order_by(summaries.c.label)
    )
    periods = [msgspec.json.decode(body, type=Summary) for body in bodies]
    return Kept(
        [int(one.starts_at.timestamp()) for one in periods],
        [int(one.through_at.timestamp()) for one in periods],
        b"".join(map(packed, periods)),
    )


def _labels(asked: Asked) -> tuple[str, str]:
    """Names between which the days or weeks are, and maybe one more: the index has them by name."""
    first = datetime.fromtimestamp(asked.begins, UTC) - _A_DAY
    last = datetime.fromtimestamp(asked.ends, UTC) + _A_DAY
    if asked.every == "day":
        return first.date().isoformat(), last.date().isoformat()
    return week_of(first, _UTC).label, week_of(last, _UTC).label
