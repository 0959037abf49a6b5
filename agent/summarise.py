"""Makes the summaries that are due: of hours, days and weeks that have ended, and of the running week.

A period is summarised once it has been over for a while, so that its last minute is in the store. The
running week's summary is made anew whenever there are newer samples; the later one supersedes. Summaries that
were lost are made anew from the samples that are still kept: the same samples give the same id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.history import History
from reports.periods import Kind, Period, SchoolHours, day_of, hour_of, week_of
from reports.sites import Site
from reports.summaries import summarise

GRACE = timedelta(seconds=90)
"""The last minute of a period is written within a minute of its end; then half a minute for good luck."""


def make_summaries(history: History, site: Site, now: datetime, *, lost: bool = False) -> int:
    """Makes what is due at ``now`` and puts it in the outbox; returns how many that were.

    ``lost`` looks for what is missing in all of the time whose samples are kept, not only since the last one.
    """
    since = history.means_since() if lost else history.measuring_since()
    if since is None or now < since:  # a clock that isn't set has no week of ours
        return 0
    zone, hours = ZoneInfo(site.timezone), SchoolHours.of(site)
    made = 0
    for period in (*_ended(history, since, now, zone, lost=lost), week_of(now, zone)):
        usage = history.five_minute_means(period.starts_at, period.ends_at)
        tests = history.capacity_samples(period.starts_at, period.ends_at)
        through_at = min(now, period.ends_at)
        if period.ends_at > now and not _news(history, period):
            continue
        outages = history.outages(period.starts_at, period.ends_at)
        probed = history.probed(period.starts_at, period.ends_at)
        history.keep_summary(summarise(period, through_at, usage, tests, hours, outages, probed))
        made += 1
    return made


def _news(history: History, running: Period) -> bool:
    """Whether the running period has samples or probes that its last summary hadn't."""
    through = history.summarised_through(running)
    if through is None:
        return True
    span = history.usage_span()
    test, probe = history.last_capacity_sample(), history.last_probe()
    return bool(
        (span and span[1] > through) or (test and test.ended_at > through) or (probe and probe > through)
    )


def _ended(
    history: History, since: datetime, now: datetime, zone: ZoneInfo, *, lost: bool
) -> Iterator[Period]:
    over = now - GRACE
    last_hour = None if lost else history.last_summarised("hour", now)
    for hour in history.hours_with_samples(last_hour or hour_of(since).starts_at, over):
        if (period := hour_of(hour)).ends_at <= over and not (lost and history.summarised_through(period)):
            yield period
    for kind in ("day", "week"):
        last = None if lost else history.last_summarised(kind, now)
        period = _holding(kind, last or since, zone)
        while period.ends_at <= over:
            if not (lost and history.summarised_through(period)):
                yield period
            period = _holding(kind, period.ends_at, zone)


def _holding(kind: Kind, at: datetime, zone: ZoneInfo) -> Period:
    return day_of(at, zone) if kind == "day" else week_of(at, zone)
