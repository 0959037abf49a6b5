"""What the demo school asks of its line in each five minutes: lessons, lunch, evenings, backups and growth.

Rates are in Mbit/s before the line has its say. Each day has its own chance, so that a day is the same
whatever day the data ends on.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from agent.demo.school import ZONE
from reports.periods import SLOT_S, SchoolHours, midnight
from reports.samples import Rates

GROWTH_A_YEAR = 1.34
LEVEL_ON = date(2026, 9, 1)
"""The day on which the profile's rates are the school's; a month before or after has less or more."""

_WEEKDAYS = (0.95, 1.02, 1.05, 1.02, 0.84)
_MONTHS = (0.96, 1.0, 1.02, 1.1, 1.04, 0.9, 0.9, 0.88, 0.96, 1.0, 1.0, 0.93)
"""April is testing, August and December are slow."""


def demand(seed: int, day: date, hours: SchoolHours) -> Iterator[tuple[datetime, Rates]]:
    """The five-minute means of one of the school's days, by when they begin."""
    chance = random.Random(f"{seed} demand {day}")  # noqa: S311  # a demo, no secret
    at, ends = midnight(day, ZONE), midnight(day + timedelta(days=1), ZONE)
    school = hours.school_day(at) is not None
    grown = GROWTH_A_YEAR ** ((day - LEVEL_ON).days / 365.25)
    lessons = grown * _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1] if school else 0.0
    lessons *= math.exp(chance.gauss(0, 0.05))
    swing = chance.gauss(0, 1)
    while at < ends:
        swing = 0.8 * swing + 0.6 * chance.gauss(0, 1)
        local = at.astimezone(ZONE)
        clock = local.hour + local.minute / 60
        down = 5 * grown + 7 * _bump(clock, 20.0, 1.8) + lessons * _lessons(clock)
        up = 0.8 + 0.11 * down + (58 if 1.5 <= clock < 3.0 else 0)
        noise = math.exp(0.14 * swing + chance.gauss(0, 0.05))
        yield at, Rates(down * noise, up * math.exp(0.1 * swing + chance.gauss(0, 0.05)))
        at += timedelta(seconds=SLOT_S)


def _lessons(clock: float) -> float:
    """A school day's demand: it rises with the first bell, dips at lunch and is gone by four."""
    day = _step(clock, 8.1, 0.28) * (1 - _step(clock, 15.2, 0.35))
    lunch = 0.42 * _bump(clock, 12.0, 0.42)
    return 205 * day * (1 - lunch) + 45 * _bump(clock, 10.0, 0.9) + 22 * _bump(clock, 13.6, 0.8)


def _step(clock: float, middle: float, width: float) -> float:
    return 1 / (1 + math.exp(-(clock - middle) / width))


def _bump(clock: float, middle: float, width: float) -> float:
    return math.exp(-(((clock - middle) / width) ** 2))
