"""What uploads bring is judged by the watch as it lies in the store, on both databases."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert

from collector.engine import writing
from collector.fleet_tables import leases
from collector.settings import load
from collector.watch.channels import Way
from collector.watch.leases import ROUNDS
from collector.watch.outbox import Notice
from collector.watch.round import Watch
from collector.watch.words import sentence
from reports.agent_state import AgentState
from reports.periods import day_of, hour_of
from reports.shipped import chosen, shipped_targets
from reports.summaries import Summary
from reports.wire import summary_json, upload_json
from tests.collector import made
from tests.collector.conftest import Running

TARGET = chosen(("fcc-2014-long",), shipped_targets())[0]
MINUTE = timedelta(minutes=1)


def upload(*summaries: Summary, state: AgentState | None = None) -> bytes:
    return upload_json("0.2.0", made.LINCOLN, made.CABLE, [summary_json(one) for one in summaries], state)


def days(count: int, down: float) -> list[Summary]:
    """The school days before NOW, a Friday, newest first."""
    found: list[Summary] = []
    at = made.NOW
    while len(found) < count:
        at -= timedelta(days=1)
        period = day_of(at, made.CHICAGO)
        if at.weekday() < 5:
            found.append(made.summary(period, through_at=period.ends_at, down=down, demand=10.0))
    return found


def hour(before: int, minutes: float) -> Summary:
    period = hour_of(made.NOW - timedelta(hours=before))
    return dataclasses.replace(made.summary(period, through_at=period.ends_at), outage_minutes=minutes)


def watching(collector: Running, told: list[str]) -> Watch:
    def tell(due: Sequence[Notice], now: datetime) -> Mapping[int, str]:
        told.extend(sentence(one) for one in due)
        return {}

    with writing(collector.store.engine) as connection:
        connection.execute(insert(leases).values(name=ROUNDS, holder="0", until=99_999_999_999))
    way = Way("mail", "net@example.org", tell)
    return Watch(
        collector.store.engine, collector.store, load(None), TARGET, [way], "one", away=timedelta(days=999)
    )


def test_days_and_hours_that_were_uploaded_open_what_they_say(collector: Running, token: str) -> None:
    """468 users are asked 468 Mbps; the contract is 100, of which 70 came; an hour ago the line was out."""
    told: list[str] = []
    watch = watching(collector, told)
    assert collector.post(token, upload(*days(5, 70.0), hour(1, 42.0))).status_code == 200
    done = watch.round(made.NOW + MINUTE)
    assert done is not None
    assert (done.opened, done.told) == (3, 3)
    assert sorted(line.removeprefix("Lincoln Elementary") for line in told) == [
        " had no Internet for 42 minutes since Fri 27 Nov 2026, 11:00.",
        " was below its target on 5 of the last 5 school days.",
        "'s line delivered too little of its contract on 5 of the last 5 school days.",
    ]
    again = watch.round(made.NOW + 2 * MINUTE)
    assert again is not None
    assert (again.opened, again.ended, again.told) == (0, 0, 0)


def test_the_same_in_another_order_and_twice_opens_the_same_once(collector: Running, token: str) -> None:
    told: list[str] = []
    watch = watching(collector, told)
    for n, one in enumerate([hour(1, 42.0), *reversed(days(5, 70.0)), *days(5, 70.0), hour(1, 42.0)]):
        collector.now = made.NOW + n * MINUTE
        assert collector.post(token, upload(one)).status_code == 200
        watch.round(collector.now)
    collector.now = made.NOW + timedelta(hours=3, minutes=1)  # days are looked at every three hours
    assert collector.post(token, upload(hour(1, 42.0))).status_code == 200
    watch.round(collector.now)
    assert len(told) == len(set(told)) == 3


def test_an_agent_that_comes_back_tells_why_it_was_away(collector: Running, token: str) -> None:
    told: list[str] = []
    watch = watching(collector, told)
    assert collector.post(token, upload(made.week())).status_code == 200
    watch.round(made.NOW + MINUTE)
    watch.round(made.NOW + timedelta(hours=4))
    collector.now = made.NOW + timedelta(hours=5)
    state = AgentState(
        at=collector.now,
        upload_every_s=3600.0,
        absent_since=made.NOW,
        absent_until=collector.now,
        absent_because="token_refused",
    )
    assert collector.post(token, upload(state=state)).status_code == 200
    watch.round(collector.now + MINUTE)
    assert told == [
        "Lincoln Elementary is silent: last heard Fri 27 Nov 2026, 12:05, expected every hour.",
        "Lincoln Elementary is back after 5 hours: the collector refused its token.",
    ]


def test_a_month_of_tests_above_what_the_agent_may_is_told(collector: Running, token: str) -> None:
    told: list[str] = []
    watch = watching(collector, told)
    state = AgentState(budget_bytes=5e6, upload_every_s=3600.0)
    assert collector.post(token, upload(*days(5, 900.0), state=state)).status_code == 200
    watch.round(made.NOW + MINUTE)
    assert told == ["Lincoln Elementary's tests have moved 7.5 MB this month, and 5.0 MB is all they may."]
