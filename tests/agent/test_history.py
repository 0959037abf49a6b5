"""What goes into the store through sqlite-utils comes out as it was."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent import store
from agent.history import History
from reports.periods import SchoolHours, day_of, week_of
from reports.samples import CapacitySample, Outage, Rates, Stretch, UsageSample
from reports.sites import Site
from reports.summaries import Summary, summarise
from reports.wire import summary_json

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SITE = Site(timezone="UTC")


def usage(minutes: float, rx: int = 600, interface: str = "eth0") -> UsageSample:
    return UsageSample(interface, START + timedelta(minutes=minutes), 60.0, rx, 60, 2.0, 1.0, 0.0)


def sample(n: int, **changed: object) -> CapacitySample:
    values: dict[str, object] = {
        "id": f"test-{n}",
        "started_at": START + timedelta(hours=n),
        "ended_at": START + timedelta(hours=n, seconds=9),
        "engine": "http",
        "server": "http://127.0.0.1:8642",
        "outcome": "ok",
        "down_mbps": 94.1,
        "up_mbps": 47.05,
        "latency_idle_ms": 12.5,
        "latency_loaded_ms": 40.0,
        "down_bytes": 24_000_000,
        "up_bytes": 12_000_000,
        "flags": ("nic_limited", "truncated"),
        "interface": "eth0",
        "link_speed_mbps": 100.0,
        "other_down_mbps": 3.5,
        "other_up_mbps": 0.0,
        "jitter_ms": 0.25,
        "responsiveness_rpm": 1500.0,
        "loss_share": 0.01,
        "loss_down_share": 0.0,
        "loss_up_share": 0.01,
        "retransmitted_share": 0.002,
        "burst_down_mbps": 180.0,
        "burst_up_mbps": 90.0,
        "load_s": 15.0,
        **changed,
    }
    return CapacitySample(**values)  # type: ignore[arg-type]


def summary(through: datetime) -> Summary:
    return summarise(week_of(START, SchoolHours.of(SITE).zone), through, [], [], SchoolHours.of(SITE))


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    connection = store.open_store(tmp_path)
    yield History(connection)
    connection.close()


def write(history: History, *rows: UsageSample) -> None:
    store.write_minutes(history._db.conn, rows)


def test_a_test_comes_back_as_it_was(history: History) -> None:
    """Every field, flags in their order, and what isn't known as None."""
    whole = sample(1)
    failed = sample(2, outcome="no_measurement", reason="dns", down_mbps=None, up_mbps=None, flags=())
    for one in (failed, whole):
        history.add_capacity_sample(one)
    assert history.capacity_samples(START, START + timedelta(days=1)) == [whole, failed]
    assert history.last_capacity_sample() == failed


def test_a_test_is_kept_once(history: History) -> None:
    """The same id again is an error of ours, not a second test."""
    history.add_capacity_sample(sample(1))
    with pytest.raises(Exception, match="UNIQUE"):
        history.add_capacity_sample(sample(1))


def test_two_interfaces_in_one_slot_are_one_mean(history: History) -> None:
    """A failover within five minutes adds up to one sample of the school's demand."""
    write(history, usage(0, rx=100), usage(1, rx=50, interface="wwan0"))
    (mean,) = history.five_minute_means(START, START + timedelta(hours=1))
    assert (mean.rx_bytes, mean.interval_s) == (150, 120.0)
    assert set(mean.interface.split("+")) == {"eth0", "wwan0"}


def test_periods_are_half_open(history: History) -> None:
    """What starts at the end belongs to the next."""
    write(history, usage(0), usage(5), usage(10))
    means = history.five_minute_means(START, START + timedelta(minutes=10))
    assert [mean.started_at for mean in means] == [START, START + timedelta(minutes=5)]


def test_an_empty_store_knows_nothing(history: History) -> None:
    assert history.usage_span() is None
    assert history.last_minute() is None
    assert history.last_capacity_sample() is None
    assert history.measuring_since() is None
    assert history.running_outage() is None
    assert history.last_probe() is None
    assert history.hours_with_samples(START, START + timedelta(days=1)) == []


def test_hours_are_those_with_any_sample(history: History) -> None:
    write(history, usage(0), usage(30))
    history.add_capacity_sample(sample(5))
    assert history.hours_with_samples(START, START + timedelta(days=1)) == [START, START + timedelta(hours=5)]


def test_outages_come_back_that_reach_into_a_period(history: History) -> None:
    """Whole, with or without an end; one that ended before it or begins after it doesn't."""
    hour = timedelta(hours=1)
    over = Outage(START - hour, START - hour / 2, START, "link")
    across = Outage(START - hour / 4, START + hour / 4, START + hour / 2, "gateway", "10.0.0.1: no answer")
    lasts = Outage(START + hour, START + 2 * hour, None, "internet")
    store.write_minutes(history._db.conn, [], [lasts, over, across])
    assert history.outages(START, START + timedelta(days=1)) == [across, lasts]
    assert history.outages(START, START + hour) == [across]
    assert history.running_outage() == lasts


def test_an_outage_lasts_until_a_probe_says_otherwise(history: History) -> None:
    """The agent stopped in the middle of it, and its successor hasn't probed yet."""
    out = Outage(START, START + timedelta(minutes=5), START + timedelta(minutes=5), "internet")
    store.write_minutes(history._db.conn, [], [out], [Stretch(START, START + timedelta(minutes=5))])
    assert history.running_outage() == out
    store.write_minutes(
        history._db.conn, [], [], [Stretch(START + timedelta(minutes=7), START + timedelta(minutes=8))]
    )
    assert history.running_outage() is None


def test_probed_time_is_cut_to_the_period(history: History) -> None:
    """And makes hours that have something to summarise, also without a single counter."""
    probed = Stretch(START - timedelta(minutes=90), START + timedelta(minutes=30))
    store.write_minutes(history._db.conn, [], [], [probed])
    assert history.probed(START, START + timedelta(days=1)) == [Stretch(START, probed.ends_at)]
    assert history.last_probe() == probed.ends_at
    assert history.measuring_since() == probed.starts_at
    hours = history.hours_with_samples(START - timedelta(days=1), START + timedelta(days=1))
    assert hours == [START - timedelta(hours=n) for n in (2, 1, 0)]


def test_a_summary_waits_until_it_is_sent(history: History) -> None:
    """Its body is what was made once, to the letter."""
    made = summary(START)
    history.keep_summary(made)
    assert history.waiting() == [(made.id, summary_json(made))]
    history.sent([made.id])
    assert history.waiting() == []


def test_a_later_summary_takes_the_place_of_an_earlier_one(history: History) -> None:
    """Sent or not: only the one that reaches further waits."""
    first, second = summary(START), summary(START + timedelta(hours=1))
    history.keep_summary(first)
    history.sent([first.id])
    history.keep_summary(second)
    assert [one for one, _ in history.waiting()] == [second.id]
    assert history.summarised_through(week_of(START, SchoolHours.of(SITE).zone)) == second.through_at


def test_a_refused_summary_waits_no_longer_but_is_shown(history: History) -> None:
    made = summary(START)
    history.keep_summary(made)
    history.mark_refused({made.id: "HTTP 422: kind"})
    assert history.waiting() == []
    assert list(history.refused()) == [(made.id, "HTTP 422: kind")]


def test_no_summary_without_its_outbox_row(history: History) -> None:
    """The schema itself makes both rows in one statement."""
    history._db.conn.execute(
        "INSERT INTO summaries (id, kind, label, starts_at, ends_at, through_at, body)"
        " VALUES ('a', 'day', 'b', 0, 1, 1, '{}')"
    )
    assert history.waiting() == [("a", "{}")]


def test_the_last_trusted_test_before_a_moment_is_found(history: History) -> None:
    """What failed or is doubtful in between isn't it."""
    assert history.last_trusted_sample(START) is None
    right = sample(1, flags=())
    for one in (right, sample(2), sample(3, outcome="no_measurement", flags=()), sample(9, flags=())):
        history.add_capacity_sample(one)
    assert history.last_trusted_sample(START + timedelta(hours=9)) == right


def kept_week(history: History, at: datetime, p95: Rates, *, found: int = 600, whole: bool = True) -> None:
    """Keeps a week's summary with a figure of its school hours."""
    period = week_of(at, SchoolHours.of(SITE).zone)
    made = summarise(period, period.ends_at if whole else at, [], [], SchoolHours.of(SITE))
    school = replace(made.usage_school, expected=600, found=found, p95=p95)
    history.keep_summary(replace(made, usage_school=school))


def test_the_weeks_demand_is_read_from_their_summaries(history: History) -> None:
    """Whole weeks with enough of their school hours, oldest first; their samples may be long gone."""
    monday = datetime(2026, 11, 2, tzinfo=UTC)
    kept_week(history, monday + timedelta(weeks=1), Rates(120.0, 12.0))
    kept_week(history, monday, Rates(100.0, None))
    kept_week(history, monday + timedelta(weeks=2), Rates(5.0, 1.0), found=299)
    kept_week(history, monday + timedelta(weeks=3), Rates(7.0, 1.0), found=0)
    kept_week(history, monday + timedelta(weeks=4, hours=9), Rates(9.0, 1.0), whole=False)
    zone = ZoneInfo("UTC")
    found = history.weekly_demand(monday, monday + timedelta(weeks=9), zone)
    assert [(week.starts_on, week.p95) for week in found] == [
        (date(2026, 11, 2), Rates(100.0, None)),
        (date(2026, 11, 9), Rates(120.0, 12.0)),
    ]
    assert history.weekly_demand(monday + timedelta(days=1), monday + timedelta(weeks=1), zone) == []


def test_days_and_hours_are_no_weeks(history: History) -> None:
    day = day_of(START, SchoolHours.of(SITE).zone)
    history.keep_summary(summarise(day, day.ends_at, [], [], SchoolHours.of(SITE)))
    assert (
        history.weekly_demand(START - timedelta(days=30), START + timedelta(days=30), ZoneInfo("UTC")) == []
    )
