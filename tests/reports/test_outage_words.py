"""Outages are said in whole sentences: how long, how many, from when to when, and where to look."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args

from reports.formats.as_html import html_page
from reports.formats.as_text import plain_text
from reports.outage_words import AT_MOST, more_outages, outage_lines, outages, probing
from reports.samples import Outage, Rung
from reports.sentences import RUNGS
from tests.reports import example_week
from tests.reports.example_week import WEEK

SHORT = example_week.short_of_target()
EMPTY = example_week.nothing_measured()
MONDAY_NIGHT = WEEK.starts_at + timedelta(hours=23, minutes=50)


def lasting(minutes: float, *, ended: bool | None) -> Outage:
    """From Monday 23:50; ``ended`` None is an outage that the agent left open."""
    seen = MONDAY_NIGHT + timedelta(minutes=minutes)
    end = {True: seen + timedelta(minutes=1), False: seen, None: None}[ended]
    return Outage(MONDAY_NIGHT, seen, end, "gateway")


def test_no_data_is_not_no_outage() -> None:
    """Different sentences for different things."""
    assert outages(SHORT) == "The Internet was out of reach for 52 min of the time observed, in 2 outages."
    counted = replace(SHORT, outages=())
    assert outages(counted) == "The line was down for 52 min of the time observed."
    assert outages(example_week.too_early()) == "The line was up whenever it was observed."
    assert outages(EMPTY) == "Nothing was observed, so nothing is known of outages."


def test_each_outage_has_begin_end_length_and_fault() -> None:
    """By the school's clock."""
    assert [line.sentence for line in outage_lines(SHORT)] == [
        "Thu 19 Nov 09:40 to 10:20, 40 min: no link on the WAN interface "
        "(its cable, or the device at its other end)",
        "Fri 20 Nov 18:51 to 19:03, 12 min: the gateway answered, nothing beyond it did "
        "(the provider's line or network)",
    ]


def test_an_end_that_nobody_saw_is_not_made_up() -> None:
    """Another day is named; an agent that went off knows only how long at least."""
    for ended, made_at, words in (
        (True, WEEK.ends_at, "Mon 16 Nov 23:50 to Tue 17 Nov 00:11, 21 min:"),
        (False, WEEK.ends_at, "Mon 16 Nov 23:50 to an end that wasn't seen, at least 20 min:"),
        (None, WEEK.ends_at, "Mon 16 Nov 23:50 to an end that wasn't seen, at least 20 min:"),
        (None, MONDAY_NIGHT + timedelta(minutes=21), "Mon 16 Nov 23:50 to now, so far 20 min:"),
    ):
        report = replace(SHORT, made_at=made_at, outages=(lasting(20, ended=ended),))
        (line,) = outage_lines(report)
        assert line.sentence.startswith(words)


def test_how_much_was_probed_is_said() -> None:
    """165 of 168 hours; nothing where nobody probed."""
    assert probing(SHORT) == "The Internet was probed for 98 % of the time."
    assert probing(EMPTY) is None


def test_a_line_that_fails_all_the_time_does_not_fill_the_report() -> None:
    """The first twenty stand there, the rest are counted."""
    hourly = tuple(
        Outage(at, at, at + timedelta(minutes=5), "dns")
        for at in (WEEK.starts_at + timedelta(hours=n) for n in range(60))
    )
    report = replace(SHORT, outages=hourly)
    assert len(outage_lines(report)) == AT_MOST
    assert more_outages(report) == "And 40 more: see bandgap report --week 2026-W47 --format json."
    assert more_outages(SHORT) is None


def test_every_rung_has_its_words() -> None:
    """A code never reaches a reader."""
    assert set(RUNGS) == set(get_args(Rung))


def test_text_and_page_list_them() -> None:
    """The same lines in both."""
    for line in outage_lines(SHORT):
        assert line.begin in plain_text(SHORT)
        assert f'<td class="t">{line.begin}</td>' in html_page(SHORT)
