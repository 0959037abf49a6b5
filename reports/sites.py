"""A site's own facts: who it serves, since when, by which contract and in which hours.

School facts only, never a person's. What a school hasn't told is None, and what depends on it says
so. *Users* are SETDA's: students, staff (teachers, administrators, others) and guests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reports.settings import setting

Serves = Literal["school", "independent-school", "district"]
Connection = Literal["fibre", "cable", "dsl", "fixed-wireless", "satellite", "mobile", "other"]

_PART_OF_NAMES = "\u200c\u200d\u200e\u200f"

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _site_id(raw: object) -> str:
    """Ids keep their leading zeros (NCES numbers) and go into addresses as they are."""
    if not isinstance(raw, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", raw):
        raise ValueError(raw)
    return raw


def printable_name(raw: object) -> str:
    """A name as a settings file has it. Raises ValueError."""
    if not isinstance(raw, str) or not raw.strip() or len(raw) > 200:
        raise ValueError(raw)
    # Joiners and direction marks are part of how names are written; other invisible characters aren't.
    if not "".join(char for char in raw if char not in _PART_OF_NAMES).isprintable():
        raise ValueError(raw)
    return raw.strip()


def _zone(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError(raw)
    try:
        ZoneInfo(raw)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(raw) from None
    return raw


def _hours(raw: object) -> str:
    opens, closes = school_hours(str(raw))
    if opens >= closes:
        raise ValueError(raw)
    return str(raw)


def _days(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or not raw or any(day not in WEEKDAYS for day in raw):
        raise ValueError(raw)
    return tuple(day for day in WEEKDAYS if day in raw)


def _holidays(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise ValueError(raw)
    for text in raw:
        holiday(text)
    return tuple(raw)


def holiday(text: object) -> tuple[date, date]:
    """`2026-11-26`, or `2026-12-21/2027-01-01`, as its first and last day. Raises ValueError."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d(/\d{4}-\d\d-\d\d)?", text):
        raise ValueError(text)
    first, _, last = text.partition("/")
    days = date.fromisoformat(first), date.fromisoformat(last or first)
    if days[1] < days[0]:
        raise ValueError(text)
    return days


def school_hours(text: str) -> tuple[time, time]:
    """`07:00-17:00` as two times. Raises ValueError."""
    match = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text)
    if not match:
        raise ValueError(text)
    numbers = [int(part) for part in match.groups()]
    return time(numbers[0], numbers[1]), time(numbers[2], numbers[3])


@dataclass(frozen=True, slots=True)
class Contract:
    """What was bought: contracted capacity, which is neither delivered nor demanded capacity."""

    down_mbps: float | None = setting(None, low=0.001)
    up_mbps: float | None = setting(None, low=0.001)
    provider: str | None = setting(
        None, parse=printable_name, expect="a name of up to 200 printable characters"
    )
    connection: Connection | None = None
    monthly_cost: float | None = setting(None, low=0)
    currency: str = "USD"
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A site as its gateway knows it.

    ``serves`` says whose traffic crosses this gateway: one school of a district, a school that belongs
    to no district, or a whole district. District targets mean something else in each case.
    """

    id: str | None = setting(
        None, parse=_site_id, expect="letters, digits, '.', '_' or '-', up to 64, as text in quotes"
    )
    name: str = setting("This site", parse=printable_name, expect="a name of up to 200 printable characters")
    serves: Serves = "independent-school"
    students: int | None = setting(None, low=0, high=10_000_000)
    staff: int | None = setting(None, low=0, high=10_000_000)
    guests: int = setting(0, low=0, high=10_000_000)
    district_students: int | None = setting(None, low=0, high=10_000_000)
    timezone: str = setting("UTC", parse=_zone, expect='a time zone such as "America/Chicago"')
    school_hours: str = setting(
        "07:00-17:00", parse=_hours, expect='opening and closing time as in "07:00-17:00"'
    )
    school_days: tuple[str, ...] = setting(
        ("mon", "tue", "wed", "thu", "fri"), parse=_days, expect='a list of days as in ["mon", "tue"]'
    )
    holidays: tuple[str, ...] = setting(
        (), parse=_holidays, expect='a list of dates or spans as in "2026-12-21/2027-01-01"'
    )

    @property
    def users(self) -> int | None:
        """Students, staff and guests together; None while students or staff aren't known."""
        if self.students is None or self.staff is None:
            return None
        return self.students + self.staff + self.guests
