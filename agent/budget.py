"""What throughput tests may cost: bytes in a month, tests of an engine in a day. Counted from stored samples.

The store is the only account, so a restart forgets nothing. Every test that was begun here counts; those of
another tool, brought in with ``bandgap import``, don't.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agent.cadence import stretched
from agent.engines import limits
from reports.percentiles import median
from reports.periods import midnight
from reports.samples import CapacitySample
from reports.sentences import octets

UNTRIED_MBPS = 100.0
UNTRIED_TEST_BYTES = 100e6
"""What a line is taken to carry, and a test to cost, while none was made here: 4 s at that rate, each way."""

LONG_SHARE = 1 / 8
"""Of a month's budget one long test may take as much: its four take half of it at most."""

RECENT = 10
"""How many of the last tests say what the next one costs."""


@dataclass(frozen=True, slots=True)
class Account:
    """The calendar month so far, by the site's calendar: spent, expected of the next test, and allowed."""

    spent_bytes: float
    test_bytes: float
    budget_bytes: float | None
    left_s: float

    @property
    def refusal(self) -> str | None:
        """Why the next test must not be made, or None."""
        if self.budget_bytes is None or self.spent_bytes + self.test_bytes <= self.budget_bytes:
            return None
        return (
            f"the month's data budget of {octets(self.budget_bytes)} has no room for a test of about "
            f"{octets(self.test_bytes)}: {octets(self.spent_bytes)} are spent"
        )

    def bears_long(self, cost_bytes: float) -> bool:
        """Whether the budget has room for a long test of this cost, and bears one a week."""
        if self.budget_bytes is None:
            return True
        return (
            cost_bytes <= self.budget_bytes * LONG_SHARE
            and self.spent_bytes + cost_bytes <= self.budget_bytes
        )

    def every_s(self, wanted_s: float) -> float:
        """The mean gap at which the month's budget lasts."""
        if self.budget_bytes is None:
            return wanted_s
        return stretched(wanted_s, self.test_bytes, self.budget_bytes - self.spent_bytes, self.left_s)


def month_of(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the site's calendar month begins and ends, in UTC."""
    first = now.astimezone(zone).date().replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return midnight(first, zone), midnight(following, zone)


def account(
    month: Sequence[CapacitySample],
    recent: Sequence[CapacitySample],
    budget_bytes: float | None,
    left_s: float,
) -> Account:
    """The account from the month's samples and the most recent ones."""
    costs = [cost for sample in recent if (cost := sample.down_bytes + sample.up_bytes)]
    return Account(
        spent_bytes=sum(sample.down_bytes + sample.up_bytes for sample in month if not sample.imported),
        test_bytes=median(costs) or UNTRIED_TEST_BYTES,
        budget_bytes=budget_bytes,
        left_s=left_s,
    )


def long_test_bytes(recent: Sequence[CapacitySample], seconds: float, most_bytes: float) -> float:
    """What a test that loads each way for ``seconds``, with ``most_bytes`` at most, is taken to cost.

    By the rate that the line had last, at first too: a burst's octets are paid for like others.
    """
    rates = [UNTRIED_MBPS, UNTRIED_MBPS]
    if known := next((sample for sample in recent if sample.rates), None):
        rates = [
            max(known.down_mbps or 0.0, known.burst_down_mbps or 0.0),
            max(known.up_mbps or 0.0, known.burst_up_mbps or 0.0),
        ]
    return sum(min(most_bytes, rate * 1e6 / 8 * seconds) for rate in rates)


def spent_engines(day: Sequence[CapacitySample], now: datetime) -> set[str]:
    """Engines that may not be asked now: they have had their tests in 24 hours, or one a moment ago."""
    since = now.astimezone(UTC) - timedelta(days=1)
    spent = set()
    for engine, most in limits.DAILY_LIMIT.items():
        made = [
            sample.started_at
            for sample in day
            if sample.engine == engine and sample.started_at > since and not sample.imported
        ]
        rested = not made or (now - max(made)).total_seconds() >= limits.LEAST_WAIT_S
        if len(made) >= most or not rested:
            spent.add(engine)
    return spent
