"""kill -9 of the real `bandgap run`, its children at times with it, while it uploads to a real collector.

Its clock runs sixty times as fast (fast_clock.c), so that a minute passes in a second. What another process
has read of the store is acknowledged. BANDGAP_FAULT_SERVICES makes it long.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from agent import agent_lock, store
from agent.history import History
from tests.commands import until
from tests.faults.counts import count, size
from tests.faults.gateway import Gateway
from tests.faults.preloaded import preloaded
from tests.faults.test_kill_9 import hold_receipts

KILLS = size("SERVICES", 4)
TIMES = 60
LONGEST_S = 4.0

Rows = dict[tuple[object, ...], tuple[float, ...]]


class FastGateway(Gateway):
    """A gateway whose agent lives through a minute in a second."""

    def hurry(self) -> None:
        library = preloaded("fast_clock", self.folder)
        config = (self.folder / "agent.toml").read_text()
        config = config.replace('"1s"', '"1m"').replace("[measure]\n", '[measure]\npoll_every = "5s"\n')
        (self.folder / "agent.toml").write_text(config)
        self.environ |= {
            "LD_PRELOAD": str(library),
            "FAST_CLOCK_TIMES": str(TIMES),
            "FAST_CLOCK_SINCE": f"{time.time():f}",  # noqa: TID251  # what the fast clock starts from
        }

    def read(self) -> tuple[Rows, set[str]]:
        """Minute rows, and the ids of all links."""
        with closing(store.open_store(self.folder / "state", read_only=True)) as connection:
            rows = connection.execute(
                "SELECT started_at, interface, interval_s + link_down_s, rx_bytes, tx_bytes FROM usage_minutes"
            ).fetchall()
            return {row[:2]: row[2:] for row in rows}, {one for one, _ in History(connection).chain()}

    def kill(self, pid: int, *, with_children: bool) -> None:
        """SIGKILL; children that are let live end by themselves, beside the next agent."""
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if with_children else []
        for one in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)


@pytest.mark.timeout(3600)
def test_a_service_that_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    """Every row that was read before a kill is there after it, as large or larger; the store is in order; in the
    end the collector has every summary once, in a whole chain."""
    gateway, chance, longest = FastGateway(tmp_path), random.Random(4), 0.0
    gateway.sample(3, 0)
    sampled = len(gateway.read()[0])
    with gateway.collector():
        until(gateway.healthy, "the collector is up")
        gateway.hurry()
        for _ in range(KILLS):
            with gateway.agent() as agent:
                until(lambda: agent_lock.taken(gateway.folder / "state"), "the agent is at work", 30)
                time.sleep(chance.uniform(0, LONGEST_S))  # noqa: TID251  # any moment
                rows, links = gateway.read()
                gateway.kill(agent.pid, with_children=chance.random() < 0.5)
                agent.wait()
            after_rows, after_links = gateway.read()
            assert links <= after_links
            assert all(all(a >= b for a, b in zip(after_rows[key], rows[key], strict=True)) for key in rows)
            longest = max(row[0] for row in after_rows.values())
            in_order(gateway)
            hold_receipts(gateway)
        assert agent.returncode == -signal.SIGKILL
        assert longest <= 305, "five minutes are the most in a row of the sampled hours"
        for name in ("LD_PRELOAD", "FAST_CLOCK_TIMES", "FAST_CLOCK_SINCE"):
            del gateway.environ[name]
        done = gateway.upload()
        assert done.returncode == 0, done.stderr
        gateway.assert_all_there_once()
    count(
        "`kill -9` of `bandgap run`, half of the time with its children",
        KILLS,
        f"{len(after_rows) - sampled:,} minutes and {len(after_links):,} links all there; none twice",
    )


def in_order(gateway: Gateway) -> None:
    with closing(sqlite3.connect(gateway.folder / "state" / store.FILE)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        both = [
            connection.execute(
                f"SELECT started_at / 300, sum(rx_bytes), sum(tx_bytes) FROM {table} GROUP BY 1 ORDER BY 1"
            ).fetchall()
            for table in ("usage_minutes", "usage_five_minutes")
        ]
    assert both[0] == both[1], "each minute is in its mean once"
