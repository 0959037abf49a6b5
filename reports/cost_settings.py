"""What a site knows of costs and of E-rate: the tables ``[cost]`` and ``[erate]`` of its settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from reports.settings import setting

Locale = Literal["urban", "rural"]


@dataclass(frozen=True, slots=True)
class CostSettings:
    """What the site knows of costs; each replaces a benchmark or adds a line. Amounts are of its contract's
    currency, recurring ones a month."""

    target_monthly_cost: float | None = setting(None, low=0)
    target_source: str | None = None
    one_time_cost: float | None = setting(None, low=0)
    staff_hours: float | None = setting(None, low=0)
    staff_hour_cost: float | None = setting(None, low=0)


@dataclass(frozen=True, slots=True)
class ErateSettings:
    """What E-rate needs to know: the district's share of eligible students (0 to 1), where it lies, the date
    by which this year's request must be decided, and the window in which requests are filed."""

    nslp_share: float | None = setting(None, low=0, high=1)
    locale: Locale | None = None
    discount: float | None = setting(None, low=0, high=0.9)
    decide_by: date | None = None
    window_opens: date | None = None
    window_closes: date | None = None

    @property
    def wrong(self) -> str | None:
        """What two keys say against each other, or None."""
        opens, closes = self.window_opens, self.window_closes
        if opens is not None and closes is None:
            return "window_closes: missing, expected the last day of the window that window_opens begins"
        if opens is not None and closes is not None and closes < opens:
            return f"window_closes: found {closes}, expected a date after window_opens"
        return None
