"""What the store knows, read and written through sqlite-utils by the commands that end.

Rows become samples here, and samples rows; no other module knows a column's name, but ``agent/kept_tests.py``
those of throughput tests and ``agent/links.py`` those of the chain.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from agent import kept_tests, links
from agent.migrations import transaction
from reports.chain import Break, Entry, Have, verify
from reports.outlook import ENOUGH_OF_A_WEEK, WeekRates
from reports.periods import Period
from reports.samples import CapacitySample, ClockStep, Hole, Outage, Rates, Stretch, UsageSample
from reports.summaries import Summary
from reports.wire import summary_json

_IMPORTED_MEAN = "interface LIKE 'vnstat:%'"
"""What ``agent/exchange`` brought in from other tools."""


class History:
    """A store's samples and summaries by time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = Database(connection)

    def five_minute_means(self, starts_at: datetime, ends_at: datetime) -> list[UsageSample]:
        """The five-minute means that start in [starts_at, ends_at), oldest first.

        Two WAN interfaces within one slot (a failover) are one mean of both.
        """
        # By place and not by name: a week is 2,016 rows, and summaries read each row three times.
        rows = self._db.execute(
            """SELECT group_concat(interface, '+'), started_at, sum(interval_s), sum(rx_bytes), sum(tx_bytes),
                      max(peak_rx_mbps), max(peak_tx_mbps), sum(link_down_s)
               FROM usage_five_minutes WHERE started_at >= :start AND started_at < :end
               GROUP BY started_at ORDER BY started_at""",
            {"start": _seconds(starts_at), "end": _seconds(ends_at)},
        )
        return [UsageSample(name, _time(at), *figures) for name, at, *figures in rows]

    def capacity_samples(self, starts_at: datetime, ends_at: datetime) -> list[CapacitySample]:
        """The throughput tests that started in [starts_at, ends_at), oldest first."""
        return kept_tests.between(self._db.conn, starts_at, ends_at)

    def add_capacity_sample(self, sample: CapacitySample) -> None:
        """Keeps a test; the same id twice is an error, for a test is counted once."""
        kept_tests.add(self._db.conn, sample)

    def last_capacity_sample(self) -> CapacitySample | None:
        """The newest test of this agent's, measured or not."""
        return next(iter(self.recent_capacity_samples(1)), None)

    def last_trusted_sample(self, before: datetime) -> CapacitySample | None:
        """The newest test before a moment that may enter a verdict."""
        found = kept_tests.select(
            self._db.conn,
            "started_at < ? AND outcome = 'ok' AND flags = '[]' ORDER BY started_at DESC, id LIMIT 1",
            [_seconds(before)],
        )
        return found[0] if found else None

    def recent_capacity_samples(self, count: int) -> list[CapacitySample]:
        """The newest tests of this agent's, newest first."""
        return kept_tests.recent(self._db.conn, count)

    def outages(self, starts_at: datetime, ends_at: datetime) -> list[Outage]:
        """The outages that reach into [starts_at, ends_at), oldest first, whole."""
        rows = self._db["outages"].rows_where(
            "started_at < ? AND ifnull(ended_at, seen_until) > ?",
            [_seconds(ends_at), _seconds(starts_at)],
            order_by="started_at",
        )
        return [_outage(row) for row in rows]

    def running_outage(self) -> Outage | None:
        """The outage that lasted when the agent last probed, also one that ended because nobody went on."""
        lasted = "ended_at IS NULL OR seen_until >= (SELECT max(ends_at) FROM probed)"
        rows = self._db["outages"].rows_where(lasted, order_by="started_at DESC", limit=1)
        return next((_outage(row) for row in rows), None)

    def probed(self, starts_at: datetime, ends_at: datetime) -> list[Stretch]:
        """The stretches of [starts_at, ends_at) in which reachability was probed, oldest first."""
        rows = self._db["probed"].rows_where(
            "starts_at < ? AND ends_at > ?", [_seconds(ends_at), _seconds(starts_at)], order_by="starts_at"
        )
        return [
            Stretch(max(starts_at, _time(row["starts_at"])), min(ends_at, _time(row["ends_at"])))
            for row in rows
        ]

    def holes(self, starts_at: datetime, ends_at: datetime) -> list[Hole]:
        """The stretches that reach into [starts_at, ends_at) and whose samples are gone, oldest first."""
        rows = self._db["holes"].rows_where(
            "starts_at < ? AND ends_at > ?",
            [_seconds(ends_at), _seconds(starts_at)],
            order_by="starts_at, ends_at",
        )
        return [
            Hole(_time(row["starts_at"]), _time(row["ends_at"]), row["what"], row["reason"]) for row in rows
        ]

    def last_probe(self) -> datetime | None:
        """When reachability was last probed."""
        row = next(self._db.query("SELECT max(ends_at) AS last FROM probed"))
        return None if row["last"] is None else _time(row["last"])

    def clock_steps(self, starts_at: datetime, ends_at: datetime) -> list[ClockStep]:
        """When in [starts_at, ends_at) the wall clock was set, by what it said then, oldest first."""
        rows = self._db["clock_steps"].rows_where(
            "at >= ? AND at < ?", [_seconds(starts_at), _seconds(ends_at)], order_by="at, rowid"
        )
        return [ClockStep(_time(row["at"]), row["by_s"], bool(row["believed"])) for row in rows]

    def last_clock_step(self) -> ClockStep | None:
        """The newest time the wall clock was set while samples were dated by it."""
        rows = self._db["clock_steps"].rows_where("believed", order_by="rowid DESC", limit=1)
        return next((ClockStep(_time(row["at"]), row["by_s"], True) for row in rows), None)

    def usage_span(self) -> tuple[datetime, datetime] | None:
        """When the first minute row begins and the last one ends; None before the first."""
        row = next(
            self._db.query("SELECT min(started_at) AS first, max(started_at) + 60 AS last FROM usage_minutes")
        )
        return None if row["first"] is None else (_time(row["first"]), _time(row["last"]))

    def last_minute(self) -> UsageSample | None:
        """The newest minute row."""
        row = next(self._db["usage_minutes"].rows_where(order_by="started_at DESC", limit=1), None)
        if row is None:
            return None
        del row["era"]
        return UsageSample(**{**row, "started_at": _time(row["started_at"])})

    def measuring_since(self) -> datetime | None:
        """The time of the first sample or probe of this agent's own, also of one too old to be kept by
        now; what was imported doesn't count."""
        row = next(
            self._db.query(
                f"""SELECT min(first) AS first FROM (
                       SELECT min(started_at) AS first FROM usage_five_minutes WHERE NOT {_IMPORTED_MEAN}
                       UNION ALL SELECT min(started_at) FROM capacity_samples WHERE NOT {kept_tests.IMPORTED}
                       UNION ALL SELECT min(starts_at) FROM probed
                       UNION ALL SELECT min(starts_at) FROM holes WHERE reason = 'age')"""  # noqa: S608  # our words
            )
        )
        return None if row["first"] is None else _time(row["first"])

    def means_since(self) -> datetime | None:
        """The time of the oldest five-minute mean that is still kept."""
        row = next(self._db.query("SELECT min(started_at) AS first FROM usage_five_minutes"))
        return None if row["first"] is None else _time(row["first"])

    def hours_with_samples(self, starts_at: datetime, ends_at: datetime) -> list[datetime]:
        """The UTC hours in which anything was sampled or probed, oldest first."""
        rows = self._db.query(
            """SELECT DISTINCT started_at / 3600 * 3600 AS hour FROM usage_five_minutes
                WHERE started_at >= :start AND started_at < :end
               UNION SELECT DISTINCT started_at / 3600 * 3600 FROM capacity_samples
                WHERE started_at >= :start AND started_at < :end""",
            {"start": _seconds(starts_at), "end": _seconds(ends_at)},
        )
        hours = {int(row["hour"]) for row in rows}
        for part in self.probed(starts_at, ends_at):
            hours.update(range(_seconds(part.starts_at) // 3600 * 3600, _seconds(part.ends_at), 3600))
        return [_time(hour) for hour in sorted(hours)]

    def summarised_through(self, period: Period) -> datetime | None:
        """How far the period's summary reaches; None when there is none."""
        rows = list(
            self._db["summaries"].rows_where("kind = ? AND label = ?", [period.kind, period.label], limit=1)
        )
        return _time(rows[0]["through_at"]) if rows else None

    def last_summarised(self, kind: str, now: datetime) -> datetime | None:
        """The end of the newest complete summary of a kind; None when there is none.

        One that ends later than now was made by a clock that was ahead, and must not hold up the others.
        """
        row = next(
            self._db.query(
                """SELECT max(ends_at) AS last FROM summaries
                   WHERE kind = :kind AND through_at >= ends_at AND ends_at <= :now""",
                {"kind": kind, "now": _seconds(now)},
            )
        )
        return None if row["last"] is None else _time(row["last"])

    def weekly_demand(self, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> list[WeekRates]:
        """The 95th percentile in school hours of the weeks that are summarised whole and lie in [starts_at,
        ends_at), oldest first; without weeks of which too little was found."""
        rows = self._db.query(
            """SELECT starts_at, json_extract(body, '$.usage_school.p95.down_mbps') AS down_mbps,
                      json_extract(body, '$.usage_school.p95.up_mbps') AS up_mbps
               FROM summaries
               WHERE kind = 'week' AND through_at >= ends_at AND starts_at >= :start AND ends_at <= :end
                 AND json_extract(body, '$.usage_school.found')
                     >= :enough * json_extract(body, '$.usage_school.expected')
                 AND json_extract(body, '$.usage_school.found') > 0
               ORDER BY starts_at""",
            {"start": _seconds(starts_at), "end": _seconds(ends_at), "enough": ENOUGH_OF_A_WEEK},
        )
        return [
            WeekRates(
                _time(row["starts_at"]).astimezone(zone).date(), Rates(row["down_mbps"], row["up_mbps"])
            )
            for row in rows
        ]

    def keep_summary(self, summary: Summary) -> None:
        """Keeps a summary and puts it in the outbox, in one transaction.

        It takes the place of one of the same period that reached less far, sent or not: that one's samples
        are all in this one. A complete one becomes a link of the chain, and is never made anew.
        """
        with transaction(self._db.conn):
            if links.has(self._db.conn, summary.id):
                return
            self._db.conn.execute(
                "DELETE FROM summaries WHERE kind = ? AND label = ?", (summary.kind, summary.label)
            )
            number, body = None, summary_json(summary)
            if summary.complete:
                number, body = links.append(self._db.conn, summary.id, body)
            self._db.conn.execute(
                """INSERT INTO summaries (id, kind, label, starts_at, ends_at, through_at, body, number)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    summary.id,
                    summary.kind,
                    summary.label,
                    _seconds(summary.starts_at),
                    _seconds(summary.ends_at),
                    _seconds(summary.through_at),
                    body,
                    number,
                ),
            )

    def waiting(self, limit: int = -1) -> list[tuple[str, str]]:
        """Ids and bodies of the summaries that wait to be sent.

        What is no link goes first, for the running week is the site's newest state and shall be seen also
        while a long backlog follows; then the links, in the chain's order.
        """
        rows = self._db.query(
            """SELECT id, body FROM outbox JOIN summaries USING (sequence)
               WHERE refused IS NULL ORDER BY number IS NOT NULL, sequence LIMIT :limit""",
            {"limit": limit},
        )
        return [(row["id"], row["body"]) for row in rows]

    def put_back(self, have: Have) -> int:
        """Puts links into the outbox again that a collector hasn't (any more); says how many."""
        with transaction(self._db.conn):
            return links.put_back(self._db.conn, have)

    def chain(self) -> list[tuple[str, Entry]]:
        """Every link with its summary's id, in order."""
        return links.chain(self._db.conn)

    def linked_bodies(self, starts_at: datetime, ends_at: datetime) -> list[str]:
        """The summaries of [starts_at, ends_at) that are links, as they were hashed, in order."""
        return links.bodies(self._db.conn, _seconds(starts_at), _seconds(ends_at))

    def chain_breaks(self) -> list[Break]:
        """What is wrong with the chain of the summaries that are kept."""
        return verify((entry for _, entry in self.chain()), links.highest(self._db.conn))

    def chain_head(self) -> Entry | None:
        """The newest link."""
        return links.head(self._db.conn)

    def refused(self) -> Iterator[tuple[str, str]]:
        """Ids and reasons of the summaries the collector will never take."""
        rows = self._db.query(
            """SELECT id, refused FROM outbox JOIN summaries USING (sequence)
               WHERE refused IS NOT NULL ORDER BY sequence"""
        )
        return ((row["id"], row["refused"]) for row in rows)

    def sent(self, ids: list[str]) -> None:
        """Takes summaries out of the outbox that the collector has."""
        with transaction(self._db.conn):
            self._db.conn.executemany(
                "DELETE FROM outbox WHERE sequence = (SELECT sequence FROM summaries WHERE id = ?)",
                [(one,) for one in ids],
            )

    def mark_refused(self, reasons: dict[str, str]) -> None:
        """Sets summaries aside that the collector will never take, with its reason."""
        with transaction(self._db.conn):
            self._db.conn.executemany(
                """UPDATE outbox SET refused = ?
                   WHERE sequence = (SELECT sequence FROM summaries WHERE id = ?)""",
                [(reason, one) for one, reason in reasons.items()],
            )


def _outage(row: dict[str, Any]) -> Outage:
    ended = None if row["ended_at"] is None else _time(row["ended_at"])
    return Outage(_time(row["started_at"]), _time(row["seen_until"]), ended, row["rung"], row["detail"])


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
