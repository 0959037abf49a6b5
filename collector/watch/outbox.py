"""Notices of episodes: entered with their episode, claimed by one process, told once, and tried again until
taken.

A notice is told at least once and marked when that is done. A process that ends between the two tells it
again, under the same number, by which whoever receives it can tell. A notice of an end waits for that of
the beginning. An episode that is over before its beginning was told, as in quiet hours, is told once, as
one that is over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Row, and_, exists, insert, or_, select, update

from collector.fleet_tables import episodes, notices
from collector.tables import sites
from collector.watch.findings import Kind
from reports.sites import Site

Event = Literal["opened", "ended"]
Channel = Literal["mail", "webhook", "apprise"]

MOST_AT_ONCE = 200
CLAIM = timedelta(minutes=10)
"""Longer than telling takes; a process that died with a claim lets go of it by then."""
FIRST_S, CEILING_S = 60.0, 3600.0
MOST_TRIES = 60
"""About two and a half days."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be told: of which episode, by which channel; ``whole`` says that its beginning wasn't
    told."""

    key: int
    episode: int
    event: Event
    channel: Channel
    tries: int
    kind: Kind
    site_id: str
    site: Site
    since: datetime
    until: datetime | None
    figures: dict[str, Any]
    reason: str | None
    whole: bool = False


def enter(connection: Connection, episode: int, event: Event, channel: Channel, not_before: datetime) -> None:
    """Enters one notice."""
    connection.execute(
        insert(notices).values(episode=episode, event=event, channel=channel, not_before=_seconds(not_before))
    )


def enter_end(connection: Connection, episode: int, now: datetime, not_before: datetime) -> None:
    """Enters the end to every channel that was to be told of the beginning, which is withdrawn if it still
    waits."""
    at = _seconds(now)
    connection.execute(
        update(notices)
        .where(notices.c.episode == episode, notices.c.event == "opened", notices.c.done_at.is_(None))
        .where(or_(notices.c.claimed_until.is_(None), notices.c.claimed_until <= at))
        .values(done_at=at, outcome="withdrawn")
    )
    told = connection.scalars(
        select(notices.c.channel).where(notices.c.episode == episode, notices.c.event == "opened")
    ).all()
    for channel in told:
        enter(connection, episode, "ended", channel, not_before)


def claim(connection: Connection, channels: Sequence[Channel], now: datetime) -> list[Notice]:
    """Claims what is due, oldest first; nobody else gets the same until the claim runs out."""
    at = _seconds(now)
    before = notices.alias("before")
    begun = exists().where(
        and_(
            before.c.episode == notices.c.episode,
            before.c.channel == notices.c.channel,
            before.c.event == "opened",
            before.c.done_at.is_(None),
        )
    )
    free = or_(notices.c.claimed_until.is_(None), notices.c.claimed_until <= at)
    rows = connection.execute(
        select(notices, episodes, sites.c.id, sites.c.facts)
        .join(episodes, notices.c.episode == episodes.c.key)
        .join(sites, episodes.c.site == sites.c.key)
        .where(notices.c.done_at.is_(None), notices.c.not_before <= at, free)
        .where(notices.c.channel.in_(channels))
        .where(or_(notices.c.event == "opened", ~begun))
        .order_by(notices.c.key)
        .limit(MOST_AT_ONCE)
    ).all()
    claimed = []
    for row in rows:
        done = connection.execute(
            update(notices)
            .where(notices.c.key == row._mapping[notices.c.key], notices.c.done_at.is_(None), free)
            .values(claimed_until=_seconds(now + CLAIM), tries=notices.c.tries + 1)
        )
        if done.rowcount == 1:
            claimed.append(_notice(connection, row))
    return claimed


def told(connection: Connection, notice: Notice, now: datetime) -> None:
    """It has been taken."""
    connection.execute(
        update(notices)
        .where(notices.c.key == notice.key)
        .values(done_at=_seconds(now), outcome="told", claimed_until=None, fault=None)
    )


def failed(connection: Connection, notice: Notice, fault: str, now: datetime, jitter: float) -> None:
    """It wasn't taken: it waits, longer each time, or is given up. ``jitter`` is uniform in [0, 1)."""
    values: dict[str, Any] = {"claimed_until": None, "fault": fault[:500]}
    if notice.tries >= MOST_TRIES:
        values |= {"done_at": _seconds(now), "outcome": "given up"}
    else:
        wait = min(CEILING_S, FIRST_S * 2.0 ** min(notice.tries - 1, 16)) * (0.5 + jitter / 2)
        values |= {"not_before": _seconds(now + timedelta(seconds=wait))}
    connection.execute(update(notices).where(notices.c.key == notice.key).values(values))


def _notice(connection: Connection, row: Row[Any]) -> Notice:
    found = row._mapping
    whole = found["event"] == "ended" and bool(
        connection.scalar(
            select(notices.c.key).where(
                notices.c.episode == found["episode"],
                notices.c.channel == found["channel"],
                notices.c.event == "opened",
                notices.c.outcome == "withdrawn",
            )
        )
    )
    until = found[episodes.c.until]
    return Notice(
        key=found[notices.c.key],
        episode=found["episode"],
        event=found["event"],
        channel=found["channel"],
        tries=found["tries"] + 1,
        kind=found["kind"],
        site_id=found[sites.c.id],
        site=msgspec.json.decode(found["facts"], type=Site),
        since=datetime.fromtimestamp(found["since"], UTC),
        until=None if until is None else datetime.fromtimestamp(until, UTC),
        figures=json.loads(found["figures"]),
        reason=found["reason"],
        whole=whole,
    )


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
