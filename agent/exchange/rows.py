"""One row on its way into the store, or why it can't go there.

Strict: a figure that isn't a finite number of 0 or more, a time that can't be read and a word that isn't
expected make a bad row, never a guess.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from agent.exchange.tables import Column

MOST_MBPS = 1e6
"""No school's line carries a terabit a second: a higher figure is in other units than it was taken for."""
LONGEST_MS = 60_000.0
"""speedtest-cli reports half an hour when its pings failed."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row for a table of the store, its values as the store has them."""

    table: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bad:
    """Something that should have been a row."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that are well and don't belong here: what they are, in words."""

    what: str
    count: int = 1


Item = Row | Bad | LeftOut


def foreign_test(
    origin: str,
    at: datetime,
    *,
    down_mbps: float | None,
    up_mbps: float | None,
    ping_ms: float | None,
    server: str | None,
    failed: bool = False,
    loaded_ms: float | None = None,
    down_bytes: int = 0,
    up_bytes: int = 0,
) -> Row:
    """Another tool's test. Its id is made of what it says, so that the same test has the same id.

    A rate of 0 stands for a direction that wasn't measured; both, for a test that failed.
    """
    down, up = (None if failed else rate or None for rate in (down_mbps, up_mbps))
    for name, rate in (("down", down), ("up", up)):
        if rate is not None and rate > MOST_MBPS:
            raise ValueError(f"{name}: {rate:g} Mbps is beyond any line; other units than expected?")
    measured = down is not None or up is not None
    ping_ms = ping_ms if ping_ms is not None and 0 < ping_ms < LONGEST_MS and measured else None
    seconds = int(at.timestamp())
    marks = (origin, at.astimezone(UTC).isoformat(), down, up, ping_ms)
    flags = (
        ["imported"] if not measured or (down is not None and up is not None) else ["imported", "incomplete"]
    )
    return Row(
        "tests",
        {
            "id": f"{origin}:{hashlib.sha256(repr(marks).encode()).hexdigest()[:24]}",
            "started_at": seconds,
            "ended_at": seconds,
            "engine": origin,
            "server": server,
            "outcome": "ok" if measured else "no_measurement",
            "reason": None if measured else "engine_failed",
            "detail": None,
            "down_mbps": down,
            "up_mbps": up,
            "latency_idle_ms": ping_ms,
            "latency_loaded_ms": loaded_ms if measured else None,
            "down_bytes": down_bytes,
            "up_bytes": up_bytes,
            "flags": json.dumps(flags),
        },  # what no other tool tells has no value
    )


def number(raw: object, name: str) -> float | None:
    """A finite number of 0 or more; None for nothing. Raises ValueError."""
    if raw is None or raw == "":
        return None
    try:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise ValueError
        value = float(raw)
    except ValueError:
        raise ValueError(f"{name}: found {_shown(raw)}, expected a number") from None
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{name}: found {_shown(raw)}, expected a number of 0 or more")
    return value


def whole(raw: object, name: str) -> int | None:
    """A whole number of 0 or more; None for nothing. Raises ValueError."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 20:
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw < 2**63:
        raise ValueError(f"{name}: found {_shown(raw)}, expected a whole number of 0 or more")
    return raw


def moment(raw: object, name: str, zone: tzinfo | None = None) -> datetime:
    """An ISO 8601 time; one without an offset is of ``zone``. Raises ValueError."""
    try:
        at = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        at = None
    if at is None or (at.utcoffset() is None and zone is None) or not 1990 <= at.year < 2200:
        offset = "" if zone else " with its offset"
        raise ValueError(f"{name}: found {_shown(raw)}, expected a time{offset} as in 2026-11-24T08:00:00Z")
    return at if at.utcoffset() is not None else at.replace(tzinfo=zone)


def stored(column: Column, raw: object) -> Any:
    """The store's value of one cell of our own export. Raises ValueError."""
    name = column.name
    value: Any
    if column.kind == "codes":
        words = raw.split() if isinstance(raw, str) else raw
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(f"{name}: found {_shown(raw)}, expected a list of codes")
        return json.dumps(words)
    if raw is None or raw == "":
        value = None
    elif column.kind == "time":
        value = int(moment(raw, name).timestamp())
        if value % column.every_s:
            raise ValueError(f"{name}: found {_shown(raw)}, expected a multiple of {column.every_s} s")
    elif column.kind == "text":
        value = raw
        if not isinstance(raw, str) or (column.choices and raw not in column.choices):
            expected = " or ".join(column.choices) or "text"
            raise ValueError(f"{name}: found {_shown(raw)}, expected {expected}")
    else:
        value = (whole if column.kind == "whole" else number)(raw, name)
    if value is None and column.needed:
        raise ValueError(f"{name}: missing")
    return value


def _shown(raw: object) -> str:
    text = "".join(sign if sign.isprintable() else "?" for sign in str(raw))
    return f'"{text}"' if len(text) <= 40 else f'"{text[:37]}..."'
