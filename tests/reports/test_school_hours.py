"""School hours are the school's own bells, on its own days, in its own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from reports.faults import ConfigFault
from reports.periods import SchoolHours, week_named
from reports.settings import read_table
from reports.sites import Site

SITE = Site(timezone="America/Chicago")
HOURS = SchoolHours.of(SITE)
CHICAGO = ZoneInfo("America/Chicago")


def local(text: str) -> datetime:
    """A moment of the site's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO).astimezone(UTC)


def test_by_default_they_are_monday_to_friday_seven_to_five() -> None:
    """NCREN's rule."""
    assert (HOURS.days, HOURS.opens, HOURS.closes) == (frozenset(range(5)), time(7), time(17))


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ("2026-11-20T06:59:59", False),
        ("2026-11-20T07:00:00", True),
        ("2026-11-20T16:59:59", True),
        ("2026-11-20T17:00:00", False),
        ("2026-11-21T10:00:00", False),
        ("2026-07-06T07:00:00", True),
    ],
)
def test_they_begin_with_the_bell_and_end_before_the_last(at: str, inside: bool) -> None:
    """The end is exclusive; summer time moves with the clock on the wall."""
    assert (local(at) in HOURS) is inside


def test_a_school_day_is_one_at_any_hour_of_it() -> None:
    """A test at night counts for the day it was run on, by the site's calendar."""
    assert str(HOURS.school_day(local("2026-11-20T23:30:00"))) == "2026-11-20"
    assert HOURS.school_day(local("2026-11-21T00:30:00")) is None


@pytest.mark.parametrize("label", ["2026-W10", "2026-W44", "2026-W47"])
def test_a_week_has_fifty_of_them_even_when_clocks_change(label: str) -> None:
    """Clocks change at night and on Sundays, school hours don't lose any."""
    week = week_named(label, CHICAGO)
    spans = HOURS.spans(week.starts_at, week.ends_at)
    assert len(spans) == 5
    assert sum((b - a for a, b in spans), timedelta()) == timedelta(hours=50)


def test_a_school_open_in_the_night_of_the_change_has_its_real_hours() -> None:
    """From 00:00 to 06:00 there are five hours in March and seven in November."""
    night = SchoolHours(frozenset({6}), time(0), time(6), CHICAGO)
    lengths = []
    for label in ("2026-W10", "2026-W44"):
        week = week_named(label, CHICAGO)
        ((start, end),) = night.spans(week.starts_at, week.ends_at)
        lengths.append((end - start) / timedelta(hours=1))
    assert lengths == [5, 7]


def test_spans_are_clipped_to_what_was_asked() -> None:
    """A report made at noon has the morning only."""
    start, noon = local("2026-11-20T00:00:00"), local("2026-11-20T12:00:00")
    assert HOURS.spans(start, noon) == [(local("2026-11-20T07:00:00"), noon)]
    assert HOURS.spans(start, local("2026-11-20T06:00:00")) == []
    assert HOURS.spans(noon, noon) == []


def test_every_span_is_inside_and_what_is_outside_is_in_no_span() -> None:
    """Membership and spans are two views of one rule."""
    week = week_named("2026-W47", CHICAGO)
    spans = HOURS.spans(week.starts_at, week.ends_at)
    at = week.starts_at
    while at < week.ends_at:
        assert (at in HOURS) == any(a <= at < b for a, b in spans)
        at += timedelta(minutes=30)


def test_holidays_are_no_school_days() -> None:
    """A date or a span of dates: no school hours, no school day, no span."""
    off = SchoolHours.of(Site(timezone="America/Chicago", holidays=("2026-11-26/2026-11-27", "2026-11-23")))
    assert local("2026-11-26 10:00") not in off
    assert off.school_day(local("2026-11-27 10:00")) is None
    week = week_named("2026-W48", CHICAGO)
    assert [start.astimezone(CHICAGO).day for start, _ in off.spans(week.starts_at, week.ends_at)] == [24, 25]


@pytest.mark.parametrize("bad", ["2026-11-31", "2026-12-02/2026-12-01", "26.11.2026", "2026-11", ""])
def test_what_is_no_holiday_is_refused(bad: str) -> None:
    with pytest.raises(ConfigFault, match="expected a list of dates or spans"):
        read_table(Site, {"holidays": [bad]}, "agent.toml: [site]")
