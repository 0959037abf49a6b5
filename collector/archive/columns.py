"""The columns of an archived hour: everything that its summary says, in whole numbers.

Rates are bits per second, latencies nanoseconds, outages microseconds: the sixth place that an upload's
figures are rounded to (``reports.wire.plain``), so that nothing is lost and every sum of them is exact,
whatever adds it up and in which order. What isn't known is None. Times are UTC.

``VERSION`` is written into every file. A column may be added at the end and a reader takes an older file's
to be None; a change that an old reader would misread or miss raises the number. In version 1, which is read
as ever, all rates have 64 bits and counts 32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter, itemgetter
from typing import Any, Literal

from reports.periods import hour_of
from reports.samples import Rates
from reports.summaries import CapacityFigures, Summary, UsageFigures

VERSION = 2
READABLE = (1, 2)

Kind = Literal["text", "day", "time", "count", "rate", "whole"]
"""Counts of an hour fit 16 bits, rates and whole numbers 53, which every engine adds up exactly."""

PER_MBPS = PER_MS = 1_000_000
PER_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what of a summary it holds, and how many of its whole numbers make one of the summary's."""

    name: str
    kind: Kind
    of: str
    per: int = 1
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Hour:
    """A site's hour as the collector has it. ``local_day`` is the day by the site's clocks that it begins on.

    By it an hour belongs to a week, a month or a school year of the site, whatever its time zone.
    """

    site: str
    local_day: date
    received_at: datetime
    summary: Summary

    @property
    def rank(self) -> tuple[datetime, float]:
        """The higher one of the same hour holds: what reaches furthest, then what was received first."""
        return self.summary.through_at, -self.received_at.timestamp()


def _rates(part: str, *names: str) -> list[Column]:
    return [
        Column(f"{part}_{name}_{way}_bps", "rate", f"{part}.{name}.{way}_mbps", PER_MBPS, needed=False)
        for name in names
        for way in ("down", "up")
    ]


def _counts(part: str, *names: str) -> list[Column]:
    return [Column(f"{part}_{name}", "count", f"{part}.{name}") for name in names]


COLUMNS = (
    Column("site", "text", ""),
    Column("local_day", "day", ""),
    Column("starts_at", "time", "starts_at"),
    Column("through_at", "time", "through_at"),
    Column("received_at", "time", ""),
    *_counts("usage", "expected", "found"),
    *_rates("usage", "p50", "p95", "peak"),
    *_counts("usage_school", "expected", "found"),
    *_rates("usage_school", "p50", "p95", "peak"),
    *_counts("capacity", "tests_trusted", "tests_untrusted", "tests_failed", "school_days"),
    *_counts("capacity", "lower_bounds", "school_days_at_least"),
    *_rates("capacity", "best", "typical", "at_least"),
    Column("capacity_latency_idle_ns", "whole", "capacity.latency_idle_ms", PER_MS, needed=False),
    Column("capacity_latency_loaded_ns", "whole", "capacity.latency_loaded_ms", PER_MS, needed=False),
    Column("outage_us", "whole", "outage_minutes", PER_MINUTE, needed=False),
    Column("tests_down_bytes", "whole", "tests_down_bytes"),
    Column("tests_up_bytes", "whole", "tests_up_bytes"),
)
NAMES = tuple(column.name for column in COLUMNS)

LIMITS = {"count": 2**15, "rate": 2**53, "whole": 2**53}
NARROW_BPS = 2**31
"""Below it a rate has 32 bits, which most engines read a good deal faster than 64."""

_SAID = tuple(column for column in COLUMNS if column.of)
_values = attrgetter(*(column.of for column in _SAID))
_OWN = len(COLUMNS) - len(_SAID)


def row_of(hour: Hour) -> tuple[Any, ...] | None:
    """An hour in the order of COLUMNS; None when a figure of it is too large for its column."""
    starts_at, through_at, *figures = _values(hour.summary)
    row: list[Any] = [hour.site, hour.local_day, starts_at, through_at, hour.received_at]
    for column, figure in zip(COLUMNS[_OWN + 2 :], figures, strict=True):
        value = figure if figure is None or column.per == 1 else round(figure * column.per)
        if value is not None and not 0 <= value < LIMITS[column.kind]:
            return None
        row.append(value)
    return tuple(row)


_RATES = itemgetter(*(place for place, column in enumerate(COLUMNS) if column.kind == "rate"))


def is_wide(row: Sequence[Any]) -> bool:
    """Whether a rate of the row takes more than 32 bits."""
    return any(rate is not None and rate >= NARROW_BPS for rate in _RATES(row))


def hour_of_row(row: Sequence[Any]) -> Hour:
    """The hour that a row was made of."""
    said = {
        column.name: value if value is None or column.per == 1 else value / column.per
        for column, value in zip(COLUMNS, row, strict=True)
    }
    period = hour_of(said["starts_at"])
    summary = Summary(
        kind="hour",
        label=period.label,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        through_at=said["through_at"],
        usage=_usage(said, "usage"),
        usage_school=_usage(said, "usage_school"),
        capacity=CapacityFigures(
            tests_trusted=said["capacity_tests_trusted"],
            tests_untrusted=said["capacity_tests_untrusted"],
            tests_failed=said["capacity_tests_failed"],
            school_days=said["capacity_school_days"],
            best=_pair(said, "capacity_best"),
            typical=_pair(said, "capacity_typical"),
            latency_idle_ms=said["capacity_latency_idle_ns"],
            latency_loaded_ms=said["capacity_latency_loaded_ns"],
            lower_bounds=said["capacity_lower_bounds"],
            school_days_at_least=said["capacity_school_days_at_least"],
            at_least=_pair(said, "capacity_at_least"),
        ),
        outage_minutes=said["outage_us"],
        tests_down_bytes=said["tests_down_bytes"],
        tests_up_bytes=said["tests_up_bytes"],
    )
    return Hour(said["site"], said["local_day"], said["received_at"], summary)


def _usage(said: dict[str, Any], part: str) -> UsageFigures:
    return UsageFigures(
        expected=said[f"{part}_expected"],
        found=said[f"{part}_found"],
        p50=_pair(said, f"{part}_p50"),
        p95=_pair(said, f"{part}_p95"),
        peak=_pair(said, f"{part}_peak"),
    )


def _pair(said: dict[str, Any], name: str) -> Rates:
    return Rates(said[f"{name}_down_bps"], said[f"{name}_up_bps"])
