"""A month and a school year are the site's own, whole, and come one after the other without gap or overlap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.faults import UsageFault
from reports.long_periods import (
    month_named,
    month_of,
    months_in,
    parts_of,
    school_year_named,
    school_year_of,
    weeks_in,
)
from reports.periods import Period, days_in, midnight, week_named

ZONES = st.sampled_from(
    [
        "America/Chicago",
        "America/Anchorage",
        "America/Sao_Paulo",  # clocks used to change at midnight
        "Africa/Cairo",  # they still do
        "Asia/Kathmandu",
        "Australia/Lord_Howe",  # by half an hour
        "Pacific/Apia",
        "UTC",
    ]
).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2012, 1, 1), datetime(2044, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants bounds without zone
CHICAGO = ZoneInfo("America/Chicago")


@given(MOMENTS, ZONES)
def test_each_moment_is_in_its_month_and_its_year(at: datetime, zone: ZoneInfo) -> None:
    """And both are found again by their names."""
    month, year = month_of(at, zone), school_year_of(at, zone)
    assert month.starts_at <= at < month.ends_at
    assert year.starts_at <= at < year.ends_at
    assert month_named(month.label, zone) == month
    assert school_year_named(year.label, zone) == year


@given(MOMENTS, ZONES)
def test_periods_follow_each_other(at: datetime, zone: ZoneInfo) -> None:
    """The moment at which one ends is the next one's first."""
    month, year = month_of(at, zone), school_year_of(at, zone)
    assert month_of(month.ends_at, zone).starts_at == month.ends_at
    assert month_of(month.ends_at - timedelta(seconds=1), zone) == month
    assert school_year_of(year.ends_at, zone).starts_at == year.ends_at
    assert school_year_of(year.ends_at - timedelta(seconds=1), zone) == year


@given(MOMENTS, ZONES)
def test_they_begin_and_end_at_the_sites_midnight(at: datetime, zone: ZoneInfo) -> None:
    """A month on a first, a school year on a first of July."""
    month, year = month_of(at, zone), school_year_of(at, zone)
    for moment in (month.starts_at, month.ends_at):
        assert moment.astimezone(zone).date().day == 1
        assert moment == midnight(moment.astimezone(zone).date(), zone)
    for moment in (year.starts_at, year.ends_at):
        assert (moment.astimezone(zone).month, moment.astimezone(zone).day) == (7, 1)


@given(MOMENTS, ZONES)
def test_the_parts_add_up_to_the_whole(at: datetime, zone: ZoneInfo) -> None:
    """Days of a month, weeks and months of a year; years of 53 weeks and clocks that change included."""
    month, year = month_of(at, zone), school_year_of(at, zone)
    assert tiles(parts_of(month, zone), month)
    assert tiles(weeks_in(month, zone), month)
    assert tiles(parts_of(year, zone), year)
    assert tiles(months_in(year, zone), year)
    assert len(parts_of(month, zone)) == len(days_in(month, zone))
    assert len(months_in(year, zone)) == 12
    assert 53 <= len(parts_of(year, zone)) <= 54
    labels = [part.label for part in parts_of(year, zone)]
    assert len(set(labels)) == len(labels)


def tiles(parts: list[Period], whole: Period) -> bool:
    return (
        parts[0].starts_at == whole.starts_at
        and parts[-1].ends_at == whole.ends_at
        and all(a.ends_at == b.starts_at for a, b in pairwise(parts))
        and all(part.starts_at < part.ends_at for part in parts)
    )


def test_a_month_has_the_hours_that_its_clocks_give_it() -> None:
    """November 2026 in Chicago has one more than thirty days of them, March one less than thirty-one."""
    hours = {
        name: (month_named(name, CHICAGO).ends_at - month_named(name, CHICAGO).starts_at) / timedelta(hours=1)
        for name in ("2026-02", "2028-02", "2026-03", "2026-11")
    }
    assert hours == {"2026-02": 28 * 24, "2028-02": 29 * 24, "2026-03": 31 * 24 - 1, "2026-11": 30 * 24 + 1}


def test_the_year_of_a_leap_week_keeps_both_its_ends() -> None:
    """2026 has 53 weeks: the school year 2026-27 holds week 53, and is cut in weeks 27 and 26."""
    parts = parts_of(school_year_named("2026-27", CHICAGO), CHICAGO)
    assert [part.label for part in parts[:2]] == ["2026-W27", "2026-W28"]
    assert "2026-W53" in [part.label for part in parts]
    assert parts[-1].label == "2027-W26"
    assert parts[0].starts_at.astimezone(CHICAGO).date() == date(2026, 7, 1)
    assert parts[1].starts_at == week_named("2026-W28", CHICAGO).starts_at


def test_a_school_year_over_a_century_has_its_name() -> None:
    year = school_year_named("2099-00", CHICAGO)
    assert year.label == "2099-00"
    assert year.ends_at.astimezone(CHICAGO).date() == date(2100, 7, 1)


@pytest.mark.parametrize(
    "label", ["2026-13", "2026-00", "2026-1", "2026", "26-10", "0000-01", "9999-12", "٢٠٢٦-10", ""]
)
def test_what_is_no_month_is_said_in_one_line(label: str) -> None:
    with pytest.raises(UsageFault, match=r'^month ".*": no such month, expected one as in 2026-10$'):
        month_named(label, CHICAGO)


@pytest.mark.parametrize(
    "label", ["2026", "2026-28", "2026-26", "2026-2027", "0000-01", "9999-00", "abcd-ef", ""]
)
def test_what_is_no_school_year_is_said_in_one_line(label: str) -> None:
    with pytest.raises(
        UsageFault, match=r'^school year ".*": no such year, expected one as in 2026-27, which'
    ):
        school_year_named(label, CHICAGO)
