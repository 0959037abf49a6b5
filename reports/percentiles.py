"""Percentiles as operators bill them: sorted, the top share dropped, the highest that is left."""

from __future__ import annotations

import math
from collections.abc import Iterable

from reports.wording import later

P95_METHOD = later(
    "95th percentile of five-minute means by nearest rank: the means are sorted, the highest 5 % are "
    "dropped, and the highest that is left is the figure. It is computed from the stored five-minute "
    "means themselves, never from averages of averages."
)


def percentile(values: Iterable[float | None], share: float) -> float | None:
    """The nearest-rank percentile of the values that exist; None when there is none.

    Nearest rank (ceil(share * n)) always returns a value that was observed, and for 0.95 is what
    carriers do: drop the top 5 % of the five-minute samples and bill the next.
    """
    found = sorted(value for value in values if value is not None)
    if not found:
        return None
    return found[max(0, math.ceil(share * len(found) - 1e-9) - 1)]


def median(values: Iterable[float | None]) -> float | None:
    """The middle value, or the mean of the two middle ones; None when there is none."""
    found = sorted(value for value in values if value is not None)
    if not found:
        return None
    half = len(found) // 2
    return found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2
