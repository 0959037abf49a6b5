"""An hour's figures as the few octets that they are kept in, and back.

An hour is nearly all that a fleet sends, so its row holds no name of a field: a MessagePack array, the number
of its form first, then the figures in the order of ``NAMES``, None where a figure is missing. Floats have all
their eight octets, so that the same figures give the same octets and others give others: that is how another
content under a known id is told. An hour's label and end follow from its start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from reports.periods import hour_of
from reports.samples import Rates
from reports.summaries import CapacityFigures, Summary, UsageFigures

FORM = 1

_DEMAND = ("expected", "found", "p50_down_mbps", "p50_up_mbps", "p95_down_mbps", "p95_up_mbps",
           "peak_down_mbps", "peak_up_mbps")  # fmt: skip
NAMES = (
    *(f"usage_{name}" for name in _DEMAND), *(f"usage_school_{name}" for name in _DEMAND),
    "tests_trusted", "tests_untrusted", "tests_failed", "school_days", "best_down_mbps", "best_up_mbps",
    "typical_down_mbps", "typical_up_mbps", "latency_idle_ms", "latency_loaded_ms", "lower_bounds",
    "school_days_at_least", "at_least_down_mbps", "at_least_up_mbps", "outage_minutes", "tests_down_bytes",
    "tests_up_bytes",
)  # fmt: skip
"""What stands where in a body, after the number of its form."""

_PLACES = {name: n for n, name in enumerate(NAMES, 1)}
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Any]).decode


def packed(summary: Any) -> bytes:
    """An hour's body, of a ``Summary`` or of anything that has its fields."""
    usage, school, capacity = summary.usage, summary.usage_school, summary.capacity
    a, b, c = usage.p50, usage.p95, usage.peak
    d, e, f = school.p50, school.p95, school.peak
    best, typical, least = capacity.best, capacity.typical, capacity.at_least
    return _encode((
        FORM,
        usage.expected, usage.found,
        a.down_mbps, a.up_mbps, b.down_mbps, b.up_mbps, c.down_mbps, c.up_mbps,
        school.expected, school.found,
        d.down_mbps, d.up_mbps, e.down_mbps, e.up_mbps, f.down_mbps, f.up_mbps,
        capacity.tests_trusted, capacity.tests_untrusted, capacity.tests_failed, capacity.school_days,
        best.down_mbps, best.up_mbps, typical.down_mbps, typical.up_mbps,
        capacity.latency_idle_ms, capacity.latency_loaded_ms,
        capacity.lower_bounds, capacity.school_days_at_least, least.down_mbps, least.up_mbps,
        summary.outage_minutes, summary.tests_down_bytes, summary.tests_up_bytes,
    ))  # fmt: skip


def figures(body: bytes) -> list[Any]:
    """A body's figures in the order of ``NAMES``."""
    form, *found = _decode(body)
    if form != FORM:
        raise _other_form(form)
    return found


def columns(count: int, bodies: bytes, names: Sequence[str]) -> list[list[Any]]:
    """The figures of these names, a list for each, of so many bodies that stand one after the other."""
    through = max(map(_PLACES.__getitem__, names), default=0)
    hours = _first_of_all(through)(b"\xdd" + count.to_bytes(4, "big") + bodies)  # MessagePack's array 32
    for hour in hours:
        if hour.form != FORM:
            raise _other_form(hour.form)
    return [list(map(attrgetter(name), hours)) for name in names]


@lru_cache(maxsize=len(NAMES) + 1)
def _first_of_all(count: int) -> Callable[[bytes], list[Any]]:
    """What decodes so many figures of each of many hours; those behind them are passed over."""
    fields = [("form", int), *((name, Any) for name in NAMES[:count])]
    hour: Any = msgspec.defstruct("Hour", fields, array_like=True, frozen=True, gc=False)
    return msgspec.msgpack.Decoder(list[hour]).decode


def unpacked(starts_at: int, through_at: int, body: bytes) -> Summary:
    """The hour that begins at this Unix second, as far as another."""
    v = figures(body)
    start = datetime.fromtimestamp(starts_at, UTC)
    return Summary(
        kind="hour",
        label=hour_label(starts_at),
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        through_at=datetime.fromtimestamp(through_at, UTC),
        usage=UsageFigures(v[0], v[1], Rates(*v[2:4]), Rates(*v[4:6]), Rates(*v[6:8])),
        usage_school=UsageFigures(v[8], v[9], Rates(*v[10:12]), Rates(*v[12:14]), Rates(*v[14:16])),
        capacity=CapacityFigures(
            v[16],
            v[17],
            v[18],
            v[19],
            Rates(*v[20:22]),
            Rates(*v[22:24]),
            v[24],
            v[25],
            v[26],
            v[27],
            Rates(*v[28:30]),
        ),
        outage_minutes=v[30],
        tests_down_bytes=v[31],
        tests_up_bytes=v[32],
    )


def _other_form(form: object) -> ValueError:
    return ValueError(f"an hour in form {form}, this version reads {FORM}")


@lru_cache(maxsize=4096)
def hour_label(starts_at: int) -> str:
    """What the hour that begins at this Unix second is called."""
    return hour_of(datetime.fromtimestamp(starts_at, UTC)).label
