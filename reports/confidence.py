"""How far a median of tests and a 95th percentile can be off, given how many days and tests they rest on.

Both intervals are at 90 % and assume no shape of distribution. A median's is read off its order statistics.
A 95th percentile's comes from resampling whole school days with replacement (block bootstrap: Kuensch 1989),
because five-minute means of one day resemble each other, and a thousand of them are no thousand witnesses.
The draws are seeded by the figures themselves: the same week gives the same interval each time.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import comb

from reports.percentiles import percentile

LEVEL = 0.90
LEAST_DAYS = 3
"""Days to draw from before an interval is told; with two, every draw is one of three weeks."""
DRAWS = 400
"""More moves the ends by less than the days themselves do."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From low to high, in the figure's own unit."""

    low: float
    high: float


def of_median(values: Iterable[float | None]) -> Interval | None:
    """The interval of the median; None for fewer than five values, whose extremes hold it too seldom."""
    found = sorted(value for value in values if value is not None)
    count = len(found)
    outside = (1 - LEVEL) / 2
    below = 0.0
    for rank in range(count // 2):
        below += comb(count, rank) / 2**count
        if below > outside:
            return Interval(found[rank - 1], found[count - rank]) if rank else None
    return None


def of_p95(days: Mapping[date, Sequence[float]]) -> Interval | None:
    """The interval of the 95th percentile of five-minute means, given by school day; None for few days."""
    kept = [sorted(values) for _, values in sorted(days.items()) if values]
    if len(kept) < LEAST_DAYS:
        return None
    dice = random.Random(repr(kept))  # noqa: S311  # a statistic, no secret
    drawn = []
    for _ in range(DRAWS):
        pool: list[float] = []
        for values in dice.choices(kept, k=len(kept)):
            pool += values
        drawn.append(percentile(pool, 0.95))
    low, high = percentile(drawn, (1 - LEVEL) / 2), percentile(drawn, (1 + LEVEL) / 2)
    return None if low is None or high is None else Interval(low, high)
