"""Times of the site's own days in which something holds, such as state testing.

A window is hours (`18:00-06:00`), dates (`2026-12-24`), or both (`2026-04-13/2026-04-24 08:00-15:00`).
Hours that end before they begin go over midnight and belong to the day on which they begin. Everything is
the site's local time; what is asked about is an aware UTC time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_FORM = re.compile(
    r"(?:(?P<first>\d{4}-\d\d-\d\d)(?:/(?P<last>\d{4}-\d\d-\d\d))?)?"
    r"\s*(?:(?P<begin>\d\d:\d\d)-(?P<end>\d\d:\d\d))?"
)

EXPECTED = 'hours, dates or both, as in "18:00-06:00", "2026-12-24" or "2026-04-13/2026-04-24 08:00-15:00"'


@dataclass(frozen=True, slots=True)
class Window:
    """From ``begin`` to ``end`` on each day, or on those from ``first`` to ``last``."""

    begin: time = time(0)
    end: time = time(0)
    first: date | None = None
    last: date | None = None

    def __contains__(self, local: datetime) -> bool:
        return self._span(local) is not None

    def end_after(self, at: datetime, zone: ZoneInfo) -> datetime:
        """When the window that holds ``at`` is over, in UTC; ``at`` itself when none does."""
        span = self._span(at.astimezone(zone).replace(tzinfo=None))
        return at if span is None else span[1].replace(tzinfo=zone).astimezone(UTC)

    def _span(self, local: datetime) -> tuple[datetime, datetime] | None:
        """The stretch of the window that holds a naive local time."""
        for day in (local.date(), local.date() - timedelta(days=1)):
            if self.first is not None and not self.first <= day <= (self.last or self.first):
                continue
            begins = datetime.combine(day, self.begin)
            ends = datetime.combine(day, self.end)
            if ends <= begins:
                ends += timedelta(days=1)
            if begins <= local < ends:
                return begins, ends
        return None


def parse(text: str) -> Window:
    """Reads one window. Raises ValueError."""
    found = _FORM.fullmatch(text.strip())
    if not found or not text.strip():
        raise ValueError(text)
    first = date.fromisoformat(found["first"]) if found["first"] else None
    last = date.fromisoformat(found["last"]) if found["last"] else first
    if first and last and last < first:
        raise ValueError(text)
    begin, end = (time.fromisoformat(found[name] or "00:00") for name in ("begin", "end"))
    return Window(begin, end, first, last)


def windows(raw: object) -> tuple[Window, ...]:
    """Reads a list of them, as settings hold it. Raises ValueError."""
    if not isinstance(raw, list) or not all(isinstance(text, str) for text in raw):
        raise ValueError(raw)
    return tuple(parse(text) for text in raw)


def holds(found: tuple[Window, ...], at: datetime, zone: ZoneInfo) -> bool:
    """Whether any of the windows holds a moment."""
    local = at.astimezone(zone).replace(tzinfo=None)
    return any(local in window for window in found)
