"""Summaries are made when they are due, once, and the running week's whenever there is news."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import store
from agent.history import History
from agent.summarise import GRACE, make_summaries
from reports.samples import Outage, Stretch, UsageSample
from reports.sites import Site
from reports.wire import summary_from

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # midnight in Chicago
SITE = Site(timezone="America/Chicago")


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    connection = store.open_store(tmp_path)
    yield History(connection)
    connection.close()


def sampled(history: History, at: datetime, minutes: int = 60) -> None:
    store.write_minutes(
        history._db.conn,
        [
            UsageSample("eth0", at + timedelta(minutes=n), 60.0, 7_500_000, 750_000, 1.5, 0.2, 0.0)
            for n in range(minutes)
        ],
    )


def labels(history: History) -> list[str]:
    return [one.split(":")[1] for one, _ in history.waiting()]


def test_nothing_sampled_is_nothing_to_say(history: History) -> None:
    assert make_summaries(history, SITE, MONDAY) == 0


def test_the_running_week_is_summarised_at_once(history: History) -> None:
    """A fleet's view isn't a week old."""
    sampled(history, MONDAY, minutes=10)
    make_summaries(history, SITE, MONDAY + timedelta(minutes=11))
    assert labels(history) == ["2026-W48"]


def test_an_hour_is_summarised_when_it_has_been_over_for_a_while(history: History) -> None:
    """Its last minute is written after its end."""
    sampled(history, MONDAY)
    make_summaries(history, SITE, MONDAY + timedelta(hours=1) + GRACE - timedelta(seconds=1))
    assert "2026-11-23T06Z" not in labels(history)
    make_summaries(history, SITE, MONDAY + timedelta(hours=1) + GRACE)
    assert "2026-11-23T06Z" in labels(history)


def test_an_outage_without_any_counter_is_summarised(history: History) -> None:
    """Power came back and DHCP didn't: there is no interface to count, and that is the news."""
    out = Outage(MONDAY, MONDAY + timedelta(minutes=59), MONDAY + timedelta(minutes=60), "address")
    probed = Stretch(MONDAY, MONDAY + timedelta(minutes=61))
    store.write_minutes(history._db.conn, [], [out], [probed])
    make_summaries(history, SITE, MONDAY + timedelta(hours=1) + GRACE)
    (body,) = [body for one, body in history.waiting() if one.startswith("hour:")]
    hour = summary_from(json.loads(body))
    assert (hour.label, hour.outage_minutes, hour.usage.found) == ("2026-11-23T06Z", 60.0, 0)


def test_no_news_makes_no_new_summary(history: History) -> None:
    """Asking twice says the same thing once."""
    sampled(history, MONDAY)
    at = MONDAY + timedelta(hours=2)
    assert make_summaries(history, SITE, at) == 2  # the hour, the running week
    assert make_summaries(history, SITE, at + timedelta(minutes=30)) == 0


def test_days_and_weeks_are_the_sites_own(history: History) -> None:
    """A Chicago week begins at 06:00 UTC; after a week off, every day of it is there with what it lacks."""
    sampled(history, MONDAY)
    make_summaries(history, SITE, MONDAY + timedelta(days=8, hours=1))
    assert labels(history) == [
        "2026-W49",
        "2026-11-23T06Z",
        *(f"2026-11-{day}" for day in range(23, 31)),
        "2026-W48",
    ], "the running week first, then the links in their order"
    week = next(summary_from(json.loads(body)) for one, body in history.waiting() if "W48" in one)
    assert week.complete
    assert (week.usage.expected, week.usage.found) == (2016, 12)
    assert week.usage.p95.down_mbps == 1.0


def test_a_year_of_hours_is_caught_up_in_order(history: History) -> None:
    """Hours without a sample make no summary; those with one are all made, once."""
    for day in range(30):
        sampled(history, MONDAY + timedelta(days=day), minutes=5)
    end = MONDAY + timedelta(days=30, hours=1)
    make_summaries(history, SITE, end)
    hours = [label for label in labels(history) if label.endswith("Z")]
    assert len(hours) == 30
    assert hours == sorted(hours)
    assert make_summaries(history, SITE, end) == 0
