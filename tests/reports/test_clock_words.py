"""What the clock did to a week's samples is one line of its report, and none when it did nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reports.formats.as_html import html_page
from reports.formats.as_text import plain_text
from reports.samples import ClockStep
from reports.week_words import clock_words
from tests.reports import example_week

WEEK = example_week.short_of_target()
AT = datetime(2026, 11, 18, 16, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("steps", "undated", "words"),
    [
        ((), 0, None),
        ((ClockStep(AT, 1.8e9, believed=False),), 0, None),
        (
            (ClockStep(AT, -7300.0, believed=True),),
            0,
            "The clock was set once by 2 hours back, on Wed 18 Nov 10:05.",
        ),
        (
            (ClockStep(AT, 12.0, believed=True), ClockStep(AT, 200.0, believed=True)),
            0,
            "The clock was set 2 times, at most by 3 minutes ahead, on Wed 18 Nov 10:05.",
        ),
        ((), 1440, "1,440 minutes were counted while the clock wasn't set, and belong to no known date."),
        ((), 1, "1 minute was counted while the clock wasn't set, and belongs to no known date."),
    ],
)
def test_steps_and_minutes_without_a_date_are_told(
    steps: tuple[ClockStep, ...], undated: int, words: str | None
) -> None:
    """A clock that was set before anything was dated by it did no harm, and is no news."""
    report = replace(WEEK, clock_steps=steps, undated_minutes=undated)
    assert clock_words(report) == words


def test_text_and_page_have_the_line() -> None:
    """And neither has it when there is nothing to say."""
    report = replace(WEEK, clock_steps=(ClockStep(AT, 7300.0, believed=True),))
    assert "The clock was set once by 2 hours ahead, on Wed 18 Nov 10:05." in plain_text(report)
    assert "The clock was set once by 2 hours ahead" in html_page(report)
    assert "The clock was set" not in plain_text(WEEK)
    assert "The clock was set" not in html_page(WEEK)
