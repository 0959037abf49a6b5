"""Why the collector heard nothing of this agent for a while: told with the next upload that arrives, for a
week.

Worked out from what the store holds of that time: how much of it was sampled, how long the Internet was out
of reach, what was given up for want of a disk, and why uploads failed. What explains at least half of it is
the reason; else it is what the last upload failed by.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent import store
from agent.history import History

LATE_AFTER = 1.5
GRACE = timedelta(minutes=5)
"""Until then an upload is merely late, and needs no reason: the collector's own measure."""
TOLD_FOR = timedelta(days=7)

NOTE = "absence"


@dataclass(frozen=True, slots=True)
class Absence:
    """From the last upload that arrived to the first that did again; ``because`` is None where nobody
    knows."""

    since: datetime
    until: datetime
    because: str | None


def absence(
    connection: sqlite3.Connection, history: History, every_s: float, booted_at: datetime, now: datetime
) -> Absence | None:
    """The absence that an upload now would end, else the last one, for as long as it is told."""
    uploaded = store.noted(connection, "uploaded_at")
    since = datetime.fromisoformat(uploaded) if uploaded else None
    if since is not None and now - since > timedelta(seconds=LATE_AFTER * every_s) + GRACE:
        return Absence(since, now, _because(connection, history, since, now, booted_at))
    noted = json.loads(store.noted(connection, NOTE) or "null")
    if noted is None:
        return None
    since, until = (datetime.fromisoformat(noted[key]) for key in ("since", "until"))
    last = Absence(since, until, noted["because"])
    return last if last.until <= now <= last.until + TOLD_FOR else None


def note(connection: sqlite3.Connection, found: Absence) -> None:
    """Keeps it for the uploads to come."""
    told = {
        "since": found.since.isoformat(timespec="seconds"),
        "until": found.until.isoformat(timespec="seconds"),
        "because": found.because,
    }
    store.note(connection, NOTE, json.dumps(told))


def _because(
    connection: sqlite3.Connection, history: History, since: datetime, now: datetime, booted_at: datetime
) -> str | None:
    half = (now - since).total_seconds() / 2
    holes = history.holes(since, now)
    if _seconds(((h.starts_at, h.ends_at) for h in holes if h.reason != "age"), since, now) >= half:
        return "disk_full"
    if _seconds(((o.started_at, o.until) for o in history.outages(since, now)), since, now) >= half:
        return "no_internet"
    means = history.five_minute_means(since, now)
    if sum(min(mean.interval_s + mean.link_down_s, 300.0) for mean in means) < half:
        return "power" if booted_at > since else "stopped"
    return store.noted(connection, "upload_because")


def _seconds(spans: Iterable[tuple[datetime, datetime]], since: datetime, now: datetime) -> float:
    return sum(max(0.0, (min(end, now) - max(start, since)).total_seconds()) for start, end in spans)
