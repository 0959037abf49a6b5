"""The watch on both databases: who fell silent and came back, what is told once, and by one process alone."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, insert, select, update

from collector.engine import reading, writing
from collector.fleet_tables import episodes, leases, notices
from collector.settings import Settings, load
from collector.tables import sites
from collector.watch.channels import Way
from collector.watch.leases import leave, listening_since, take
from collector.watch.outbox import MOST_TRIES, Notice, claim
from collector.watch.round import AWAY, LEASE_LASTS, Watch
from collector.watch.words import sentence, subject
from reports.agent_state import AgentState
from reports.faults import Fault
from reports.periods import Kind, day_of
from reports.shipped import chosen, shipped_targets
from reports.summaries import Summary
from reports.windows import windows
from tests.collector import made

HOUR = timedelta(hours=1)
TARGET = chosen(("fcc-2014-long",), shipped_targets())[0]
HEARD = datetime(2026, 11, 24, 15, 0, tzinfo=made.NOW.tzinfo)


@dataclass
class Held:
    """The days and hours that a store holds, of every site."""

    days: list[Summary] = field(default_factory=list)
    seen: list[Summary] = field(default_factory=list)

    def recent(self, key: int, kind: Kind, now: datetime, limit: int) -> list[Summary]:
        begun = [one for one in self.days if one.kind == kind and one.starts_at <= now]
        return sorted(begun, key=lambda one: one.label, reverse=True)[:limit]

    def hours(self, key: int, starts: Sequence[datetime]) -> list[Summary]:
        return [one for one in self.seen if one.starts_at in starts]


@dataclass
class Told:
    """A channel that takes what it is told, or doesn't."""

    sentences: list[str] = field(default_factory=list)
    fault: str | None = None
    before: Callable[[], None] = lambda: None

    def tell(self, due: Sequence[Notice], now: datetime) -> Mapping[int, str]:
        self.before()
        if self.fault:
            raise Fault(self.fault)
        self.sentences += [sentence(one) for one in due]
        return {}


@dataclass
class Post:
    """A watch over one database, with one site, and what it told."""

    source: Engine
    held: Held = field(default_factory=Held)
    told: Told = field(default_factory=Told)
    settings: Settings = field(default_factory=lambda: load(None))

    def watch(self, holder: str = "one", away: timedelta = 10_000 * HOUR, **alerts: Any) -> Watch:
        changed = dataclasses.replace(
            self.settings, alerts=dataclasses.replace(self.settings.alerts, **alerts)
        )
        way = Way("webhook", "https://example.org/hook", self.told.tell)
        with writing(self.source) as connection:  # it has always been listening
            listening_since(connection, HEARD - 100 * HOUR, away)
        return Watch(self.source, self.held, changed, TARGET, [way], holder, lambda: 1.0, away)

    def site(self, site_id: str = "lincoln", heard_at: datetime | None = HEARD) -> int:
        row = {
            "id": site_id,
            "token_sha256": site_id.encode(),
            "enrolled_at": 0,
            "facts": msgspec.json.encode(dataclasses.replace(made.LINCOLN, id=site_id)).decode(),
            "contract": msgspec.json.encode(made.CABLE).decode(),
            "heard_at": None if heard_at is None else int(heard_at.timestamp()),
        }
        with writing(self.source) as connection:
            return int(connection.execute(insert(sites).values(row).returning(sites.c.key)).scalar_one())

    def hear(self, at: datetime, state: AgentState | None = None) -> None:
        body = None if state is None else msgspec.json.encode(state).decode()
        with writing(self.source) as connection:
            connection.execute(update(sites).values(heard_at=int(at.timestamp()), agent_state=body))

    def rows(self, table: Any) -> list[Any]:
        with reading(self.source) as connection:
            return list(connection.execute(select(table)))


@pytest.fixture
def post(source: Engine) -> Post:
    return Post(source)


def counted(watch: Watch, at: datetime) -> tuple[int, int, int]:
    done = watch.round(at)
    assert done is not None
    return done.opened, done.ended, done.told


def test_a_silent_site_is_told_once_and_its_return_with_the_reason(post: Post) -> None:
    post.site()
    watch = post.watch()
    assert counted(watch, HEARD + HOUR) == (0, 0, 0)
    assert counted(watch, HEARD + 3 * HOUR + timedelta(seconds=2)) == (1, 0, 1)
    assert counted(watch, HEARD + 9 * HOUR) == (0, 0, 0)
    back = HEARD + 10 * HOUR
    post.hear(back, AgentState(absent_since=HEARD, absent_until=back, absent_because="power"))
    assert counted(watch, back + timedelta(minutes=1)) == (0, 1, 1)
    assert post.told.sentences == [
        "Lincoln Elementary is silent: last heard Tue 24 Nov 2026, 09:00, expected every hour.",
        "Lincoln Elementary is back after 10 hours: the machine was off.",
    ]
    (episode,) = post.rows(episodes)
    assert (episode.since, episode.until) == (int(HEARD.timestamp()), int(back.timestamp()))
    assert episode.reason == "power"


def test_who_was_never_heard_is_told_to_nobody(post: Post) -> None:
    post.site(heard_at=None)
    assert counted(post.watch(), HEARD + 100 * HOUR) == (0, 0, 0)


def test_an_agent_that_means_to_speak_seldom_is_given_its_time(post: Post) -> None:
    post.site()
    post.hear(HEARD, AgentState(upload_every_s=6 * 3600.0))
    watch = post.watch()
    assert counted(watch, HEARD + 17 * HOUR) == (0, 0, 0)
    assert counted(watch, HEARD + 19 * HOUR) == (1, 0, 1)


def test_a_collector_that_was_away_takes_nobody_for_silent(post: Post) -> None:
    """Not a storm of alerts after its own outage: each site gets its time to come back, and then counts."""
    post.site()
    watch = post.watch(away=AWAY)
    assert counted(watch, HEARD + timedelta(minutes=10)) == (0, 0, 0)
    began = HEARD + 30 * HOUR
    assert counted(watch, began) == (0, 0, 0)
    for n in range(1, 10):
        assert counted(watch, began + timedelta(minutes=10 * n)) == (0, 0, 0)
    assert counted(watch, began + timedelta(minutes=96)) == (1, 0, 1)


def test_a_reason_of_another_absence_is_not_taken_for_this_one(post: Post) -> None:
    post.site()
    watch = post.watch()
    watch.round(HEARD + 4 * HOUR)
    old = HEARD - 50 * HOUR
    post.hear(HEARD + 5 * HOUR, AgentState(absent_since=old, absent_until=old + HOUR, absent_because="power"))
    watch.round(HEARD + 5 * HOUR)
    assert post.told.sentences[-1] == "Lincoln Elementary is back after 5 hours: it doesn't say why."


def days(count: int, down: float, last: datetime = HEARD) -> list[Summary]:
    """Whole days before ``last``, every one a school day (a Monday to Friday)."""
    found: list[Summary] = []
    at = last
    while len(found) < count:
        at -= timedelta(days=1)
        if at.weekday() < 5:
            period = day_of(at, made.CHICAGO)
            found.append(made.summary(period, through_at=period.ends_at, down=down, up=20.0, demand=10.0))
    return found


def test_days_below_target_are_told_once_and_when_they_are_over(post: Post) -> None:
    """468 users at 1 Mbps each."""
    post.site()
    post.held.days = days(5, 300.0)
    watch = post.watch(contract_share=0.1)
    assert counted(watch, HEARD + timedelta(minutes=1)) == (1, 0, 1)
    post.hear(HEARD + 24 * HOUR)
    assert counted(watch, HEARD + 24 * HOUR) == (0, 0, 0)
    post.hear(HEARD + 168 * HOUR)
    post.held.days += days(5, 900.0, HEARD + 168 * HOUR)
    assert counted(watch, HEARD + 168 * HOUR) == (0, 1, 1)
    assert post.told.sentences[0] == "Lincoln Elementary was below its target on 5 of the last 5 school days."
    assert "below target since" in post.told.sentences[1]


def test_days_of_weeks_ago_that_arrive_now_tell_nobody(post: Post) -> None:
    post.site()
    post.held.days = days(5, 300.0, HEARD - timedelta(days=10))
    assert counted(post.watch(), HEARD + timedelta(minutes=1)) == (0, 0, 0)


def test_quiet_hours_put_off_and_what_is_over_by_then_is_told_once(post: Post) -> None:
    post.site()
    watch = post.watch(quiet=windows(["18:00-06:00"]))  # UTC; the silence begins at 18:00
    at = HEARD + 3 * HOUR + timedelta(minutes=1)
    assert counted(watch, at) == (1, 0, 0)
    post.hear(HEARD + 5 * HOUR)
    assert counted(watch, HEARD + 5 * HOUR) == (0, 1, 0)
    post.hear(HEARD + 14 * HOUR)
    assert counted(watch, HEARD + 14 * HOUR) == (0, 0, 0)
    post.hear(HEARD + 15 * HOUR)
    assert counted(watch, HEARD + 15 * HOUR + timedelta(minutes=1)) == (0, 0, 1)
    assert post.told.sentences == [
        "Lincoln Elementary is back after 5 hours: it doesn't say why (silent since Tue 24 Nov 2026, 09:00)."
    ]


def test_quiet_hours_that_end_while_it_lasts_tell_then(post: Post) -> None:
    post.site()
    watch = post.watch(quiet=windows(["18:00-06:00"]))
    assert counted(watch, HEARD + 4 * HOUR) == (1, 0, 0)
    assert counted(watch, HEARD + 15 * HOUR + timedelta(minutes=1)) == (0, 0, 1)


def test_what_is_not_taken_waits_longer_each_time_and_is_given_up_in_the_end(post: Post) -> None:
    post.site()
    watch = post.watch()
    post.told.fault = "answered HTTP 500"
    at = HEARD + 4 * HOUR
    done = watch.round(at)
    assert done is not None
    assert done.faults == ("webhook to https://example.org/hook: answered HTTP 500",)
    assert counted(watch, at + timedelta(seconds=59)) == (0, 0, 0)
    for _ in range(MOST_TRIES):
        at += HOUR + timedelta(seconds=1)
        watch.round(at)
    (notice,) = post.rows(notices)
    assert (notice.outcome, notice.tries, notice.fault) == ("given up", MOST_TRIES, "answered HTTP 500")
    post.told.fault = None
    assert counted(watch, at + 100 * HOUR) == (0, 0, 0)


def test_an_end_waits_for_its_beginning_to_be_told(post: Post) -> None:
    """A beginning that another process is telling right now."""
    post.site()
    watch = post.watch()
    post.told.fault = "busy"
    watch.round(HEARD + 4 * HOUR)
    with writing(post.source) as connection:
        claim(connection, ["webhook"], HEARD + 5 * HOUR)
    post.told.fault = None
    post.hear(HEARD + 5 * HOUR)
    assert counted(watch, HEARD + 5 * HOUR) == (0, 1, 0)
    later = HEARD + 5 * HOUR + timedelta(minutes=11)  # the other one died
    assert counted(watch, later) == (0, 0, 1)
    assert counted(watch, later + timedelta(minutes=1)) == (0, 0, 1)
    assert [line.split()[2] for line in post.told.sentences] == ["is", "is"]
    assert "silent" in post.told.sentences[0]
    assert "back" in post.told.sentences[1]


def test_only_one_process_at_a_time_makes_the_rounds(post: Post) -> None:
    post.site()
    first, second = post.watch("first"), post.watch("second")
    at = HEARD + HOUR
    assert first.round(at) is not None
    assert second.round(at + timedelta(minutes=1)) is None
    assert first.round(at + timedelta(minutes=2)) is not None
    late = at + timedelta(minutes=2) + LEASE_LASTS
    assert second.round(late + timedelta(seconds=1)) is not None
    assert first.round(late + timedelta(seconds=2)) is None


def test_a_lease_that_is_left_is_free_at_once(source: Engine) -> None:
    with writing(source) as connection:
        assert take(connection, "job", "a", HEARD, HOUR)
        assert not take(connection, "job", "b", HEARD, HOUR)
        leave(connection, "job", "a")
        assert take(connection, "job", "b", HEARD, HOUR)
        (row,) = connection.execute(select(leases)).all()
    assert row.holder == "b"


def test_two_processes_that_tell_at_once_tell_each_notice_once(post: Post) -> None:
    """Even where both hold the job, as after a machine that slept with it."""
    for n in range(40):
        post.site(f"school-{n:02}")
    quiet = post.watch(quiet=windows(["00:00-00:00"]))
    assert counted(quiet, HEARD + 4 * HOUR) == (40, 0, 0)
    with writing(post.source) as connection:
        connection.execute(update(notices).values(not_before=0))
    got: list[int] = []
    at, start = HEARD + 5 * HOUR, threading.Barrier(2)

    def tell() -> None:
        start.wait()
        for _ in range(5):
            with writing(post.source) as connection:
                got.extend(one.episode for one in claim(connection, ["webhook"], at))

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted({row.key for row in post.rows(episodes)})


def test_kinds_that_nobody_wants_told_are_kept_and_not_told(post: Post) -> None:
    post.site()
    assert counted(post.watch(tell=("outage",)), HEARD + 4 * HOUR) == (1, 0, 0)
    assert post.rows(notices) == []


def test_figures_of_an_episode_are_kept_as_json(post: Post) -> None:
    post.site()
    post.watch().round(HEARD + 4 * HOUR)
    (episode,) = post.rows(episodes)
    assert json.loads(episode.figures) == {"every_s": 3600.0}


def test_many_at_once_are_counted_in_the_subject(post: Post) -> None:
    for n in range(3):
        post.site(f"school-{n}")
    post.watch(quiet=windows(["00:00-00:00"])).round(HEARD + 4 * HOUR)
    with writing(post.source) as connection:
        connection.execute(update(notices).values(not_before=0))
        due = claim(connection, ["webhook"], HEARD + 5 * HOUR)
    assert subject(due) == "bandgap: 3 alerts"
    assert subject(due[:1]) == "bandgap: Lincoln Elementary: silent"
