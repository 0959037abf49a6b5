"""kill -9 at any moment: what was acknowledged is there, and each summary counts once.

A busy agent is a copy of this process (fork: a new interpreter for each kill would be most of the time). It
says over a pipe what its store has taken; after the kill the store is held against that. Its collector is a
real one, and is killed too now and then. BANDGAP_FAULT_KILLS makes it long.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent import store
from agent.config import load
from agent.history import History
from agent.token_file import read_token
from tests.commands import until
from tests.faults import busy
from tests.faults.counts import count, size
from tests.faults.gateway import Gateway

KILLS = size("KILLS", 25)
SCHOOL = 250
"""Kills of one store before another one begins, from nothing."""
LONGEST_S = 0.25
COLLECTOR_EVERY = 10
SEED = 9


@dataclass
class Told:
    """What a store's agents have acknowledged so far."""

    minutes: set[int] = field(default_factory=set)
    tests: set[str] = field(default_factory=set)
    summaries: set[str] = field(default_factory=set)
    killed_at: Counter[str] = field(default_factory=Counter)

    def hear(self, lines: list[str]) -> None:
        """All that one agent said before it was killed; a line that was cut off says nothing."""
        doing = "the start"
        for line in lines:
            word, _, rest = line.partition(" ")
            assert word != "fault", rest
            if word == "minute":
                self.minutes.add(int(rest))
            elif word == "test":
                self.tests.add(rest)
            elif word == "summary":
                self.summaries.add(rest)
            elif word == "doing":
                doing = rest
        self.killed_at[doing] += 1


def killed_after(gateway: Gateway, seconds: float) -> list[str]:
    """Lets a busy agent work for so long and kills it; returns what it said."""
    config = load(gateway.folder / "agent.toml", zone="UTC")
    token = read_token(config.upload.token_file, {})
    ear, mouth = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ear)
        busy.run(gateway.folder / "state", config, token, mouth)
    os.close(mouth)
    said, until_s = b"", time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        ready, _, _ = select.select([ear], [], [], left_s)
        if ready and not (part := os.read(ear, 65_536)):
            break  # it ended by itself, and has said why
        if ready:
            said += part
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while part := os.read(ear, 65_536):
        said += part
    os.close(ear)
    return said.decode().split("\n")[:-1]


def hold_against(told: Told, gateway: Gateway) -> None:
    """The store is in order and has all that was acknowledged, once; of what wasn't, one minute at most."""
    state = gateway.folder / "state"
    assert not list(state.glob("*.corrupt-*"))
    with closing(store.open_store(state)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        _hold_minutes(told, connection)
        tests = {one for (one,) in connection.execute("SELECT id FROM capacity_samples")}
        assert told.tests <= tests
        history = History(connection)
        assert history.chain_breaks() == []
        assert told.summaries <= {one for one, _ in history.chain()}
        assert connection.execute("SELECT count(*) FROM holes WHERE reason <> 'age'").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM undated_minutes").fetchone() == (0,)
        acknowledged = connection.execute(
            """SELECT kind, label FROM summaries WHERE through_at >= ends_at
               AND sequence NOT IN (SELECT sequence FROM outbox)"""
        ).fetchall()
    with closing(sqlite3.connect(gateway.database)) as connection:
        kept = connection.execute("SELECT kind, label FROM summaries").fetchall()
        assert len(set(kept)) == len(kept), "a summary counted twice"
        assert set(acknowledged) <= set(kept), "a receipt was given for what isn't there"


def _hold_minutes(told: Told, connection: sqlite3.Connection) -> None:
    begun_s = int(busy.BEGUN.timestamp())
    end_s = int(busy.next_minute(connection).timestamp())
    assert max(told.minutes, default=begun_s - 60) + 60 in (end_s, end_s - 60)
    rows = connection.execute("SELECT started_at, rx_bytes, tx_bytes, interval_s, era FROM usage_minutes")
    minutes = {row[0]: row[1:] for row in rows}
    first_s = min(minutes, default=begun_s)
    assert first_s == begun_s or first_s <= end_s - busy.KEEP.keep_minutes, "a minute left too soon"
    assert minutes == {s: (*busy.octets(s), 60.0, 0) for s in range(first_s, end_s, 60)}
    expected: dict[int, tuple[int, int, float]] = {}
    for s in range(begun_s, end_s, 60):
        (rx, tx), (sum_rx, sum_tx, sum_s) = busy.octets(s), expected.get(s // 300, (0, 0, 0.0))
        expected[s // 300] = sum_rx + rx, sum_tx + tx, sum_s + 60.0
    told.minutes.update(minutes)  # what has been read has to stay as well
    means = connection.execute(
        "SELECT started_at / 300, rx_bytes, tx_bytes, interval_s FROM usage_five_minutes"
    )
    assert {row[0]: row[1:] for row in means} == expected


def collector(gateway: Gateway, stack: ExitStack) -> subprocess.Popen[bytes]:
    process = stack.enter_context(gateway.collector())
    until(gateway.healthy, "the collector is up")
    return process


@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(tmp_path: Path) -> None:
    """Kills at random moments of starting, writing, summarising, pruning and sending; every tenth time the
    collector is killed too."""
    chance, left, total, collectors = random.Random(SEED), KILLS, Told(), 0
    while left:
        folder = tmp_path / f"school {left}"
        folder.mkdir()
        gateway, told = Gateway(folder), Told()
        with ExitStack() as stack:
            other = collector(gateway, stack)
            for kill in range(min(left, SCHOOL)):
                if spoil := kill % COLLECTOR_EVERY == COLLECTOR_EVERY - 1:
                    told.hear(killed_after(gateway, chance.uniform(0, LONGEST_S)))
                    hold_against(told, gateway)
                    other.kill()
                told.hear(killed_after(gateway, chance.uniform(0, LONGEST_S)))
                hold_against(told, gateway)
                if spoil:
                    collectors, other = collectors + 1, collector(gateway, stack)
                left -= 1
            done = gateway.upload()
            assert done.returncode == 0, done.stderr
            gateway.assert_all_there_once()
        total.minutes |= {left * 10**12 + one for one in told.minutes}
        total.summaries |= {f"{left} {one}" for one in told.summaries}
        total.killed_at += told.killed_at
    assert len(total.minutes) > KILLS
    where = ", ".join(f"{n} in {doing}" for doing, n in total.killed_at.most_common())
    count(
        f"`kill -9` of a busy agent ({where})",
        KILLS,
        f"{len(total.minutes):,} acknowledged minutes and {len(total.summaries):,} links all there; none twice",
    )
    count("`kill -9` of the collector meanwhile", collectors, "each receipt it gave held")
