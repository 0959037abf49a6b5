"""Outages as time: laid one after the other, cut to a period, and united with what the counters saw.

Two sources know of outages. Probes know when the Internet was out of reach and why; the counters know the
seconds without carrier of each five minutes, also where nobody probed. Of each five minutes the longer of the
two counts, so that one outage is never counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reports.periods import SLOT_S
from reports.samples import Outage, Stretch, UsageSample


def disjoint(outages: Sequence[Outage]) -> tuple[Outage, ...]:
    """The outages in order, none reaching into the next.

    They overlap only where the clock was set back and an hour was lived twice: it counts once.
    """
    found: list[Outage] = []
    for outage in sorted(outages, key=lambda one: (one.started_at, one.until)):
        reached = found[-1].until if found else outage.started_at
        if outage.started_at >= reached:
            found.append(outage)
        elif outage.until > reached:
            seen = max(reached, outage.seen_until)
            found.append(replace(outage, started_at=reached, seen_until=seen))
    return tuple(found)


def minutes_out(
    outages: Sequence[Outage],
    probed: Sequence[Stretch],
    usage: Sequence[UsageSample],
    starts_at: datetime,
    ends_at: datetime,
) -> float | None:
    """Minutes of outages between two moments; None when neither probes nor counters saw any of that time."""
    counted = [sample for sample in usage if starts_at <= sample.started_at < ends_at]
    if not counted and not any(part.starts_at < ends_at and part.ends_at > starts_at for part in probed):
        return None
    slots: dict[datetime, float] = {}
    for outage in disjoint(outages):
        for slot, seconds in _by_slot(max(outage.started_at, starts_at), min(outage.until, ends_at)):
            slots[slot] = slots.get(slot, 0.0) + seconds
    dark: dict[datetime, float] = {}
    for sample in counted:
        dark[sample.started_at] = dark.get(sample.started_at, 0.0) + sample.link_down_s
    return sum(max(slots.get(slot, 0.0), dark.get(slot, 0.0)) for slot in slots.keys() | dark.keys()) / 60


def _by_slot(start: datetime, end: datetime) -> list[tuple[datetime, float]]:
    """The seconds of a stretch in each five minutes of the clock."""
    found = []
    while start < end:
        slot = datetime.fromtimestamp(start.timestamp() // SLOT_S * SLOT_S, UTC)
        stop = min(end, slot + timedelta(seconds=SLOT_S))
        found.append((slot, (stop - start).total_seconds()))
        start = stop
    return found
