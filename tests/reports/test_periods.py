"""Hours, days and weeks are the site's own, also when clocks change and years end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.faults import UsageFault
from reports.periods import before, day_of, days_in, hour_of, midnight, week_asked, week_named, week_of

CHICAGO = ZoneInfo("America/Chicago")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants bounds without zone
ZONES = st.sampled_from(
    [CHICAGO, LORD_HOWE, ZoneInfo("UTC"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Apia")]
)


def hours(period_start: datetime, period_end: datetime) -> float:
    """How long a period is."""
    return (period_end - period_start) / timedelta(hours=1)


@pytest.mark.parametrize(("day", "length"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-11-24", 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: str, length: float) -> None:
    """23 hours when clocks go forward, 25 when they go back."""
    noon = datetime.fromisoformat(f"{day}T18:00+00:00")
    found = day_of(noon, CHICAGO)
    assert found.label == day
    assert hours(found.starts_at, found.ends_at) == length


@pytest.mark.parametrize(("label", "length"), [("2026-W10", 167), ("2026-W44", 169), ("2026-W47", 168)])
def test_a_week_is_as_long_as_the_clocks_make_it(label: str, length: float) -> None:
    """The day of the change is a Sunday, the week's last."""
    found = week_named(label, CHICAGO)
    assert hours(found.starts_at, found.ends_at) == length
    assert len(days_in(found, CHICAGO)) == 7


def test_a_half_hour_change_is_a_half_hour() -> None:
    """Lord Howe Island moves its clocks by thirty minutes."""
    found = day_of(datetime(2026, 4, 4, 16, tzinfo=UTC), LORD_HOWE)
    assert hours(found.starts_at, found.ends_at) == 24.5


def test_an_hour_is_utcs_so_that_no_two_have_the_same_name() -> None:
    """Both 01:30 of the night in which clocks go back."""
    first, second = (hour_of(datetime(2026, 11, 1, hour, 30, tzinfo=UTC)) for hour in (6, 7))
    assert (first.label, second.label) == ("2026-11-01T06Z", "2026-11-01T07Z")
    assert first.ends_at == second.starts_at


def test_a_moment_belongs_to_the_day_of_the_site_not_of_utc() -> None:
    """Sunday evening in Chicago is Monday in Greenwich."""
    at = datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert day_of(at, CHICAGO).label == "2026-11-22"
    assert week_of(at, CHICAGO).label == "2026-W47"
    assert week_of(at, ZoneInfo("UTC")).label == "2026-W48"


@pytest.mark.parametrize(
    ("day", "label"),
    [
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2024, 12, 30), "2025-W01"),
        (date(2025, 12, 29), "2026-W01"),
    ],
)
def test_a_week_at_the_edge_of_a_year_has_its_iso_name(day: date, label: str) -> None:
    """2026 has 53 weeks; the first days of January may be the old year's, the last of December the new one's."""
    assert week_of(midnight(day, CHICAGO), CHICAGO).label == label


def test_a_week_is_found_by_its_name() -> None:
    """With and without the hyphen, with and without the leading zero."""
    found = week_named("2026-W53", CHICAGO)
    assert found.starts_at == datetime(2026, 12, 28, 6, tzinfo=UTC)
    assert week_named("2026W53", CHICAGO) == found
    assert week_named("2026-W1", CHICAGO).label == "2026-W01"


@pytest.mark.parametrize(
    "label", ["2025-W53", "2026-W00", "2026-W54", "47", "2026-47", "", "2026-W047", "0000-W01", "9999-W53"]
)
def test_a_week_that_does_not_exist_is_a_fault_of_usage(label: str) -> None:
    """2025 has 52 weeks."""
    with pytest.raises(UsageFault) as found:
        week_named(label, CHICAGO)
    assert str(found.value) == f'week "{label}": no such ISO week, expected one as in 2026-W47'
    assert found.value.exit_code == 2


@settings(max_examples=150, deadline=None)
@given(MOMENTS, ZONES)
def test_every_moment_lies_in_its_periods_and_they_meet_without_seam(at: datetime, zone: ZoneInfo) -> None:
    """Ends are exclusive: the one before ends where the next begins."""
    for period in (hour_of(at), day_of(at, zone), week_of(at, zone)):
        assert period.starts_at <= at < period.ends_at
        earlier = before(period, zone)
        assert earlier.kind == period.kind
        assert earlier.ends_at == period.starts_at


@settings(max_examples=60, deadline=None)
@given(MOMENTS, ZONES)
def test_a_week_is_its_days(at: datetime, zone: ZoneInfo) -> None:
    """Seven days without gap or overlap, and the week's name leads back to it."""
    week = week_of(at, zone)
    days = days_in(week, zone)
    assert (days[0].starts_at, days[-1].ends_at) == (week.starts_at, week.ends_at)
    assert all(a.ends_at == b.starts_at for a, b in pairwise(days))
    assert week_named(week.label, zone) == week


def test_the_last_week_is_the_one_that_ended_by_the_sites_calendar() -> None:
    """A minute before Monday in Chicago it is still the week before; other words name a week."""
    sunday = datetime(2026, 11, 23, 5, 59, tzinfo=UTC)
    assert week_asked("last", sunday, CHICAGO).label == "2026-W46"
    assert week_asked("last", sunday + timedelta(minutes=1), CHICAGO).label == "2026-W47"
    assert week_asked(None, sunday, CHICAGO).label == "2026-W47"
    assert week_asked("2026-W40", sunday, CHICAGO).label == "2026-W40"
    with pytest.raises(UsageFault, match="no such ISO week"):
        week_asked("latest", sunday, CHICAGO)
