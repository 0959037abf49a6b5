"""An agent at full speed: all that it does to its store and its collector, without the waiting between.

The product's own code does every step; only who calls it, and when, is ours, and time comes in as an
argument. What has been acknowledged, so that it must be there whatever happens next, is said in a line each.
Every row is made by its time alone, so that whoever reads it later knows what has to be in it.
"""

from __future__ import annotations

import os
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from agent import agent_lock, damage, low_disk, retention, store
from agent.children import Children
from agent.config import AgentConfig, ReachabilitySettings
from agent.counters import Delta
from agent.history import History
from agent.ledger import Ledger
from agent.reach.reachability import Reachability
from agent.salvage import salvage_waiting
from agent.summarise import make_summaries
from agent.upload import Patience, send_waiting
from agent.upload_lock import one_at_a_time
from reports.samples import CapacitySample

BEGUN = datetime(2026, 11, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEEP = retention.StoreSettings(keep_minutes=86_400.0, keep_five_minutes=40 * 86_400.0)
"""Short, so that rows leave the store all the time too."""

Acknowledge = Callable[[str], None]


def octets(started_s: int) -> tuple[int, int]:
    """What passes in the minute that begins then, down and up."""
    return 7_500_000 + started_s // 60 % 977 * 1009, 750_000 + started_s // 60 % 499


def test_at(at: datetime) -> CapacitySample:
    return CapacitySample(
        f"test-{at:%Y%m%d%H}",
        at,
        at + timedelta(seconds=9),
        "http",
        "https://collector.example.org",
        "ok",
        down_mbps=94.1,
        up_mbps=47.05,
        down_bytes=24_000_000,
        up_bytes=12_000_000,
    )


test_at.__test__ = False  # type: ignore[attr-defined]  # not pytest's kind of test


class BusyAgent:
    """One agent on its state folder, from its start on; killed, another one goes on where it was."""

    def __init__(self, state: Path, config: AgentConfig, token: str, acknowledge: Acknowledge) -> None:
        self.state, self._config, self._token, self._acknowledge = state, config, token, acknowledge
        self._lock = agent_lock.take(state)
        self.connection = damage.open_sound(state, BEGUN, check=self._lock.unclean)
        self._lock.begin()
        store.lose_sight(self.connection)
        self.at = next_minute(self.connection)
        self._reachability = Reachability(ReachabilitySettings(), Children({}))
        self.ledger = Ledger(self.connection, state, self._renew, boot="busy", synchronised=lambda: True)
        self.ledger.begin(self._uptime_s(self.at), self.at)

    def work(self) -> None:
        """Minute after minute, until it is killed."""
        while True:
            self._acknowledge("doing minutes")
            self.minute()
            if self.at.minute == 0:
                self.hour()

    def minute(self) -> None:
        """What the loop does in a minute; acknowledged when it is written, with all that waited before."""
        ends_at = self.at + MINUTE
        self.ledger.look(self._uptime_s(ends_at), ends_at, self._reachability)
        self.ledger.fold.add("eth0", Delta(60.0, *octets(int(self.at.timestamp()))), ends_at, link_up=True)
        self.ledger.close()
        self.at = ends_at
        waited = [int(row.started_at.timestamp()) for row in self.ledger.fold.ready]
        if self.ledger.write(self._reachability):
            self._acknowledge("\n".join(f"minute {started_s}" for started_s in waited))

    def hour(self) -> None:
        """What the hourly child does, and a test now and then."""
        now = self.at + timedelta(minutes=2)
        with one_at_a_time(self.state), closing(store.open_store(self.state)) as connection:
            history = History(connection)
            if self.at.hour % 6 == self.at.minute == 0:
                self._acknowledge("doing a test's row")
                test = test_at(self.at)
                history.add_capacity_sample(test)
                self._acknowledge(f"test {test.id}")
            self._acknowledge("doing summaries")
            low_disk.mind_the_disk(connection, self.state, now)
            salvage_waiting(self.state, connection, self._config.site, now)
            make_summaries(history, self._config.site, now)
            newest = connection.execute("SELECT id FROM chain ORDER BY number DESC LIMIT 30").fetchall()
            self._acknowledge("\n".join(f"summary {one}" for (one,) in newest))
            self._acknowledge("doing pruning")
            if retention.prune(connection, KEEP, now):
                retention.give_back(connection)
            self._acknowledge("doing sending")
            send_waiting(history, self._config, self._token, None, Patience(2.0, 2.0))
            store.note(connection, "uploaded_at", now.isoformat())

    def end(self) -> None:
        """Closes what it holds, as SIGTERM does."""
        self.connection.close()
        self._lock.end()
        self._lock.release()

    def _renew(self, fresh: object) -> None:
        raise AssertionError("a store in order was taken for a damaged one")

    @staticmethod
    def _uptime_s(at: datetime) -> float:
        return (at - BEGUN).total_seconds() + 100.0


def next_minute(connection: sqlite3.Connection) -> datetime:
    """The first minute that the store has nothing of."""
    last = connection.execute("SELECT max(started_at) FROM usage_minutes").fetchone()[0]
    return BEGUN if last is None else datetime.fromtimestamp(last, UTC) + MINUTE


def run(state: Path, config: AgentConfig, token: str, mouth: int) -> NoReturn:
    """An agent's whole life in a copy of the test's process; it ends when it is killed."""

    def acknowledge(lines: str) -> None:
        os.write(mouth, f"{lines}\n".encode())

    try:
        acknowledge("doing the start")
        BusyAgent(state, config, token, acknowledge).work()
    except BaseException:  # noqa: BLE001  # whatever it was, the test has to hear of it
        acknowledge(f"fault {traceback.format_exc()!r}")
    os._exit(1)
