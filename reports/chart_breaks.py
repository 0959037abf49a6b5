"""Where the line of a week's chart is broken: stretches without data, and stretches without the Internet.

An outage that was probed stands where it was, to the second; one that only the counters saw is known to five
minutes, and is left out where probed ones stand for most of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from reports.periods import SLOT_S
from reports.samples import Outage
from reports.week import WeeklyReport
from reports.week_words import duration
from reports.wording import say

SLOT = timedelta(seconds=SLOT_S)

Named = tuple[datetime, datetime, str]
"""A stretch of time with its words."""


def runs(starts: Sequence[datetime]) -> list[tuple[int, int]]:
    """Slices of what follows slot by slot without a hole."""
    edges = [n + 1 for n, (a, b) in enumerate(pairwise(starts)) if b - a > SLOT * 1.5]
    return list(pairwise([0, *edges, len(starts)]))


def holes(report: WeeklyReport, starts: Sequence[datetime]) -> Iterator[Named]:
    """Stretches without data as far as the report reaches; what hasn't happened yet isn't one."""
    first = report.period.starts_at - SLOT
    for last, following in pairwise([first, *starts, report.summary.through_at]):
        if following - last >= SLOT * 1.5:
            seconds = (following - last - SLOT).total_seconds()
            yield last + SLOT, following, say("no data, {time}", time=duration(seconds))


def out_of_reach(report: WeeklyReport) -> list[Named]:
    """Outages inside the week, in order."""
    period = report.period
    probed = [
        (start, end, _out(outage, _length(start, end)))
        for outage in report.outages
        if (start := max(outage.started_at, period.starts_at)) < (end := min(outage.until, period.ends_at))
    ]
    found = list(probed)
    dark = [sample for sample in report.usage if sample.link_down_s > 0]
    for a, b in runs([sample.started_at for sample in dark]) if dark else ():
        start, end = dark[a].started_at, dark[b - 1].started_at + SLOT
        seen = sum((max(timedelta(), min(e, end) - max(s, start)) for s, e, _ in probed), timedelta())
        if seen < (end - start) / 2:
            seconds = sum(sample.link_down_s for sample in dark[a:b])
            found.append((start, end, say("line down, {time}", time=duration(seconds))))
    return sorted(found)


def _out(outage: Outage, length: str) -> str:
    if outage.rung == "link":
        return say("line down, {time}", time=length)
    return say("no Internet, {time}", time=length)


def _length(start: datetime, end: datetime) -> str:
    return duration((end - start).total_seconds())
