"""What the tests that are stored leave room for: the month's budget, and engines' tests in a day."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent import kept_tests
from agent.budget import RECENT, account, long_test_bytes, month_of, spent_engines
from agent.config import AgentConfig
from agent.measure import HOLD_S
from reports.samples import CapacitySample


@dataclass(frozen=True, slots=True)
class Allowance:
    """``refusal`` is why no test may be made; ``spent`` are the engines that have had their day's tests;
    ``every_s`` is the mean gap at which the month's budget lasts, ``long`` whether it bears a long test."""

    refusal: str | None
    spent: frozenset[str]
    every_s: float
    long: bool = True


def allowance(
    connection: sqlite3.Connection,
    config: AgentConfig,
    now: datetime,
    unstored: Sequence[CapacitySample] = (),
) -> Allowance:
    """The allowance at a moment; ``unstored`` are tests of this moment that count like the stored ones."""
    begins, ends = month_of(now, ZoneInfo(config.site.timezone))
    recent = [*unstored, *kept_tests.recent(connection, RECENT)]
    books = account(
        [*kept_tests.between(connection, begins, ends), *unstored],
        recent,
        config.budget_bytes,
        (ends - now).total_seconds(),
    )
    day = kept_tests.between(connection, now - timedelta(days=1), now + timedelta(minutes=1))
    return Allowance(
        refusal=books.refusal,
        spent=frozenset(spent_engines([*day, *unstored], now)),
        every_s=books.every_s(config.measure.test_every),
        long=books.bears_long(long_test_bytes(recent, HOLD_S, config.most_test_bytes)),
    )
