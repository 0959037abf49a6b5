"""When throughput tests are made: memoryless, seeded by site, outside quiet windows, within the budget.

Gaps are exponential, cut off below and above: a test that comes at random moments sees the line as it is
(RFC 2330, 11.1.1, Poisson sampling), and one that may come at once or never serves nobody; M-Lab asks
the same of unattended clients. Each test's time follows from the one before and from the site's seed
alone, so that a fleet doesn't march in step, a restart changes nothing, and the timetable can be printed.
All times are UTC; the site's hours only say what is quiet, so that a day on which clocks change has its
tests once.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from reports.periods import SchoolHours, week_of
from reports.windows import Window, holds

Kind = Literal["light", "full", "long"]

_CUT_BELOW, _CUT_ABOVE = 0.1, 2.5
_RAREST, _LIKELIEST = math.exp(-_CUT_ABOVE), math.exp(-_CUT_BELOW)
_MEAN = ((1 + _CUT_BELOW) * _LIKELIEST - (1 + _CUT_ABOVE) * _RAREST) / (_LIKELIEST - _RAREST)
"""A unit exponential between the two cuts has this mean, 0.86; gaps are scaled so that it is the site's."""

FLOOR, CEILING = _CUT_BELOW / _MEAN, _CUT_ABOVE / _MEAN
"""The shortest and the longest gap as shares of the mean: 0.12 and 2.9, 42 minutes and 17 hours for 6 h."""

QUIETEST = timedelta(days=400)
"""Where the search for a moment that isn't quiet ends."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """A site's rule. ``every_s`` is the mean gap in seconds; ``seed`` tells the sites apart.

    ``full`` are windows in which tests may cost what they cost; outside of them, in school hours, a test is
    light. With no such windows every test is full. With ``long_tests`` one test of each of the site's weeks
    is long: the first that finds no school and, where there are such windows, is in one of them.
    """

    every_s: float
    seed: str
    zone: ZoneInfo
    hours: SchoolHours
    quiet: tuple[Window, ...] = ()
    full: tuple[Window, ...] = ()
    long_tests: bool = False

    def after(self, planned: datetime) -> datetime:
        """The test that follows the one planned for ``planned``, in whole seconds."""
        chance = random.Random(f"{self.seed}:{int(planned.timestamp())}")  # noqa: S311  # a spread, not a secret
        gap = -math.log(chance.uniform(_RAREST, _LIKELIEST)) / _MEAN * self.every_s
        at = planned + timedelta(seconds=max(1, round(gap)))
        until = at + QUIETEST
        while holds(self.quiet, at, self.zone) and at < until:
            ends = max(window.end_after(at, self.zone) for window in self.quiet)
            # Not at the very end of it, where every site would start.
            at = ends + timedelta(seconds=round(chance.random() * FLOOR * self.every_s))
        return at

    def coming(self, first: datetime) -> Iterator[datetime]:
        """The tests from ``first`` on, which is the first of them, without end."""
        at = first
        while True:
            yield at
            at = self.after(at)

    def kind(self, at: datetime, last_long: datetime | None) -> Kind:
        """What a test should cost now. ``last_long`` is when a long one was last begun.

        It is light when school is on and the site chose other hours for more.
        """
        wide = not self.full or holds(self.full, at, self.zone)
        school = at in self.hours
        if self.long_tests and wide and not school:
            week = week_of(at, self.zone)
            if last_long is None or not week.starts_at <= last_long < week.ends_at:
                return "long"
        return "light" if school and not wide else "full"

    def kinds(self, times: Iterable[datetime], last_long: datetime | None) -> Iterator[tuple[datetime, Kind]]:
        """Each of some tests to come, in their order, with what it will be."""
        for at in times:
            kind = self.kind(at, last_long)
            if kind == "long":
                last_long = at
            yield at, kind


def first_test(cadence: Cadence, planned: datetime | None, now: datetime) -> datetime:
    """When to test first after a start: as planned before, if that is still ahead, else soon but not at once.

    A start is no reason for a test: machines that are rebooted all the time would test all the time.
    """
    if planned is not None and now < planned <= now + timedelta(seconds=CEILING * cadence.every_s):
        return planned
    chance = random.Random(f"{cadence.seed}:{int(now.timestamp())}")  # noqa: S311  # a spread too
    soon = min(60.0, cadence.every_s / 4) * (0.5 + chance.random())
    at = now + timedelta(seconds=soon)
    return cadence.after(now) if holds(cadence.quiet, at, cadence.zone) else at


def stretched(every_s: float, cost_bytes: float, left_bytes: float, left_s: float) -> float:
    """The mean gap in seconds at which what is left of a budget lasts: the site's own, or a longer one."""
    if cost_bytes <= 0 or left_s <= 0:
        return every_s
    if left_bytes < cost_bytes:
        return max(every_s, left_s)
    return max(every_s, left_s * cost_bytes / left_bytes)
