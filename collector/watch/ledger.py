"""Findings become episodes: one for each kind at a site while it lasts, opened once, and ended once. Pure.

An episode is opened by a finding that holds and is still news, and only where none is open; so late data
opens nothing that is over. It is ended by the first finding that no longer holds, however late that came.
Where nobody knows, it stays open: no news is no recovery.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from collector.watch.findings import Finding, Kind


@dataclass(frozen=True, slots=True)
class Opened:
    """An episode begins; ``since`` is when what it speaks of did."""

    kind: Kind
    since: datetime
    figures: Mapping[str, float | int | str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """An episode is over; ``until`` is when the evidence for that begins or reaches."""

    kind: Kind
    until: datetime


def turn(open_kinds: Iterable[Kind], findings: Iterable[Finding], now: datetime) -> list[Opened | Ended]:
    """What begins and what is over at one site, by what is open there and what is found now."""
    going = set(open_kinds)
    changes: list[Opened | Ended] = []
    for found in findings:
        if found.kind in going and not found.holds:
            changes.append(Ended(found.kind, found.through))
        elif found.kind not in going and found.holds and _news(found, now):
            changes.append(Opened(found.kind, found.since or found.through, found.figures))
    return changes


def _news(found: Finding, now: datetime) -> bool:
    return found.news_until is None or now <= found.news_until
