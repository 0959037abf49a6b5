"""One round of the watch: looks at the sites that spoke or fell silent, enters episodes, and tells what is
due.

A round looks at no more than changed: sites that were heard since the last one, and those whose time is up.
Days are looked at every few hours. All that a round finds of a site is entered in one transaction with its
notices.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, Row, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from collector.engine import reading, writing
from collector.fleet_tables import episodes, watched
from collector.many_rows import put
from collector.pace import at_once
from collector.settings import Settings
from collector.tables import sites
from collector.watch import findings, ledger, outbox
from collector.watch.channels import Way
from collector.watch.findings import Bounds, DayFact, Finding, HourFact, Kind, Thresholds
from collector.watch.leases import listening_since, take
from collector.watch.liveness import expected_s, gaps_with, liveness
from reports.agent_state import AgentState
from reports.faults import Fault
from reports.periods import Kind as PeriodKind
from reports.periods import SchoolHours, hour_of
from reports.samples import Rates
from reports.sites import Contract, Site
from reports.summaries import Summary
from reports.targets import TargetSet, requirement

LEASE = "watch"
LEASE_LASTS = timedelta(minutes=5)
AWAY = timedelta(minutes=30)
"""After so long without a round the collector itself was away, and nobody is silent for what it didn't
hear."""
SITES_AT_ONCE = 200
SITES_ENTERED_AT_ONCE = 20
"""In one transaction of a few milliseconds; uploads are written between two."""
DAYS_EVERY = timedelta(hours=3)
DAYS_LOOKED_AT, HOURS_LOOKED_AT = 14, 6
DAYS_OF_A_MONTH = 31


class Summaries(Protocol):
    """What the watch reads of a store."""

    def recent(self, key: int, kind: PeriodKind, now: datetime, limit: int) -> list[Summary]: ...

    def hours(self, key: int, starts: Sequence[datetime]) -> list[Summary]: ...


@dataclass(slots=True)
class Round:
    """What a round came to. ``faults`` are one line each, of ways by which nothing could be told."""

    opened: int = 0
    ended: int = 0
    told: int = 0
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """What a round works with. ``holder`` tells this process from every other one."""

    source: Engine
    store: Summaries
    settings: Settings
    target: TargetSet
    ways: Sequence[Way]
    holder: str
    jitter: Callable[[], float] = random.random
    away: timedelta = AWAY
    rest: Callable[[], None] = at_once

    def round(self, now: datetime) -> Round | None:
        """One round; None when another process holds the watch."""
        with writing(self.source) as connection:
            if not take(connection, LEASE, self.holder, now, LEASE_LASTS):
                return None
            since = listening_since(connection, now, self.away)
        done = Round()
        last = 0
        while looked := self._some(last, now, since):
            for first in range(0, len(looked), SITES_ENTERED_AT_ONCE):
                some = looked[first : first + SITES_ENTERED_AT_ONCE]
                with writing(self.source) as connection:
                    put(connection, watched, [_row(each) for each in some])
                    for each in some:
                        self._enter(connection, each, now, done)
                self.rest()
            if len(looked) < SITES_AT_ONCE:
                break
            # Onwards from here, and not from the first again: sites that are heard all the time would make
            # a round without end.
            last = looked[-1].key
        self._tell(now, done)
        return done

    def _some(self, after: int, now: datetime, since: datetime) -> list[_Looked]:
        """Sites that changed, with what is found of them; summaries are read outside of any transaction."""
        with reading(self.source) as connection:
            rows = connection.execute(
                select(sites, watched.c.heard_at.label("before"), watched.c.gaps, watched.c.judged_at)
                .join(watched, watched.c.site == sites.c.key, isouter=True)
                .where(sites.c.heard_at.is_not(None), sites.c.key > after)
                .where(
                    or_(
                        watched.c.site.is_(None),
                        sites.c.heard_at != watched.c.heard_at,
                        watched.c.silent_at < int(now.timestamp()),
                    )
                )
                .order_by(sites.c.key)
                .limit(SITES_AT_ONCE)
            ).all()
            open_ones = list(_open(connection, [row.key for row in rows]))
            ended = _last_silence(connection, [row.key for row in rows])
        going: dict[int, dict[Kind, Row[Any]]] = {}
        for one in open_ones:
            going.setdefault(one.site, {})[one.kind] = one
        looked = []
        for row in rows:
            looked.append(self._look(row, going.get(row.key, {}), ended.get(row.key), now, since))
            self.rest()
        return looked

    def _look(
        self,
        row: Row[Any],
        going: dict[Kind, Row[Any]],
        told_until: datetime | None,
        now: datetime,
        since: datetime,
    ) -> _Looked:
        heard_at = datetime.fromtimestamp(row.heard_at, UTC)
        before = None if row.before is None else datetime.fromtimestamp(row.before, UTC)
        state = msgspec.json.decode(row.agent_state, type=AgentState) if row.agent_state else AgentState()
        gaps = gaps_with(json.loads(row.gaps or "[]"), before, heard_at)
        every_s = expected_s(state.upload_every_s, gaps)
        live = liveness(
            heard_at,
            every_s,
            now,
            silent_after_s=self.settings.fleet.silent_after,
            listening_since=since,
        )
        found = [one for one in (findings.silent(live, heard_at, now),) if one]
        judged_at = datetime.fromtimestamp(row.judged_at or 0, UTC)
        if before != heard_at:
            if "silent" in going:
                told_until = heard_at
            found += self._of_hours(row.key, now, told_until)
            if now - judged_at >= DAYS_EVERY or going.keys() - {"silent", "outage"}:
                found += self._of_days(row, state, now)
                judged_at = now
        silent = live.state == "silent"
        return _Looked(
            row.key,
            row.heard_at,
            gaps,
            every_s,
            None if silent or live.silent_at is None else live.silent_at,
            judged_at,
            state,
            going,
            found,
        )

    def _of_hours(self, key: int, now: datetime, told_until: datetime | None) -> list[Finding]:
        this = hour_of(now).starts_at
        starts = [this - timedelta(hours=n) for n in range(HOURS_LOOKED_AT + 1)]
        facts = [
            HourFact(one.starts_at, one.ends_at, one.outage_minutes)
            for one in self.store.hours(key, starts)
            if one.complete
        ]
        found = findings.outage(facts, self._rule, told_until)
        return [found] if found else []

    def _of_days(self, row: Row[Any], state: AgentState, now: datetime) -> list[Finding]:
        site = msgspec.json.decode(row.facts, type=Site)
        contract = msgspec.json.decode(row.contract, type=Contract)
        budget_gb = self.settings.alerts.budget_gb
        budget = budget_gb * 1e9 if budget_gb is not None else state.budget_bytes
        hours = SchoolHours.of(site)
        limit = DAYS_LOOKED_AT if budget is None else DAYS_OF_A_MONTH
        days = [_day(one, hours) for one in self.store.recent(row.key, "day", now, limit) if one.complete]
        bounds = Bounds(
            requirement(self.target, site).rates,
            Rates(contract.down_mbps, contract.up_mbps),
            budget,
        )
        today = now.astimezone(ZoneInfo(site.timezone)).date()
        spent = findings.over_budget(days, budget, today, now)
        return [*findings.of_days(days, bounds, self._rule), *([spent] if spent else [])]

    def _enter(self, connection: Connection, each: _Looked, now: datetime, done: Round) -> None:
        for change in ledger.turn(each.going, each.found, now):
            if isinstance(change, ledger.Opened):
                done.opened += self._open(connection, each.key, change, now)
            else:
                self._end(connection, each, change, now)
                done.ended += 1

    def _open(self, connection: Connection, site: int, change: ledger.Opened, now: datetime) -> int:
        make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        added = connection.execute(
            make(episodes)
            .values(
                site=site,
                kind=change.kind,
                opened_at=int(now.timestamp()),
                since=int(change.since.timestamp()),
                figures=json.dumps(dict(change.figures)),
            )
            .on_conflict_do_nothing()
            .returning(episodes.c.key)
        ).scalar()
        if added is None:  # another process was first
            return 0
        if change.kind in self.settings.alerts.tell:
            for way in self.ways:
                outbox.enter(connection, int(added), "opened", way.channel, self._loud(now))
        return 1

    def _end(self, connection: Connection, each: _Looked, change: ledger.Ended, now: datetime) -> None:
        row = each.going[change.kind]
        state, reason = each.state, None
        if change.kind == "silent" and state.absent_until and state.absent_until.timestamp() > row.since:
            reason = state.absent_because
        connection.execute(
            update(episodes)
            .where(episodes.c.key == row.key)
            .values(ended_at=int(now.timestamp()), until=int(change.until.timestamp()), reason=reason)
        )
        outbox.enter_end(connection, row.key, now, self._loud(now))

    def _tell(self, now: datetime, done: Round) -> None:
        faults = []
        for way in self.ways:
            with writing(self.source) as connection:
                due = outbox.claim(connection, [way.channel], now)
            if not due:
                continue
            try:
                refused = way.tell(due, now)
            except Fault as fault:
                refused = dict.fromkeys((one.key for one in due), str(fault))
            with writing(self.source) as connection:
                for one in due:
                    if one.key in refused:
                        outbox.failed(connection, one, refused[one.key], now, self.jitter())
                    else:
                        outbox.told(connection, one, now)
            done.told += len(due) - len(refused)
            if refused:
                faults.append(f"{way.channel} to {way.where}: {next(iter(refused.values()))}")
        done.faults = tuple(faults)

    def _loud(self, now: datetime) -> datetime:
        """When the quiet hours that hold now are over; now when none do."""
        alerts = self.settings.alerts
        zone, at = ZoneInfo(alerts.timezone), now
        for _ in range(8):  # windows may follow each other
            local = at.astimezone(zone).replace(tzinfo=None)
            held = [window for window in alerts.quiet if local in window]
            if not held:
                return at
            at = max(window.end_after(at, zone) for window in held)
        return at

    @property
    def _rule(self) -> Thresholds:
        alerts = self.settings.alerts
        return Thresholds(
            alerts.days, alerts.of_days, alerts.outage_minutes, alerts.full_share, alerts.contract_share
        )


@dataclass(frozen=True, slots=True)
class _Looked:
    """One site in one round."""

    key: int
    heard_at: int
    gaps: tuple[float, ...]
    every_s: float
    silent_at: datetime | None
    judged_at: datetime
    state: AgentState
    going: dict[Kind, Row[Any]]
    found: list[Finding]


def _open(connection: Connection, keys: Sequence[int]) -> Iterator[Row[Any]]:
    yield from connection.execute(
        select(episodes).where(episodes.c.site.in_(keys), episodes.c.ended_at.is_(None))
    )


def _last_silence(connection: Connection, keys: Sequence[int]) -> dict[int, datetime]:
    rows = connection.execute(
        select(episodes.c.site, episodes.c.until)
        .where(episodes.c.site.in_(keys), episodes.c.kind == "silent", episodes.c.until.is_not(None))
        .order_by(episodes.c.until)
    )
    return {site: datetime.fromtimestamp(until, UTC) for site, until in rows}


def _row(each: _Looked) -> dict[str, Any]:
    return {
        "site": each.key,
        "heard_at": each.heard_at,
        "gaps": json.dumps([round(gap) for gap in each.gaps]),
        "every_s": round(each.every_s),
        "silent_at": None if each.silent_at is None else int(each.silent_at.timestamp()),
        "judged_at": int(each.judged_at.timestamp()),
    }


def _day(one: Summary, hours: SchoolHours) -> DayFact:
    noon = one.starts_at + (one.ends_at - one.starts_at) / 2
    day = noon.astimezone(hours.zone).date()
    return DayFact(
        day=day,
        ends_at=one.ends_at,
        delivered=one.capacity.typical,
        p95=one.usage_school.p95,
        seen=one.usage_school.coverage,
        school=hours.school_day(noon) is not None,
        tests_bytes=one.tests_down_bytes + one.tests_up_bytes,
    )
