"""The report says what data is missing, from when to when, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reports.formats.as_html import html_page
from reports.formats.as_text import plain_text
from reports.hole_words import REASONS, missing
from reports.samples import Hole
from tests.reports import example_week

SHORT = example_week.short_of_target()
START = SHORT.period.starts_at
HOUR = timedelta(hours=1)


def hole(begin: float, end: float, what: str = "samples", reason: str = "unwritable") -> Hole:
    return Hole(START + begin * HOUR, START + end * HOUR, what, reason)  # type: ignore[arg-type]


def test_nothing_is_said_of_nothing() -> None:
    assert missing(SHORT) is None
    assert "missing" not in plain_text(SHORT).lower().replace("missing data", "")


def test_from_when_to_when_and_why() -> None:
    """By the site's clock."""
    assert missing(replace(SHORT, holes=(hole(33, 35.5),))) == (
        "Data is missing from Tue 17 Nov 09:00 to Tue 17 Nov 11:30: the store could not be written for long, its disk "
        "was full or read-only."
    )


def test_of_a_damaged_store_it_is_not_certain() -> None:
    """And where its beginning isn't known, it is the week's."""
    lost = Hole(datetime(1970, 1, 1, tzinfo=UTC), START + 26 * HOUR, "samples", "damaged")
    assert missing(replace(SHORT, holes=(lost,))) == (
        "Data may be missing from Mon 16 Nov 00:00 to Tue 17 Nov 02:00: the store was damaged, and not all of it could "
        "be read."
    )


def test_rows_of_a_minute_are_not_missed_in_a_week() -> None:
    """Its figures are of five minutes."""
    assert missing(replace(SHORT, holes=(hole(1, 9, "minutes", "disk_full"),))) is None


def test_holes_of_other_weeks_are_not_this_ones() -> None:
    assert missing(replace(SHORT, holes=(hole(-9, 0), hole(7 * 24, 8 * 24)))) is None


def test_it_stands_in_text_and_on_the_page() -> None:
    report = replace(SHORT, holes=(hole(33, 35),))
    assert "Data is missing from Tue 17 Nov 09:00" in plain_text(report)
    assert "Data is missing from Tue 17 Nov 09:00" in html_page(report)


def test_every_reason_has_words() -> None:
    assert set(REASONS) == {"age", "disk_full", "unwritable", "damaged"}
