"""What agents have acknowledged, and whether their store has it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from agent import store
from agent.history import History
from tests.faults import busy


@dataclass
class Told:
    """What a store's agents have acknowledged so far, and what they were at when they ended."""

    minutes: set[int] = field(default_factory=set)
    tests: set[str] = field(default_factory=set)
    summaries: set[str] = field(default_factory=set)
    ended_at: Counter[str] = field(default_factory=Counter)

    def hear(self, lines: list[str]) -> None:
        """All that one agent said before its end."""
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
        self.ended_at[doing] += 1


def hold_against(told: Told, state: Path, *, unsure: int = 1) -> None:
    """The store is in order and has all that was acknowledged, once; of what wasn't, ``unsure`` minutes at
    most. What it has is acknowledged from here on, for it has been read."""
    assert not list(state.glob("*.corrupt-*"))
    with closing(store.open_store(state)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        _hold_minutes(told, connection, unsure)
        tests = {one for (one,) in connection.execute("SELECT id FROM capacity_samples")}
        assert told.tests <= tests
        history = History(connection)
        assert history.chain_breaks() == []
        chain = {one for one, _ in history.chain()}
        assert told.summaries <= chain
        told.tests |= tests
        told.summaries |= chain
        gone = {row[0] for row in connection.execute("SELECT DISTINCT reason FROM holes")}
        assert gone <= {"age", "disk_full"}  # what is older than a day, by the settings or for room
        assert connection.execute("SELECT count(*) FROM undated_minutes").fetchone() == (0,)


def _hold_minutes(told: Told, connection: sqlite3.Connection, unsure: int) -> None:
    begun_s = int(busy.BEGUN.timestamp())
    end_s = int(busy.next_minute(connection).timestamp())
    assert 0 <= end_s - (max(told.minutes, default=begun_s - 60) + 60) <= unsure * 60
    rows = connection.execute("SELECT started_at, rx_bytes, tx_bytes, interval_s, era FROM usage_minutes")
    minutes = {row[0]: row[1:] for row in rows}
    first_s = min(minutes, default=begun_s)
    # Those that wait in memory count for how old a minute is, and die with an agent that is killed.
    oldest_s = end_s + 60 * (unsure + 3) - busy.KEEP.keep_minutes
    assert first_s == begun_s or first_s <= oldest_s, "a minute left too soon"
    assert minutes == {s: (*busy.octets(s), 60.0, 0) for s in range(first_s, end_s, 60)}
    told.minutes.update(minutes)
    expected: dict[int, tuple[int, int, float]] = {}
    for s in range(begun_s, end_s, 60):
        (rx, tx), (sum_rx, sum_tx, sum_s) = busy.octets(s), expected.get(s // 300, (0, 0, 0.0))
        expected[s // 300] = sum_rx + rx, sum_tx + tx, sum_s + 60.0
    means = connection.execute(
        "SELECT started_at / 300, rx_bytes, tx_bytes, interval_s FROM usage_five_minutes"
    )
    assert {row[0]: row[1:] for row in means} == expected
