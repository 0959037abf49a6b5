"""Whether a site speaks as often as it should: on time, late, silent, or never heard. Pure.

What is expected is what its agent says of itself (``AgentState.upload_every_s``), else the median of its
own last gaps, else an hour. One upload that is lost or puts off makes nobody late; three in a row make a
site silent, and so does ``silent_after``, where that is longer. A site that was never heard is work for
whoever installs it and no silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from reports.percentiles import median

Liveliness = Literal["on time", "late", "silent", "never heard"]
STATES: tuple[Liveliness, ...] = ("silent", "late", "on time", "never heard")

USUAL_S = 3600.0
LEAST_S, MOST_S = 600.0, 86_400.0
"""What an agent says, or its past, is believed within these."""
LATE_AFTER, SILENT_AFTER = 1.5, 3.0
"""In expected gaps."""
GRACE_S = 300.0
GAPS_KEPT = 12


@dataclass(frozen=True, slots=True)
class Liveness:
    """How a site stands, how often it is expected, and when it becomes late and silent if it says no more."""

    state: Liveliness
    every_s: float
    late_at: datetime | None
    silent_at: datetime | None


def expected_s(told_s: float | None, gaps_s: Sequence[float]) -> float:
    """Seconds between two uploads, as far as anybody knows."""
    found = told_s if told_s is not None else median(gaps_s) if len(gaps_s) >= GAPS_KEPT // 2 else None
    return min(max(USUAL_S if found is None else found, LEAST_S), MOST_S)


def liveness(
    heard_at: datetime | None,
    every_s: float,
    now: datetime,
    *,
    silent_after_s: float,
    listening_since: datetime | None = None,
) -> Liveness:
    """How a site stands that was last heard then. Nobody is silent to a collector that was away itself: all
    get their time anew from when it is listening again."""
    if heard_at is None:
        return Liveness("never heard", every_s, None, None)
    late_at = heard_at + timedelta(seconds=LATE_AFTER * every_s + GRACE_S)
    silent_at = heard_at + timedelta(seconds=max(SILENT_AFTER * every_s, silent_after_s))
    if listening_since is not None:
        silent_at = max(silent_at, listening_since + timedelta(seconds=LATE_AFTER * every_s + GRACE_S))
    late_at = min(late_at, silent_at)
    state: Liveliness = "silent" if now > silent_at else "late" if now > late_at else "on time"
    return Liveness(state, every_s, late_at, silent_at)


def gaps_with(
    gaps_s: Sequence[float], heard_before: datetime | None, heard_at: datetime
) -> tuple[float, ...]:
    """A site's last gaps with one more; those of a silence say nothing of its habits."""
    if heard_before is None or heard_at <= heard_before:
        return tuple(gaps_s)
    gap = (heard_at - heard_before).total_seconds()
    return tuple(gaps_s) if gap > MOST_S else (*gaps_s, gap)[-GAPS_KEPT:]
