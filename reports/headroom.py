"""How much of the line school hours use, and how often it is nearly full.

Utilisation is the 95th percentile of school-hours demand over delivered capacity, each way. Thresholds are
what network operators plan by, and no education body's: watch at 60 %, plan at 70 %, upgrade at 80 % (NANOG,
August 2009 and 2020). Means of five minutes hide bursts, which is why operators begin so low.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from reports.periods import SLOT_S, SchoolHours
from reports.samples import Rates, UsageSample
from reports.summaries import ENOUGH_OF_A_SLOT
from reports.wording import later

Stage = Literal["room", "watch", "plan", "upgrade"]

THRESHOLDS: tuple[tuple[float, Stage], ...] = ((0.8, "upgrade"), (0.7, "plan"), (0.6, "watch"))
OPERATOR_PRACTICE = later(
    "Watch at 60 %, plan at 70 %, upgrade at 80 %: what network operators go by, set by no education body."
)
FULL_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Headroom:
    """One way of the line in school hours.

    ``utilisation`` is a share of capacity, ``left_mbps`` what p95 demand leaves of it (never below 0), and
    ``minutes_full`` the observed minutes with a five-minute mean at or above 80 % of it, of
    ``minutes_observed``. None where there is no figure of demand or of capacity.
    """

    capacity_mbps: float | None = None
    p95_mbps: float | None = None
    utilisation: float | None = None
    left_mbps: float | None = None
    stage: Stage | None = None
    minutes_full: float | None = None
    minutes_observed: float = 0.0


def headroom(
    usage: Iterable[UsageSample], p95: Rates, capacity: Rates, hours: SchoolHours
) -> tuple[Headroom, Headroom]:
    """Down and up, from a period's five-minute means, its p95 in school hours and its delivered capacity."""
    means = [
        one.mean for one in usage if one.started_at in hours and one.interval_s >= SLOT_S * ENOUGH_OF_A_SLOT
    ]
    down = _one_way([mean.down_mbps for mean in means], p95.down_mbps, capacity.down_mbps)
    return down, _one_way([mean.up_mbps for mean in means], p95.up_mbps, capacity.up_mbps)


def stage(utilisation: float) -> Stage:
    """What an operator would do at this share of capacity."""
    return next((name for least, name in THRESHOLDS if utilisation >= least), "room")


def _one_way(means: list[float | None], p95: float | None, capacity: float | None) -> Headroom:
    seen = [mean for mean in means if mean is not None]
    minutes = len(seen) * SLOT_S / 60
    if p95 is None or not capacity:
        return Headroom(capacity, p95, minutes_observed=minutes)
    share = p95 / capacity
    full = sum(mean >= FULL_SHARE * capacity for mean in seen) * SLOT_S / 60
    return Headroom(capacity, p95, share, max(0.0, capacity - p95), stage(share), full, minutes)
