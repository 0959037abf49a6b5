"""The text report fits a terminal and says everything that matters, the verdict first."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.formats.as_text import plain_text
from reports.sparkline import spark
from reports.week import WeeklyReport
from tests.reports import example_week

GOLDEN = Path(__file__).parent / "golden" / "short_of_target.txt"
SHORT = plain_text(example_week.short_of_target())


def test_the_report_of_the_example_week_is_the_golden_one() -> None:
    """Read the file when this fails: it is what people see. Then write the new text over it."""
    assert GOLDEN.read_text(encoding="utf-8") == SHORT


def test_a_week_with_years_before_it_and_all_costs_is_the_golden_one() -> None:
    """What a board reads, then the technical part."""
    golden = GOLDEN.with_name("well_known.txt")
    assert golden.read_text(encoding="utf-8") == plain_text(example_week.well_known())


@pytest.mark.parametrize(
    "report",
    [
        example_week.short_of_target(),
        example_week.meets_target(),
        example_week.too_early(),
        example_week.well_known(),
        example_week.supposed(),
        example_week.nothing_measured(),
        example_week.no_students(),
        example_week.no_targets(),
        example_week.named(example_week.HOSTILE["long"]),
    ],
)
def test_no_line_is_longer_than_eighty(report: WeeklyReport) -> None:
    """Also with long names."""
    assert max(len(line) for line in plain_text(report).splitlines()) <= 80


def test_it_begins_with_the_verdict() -> None:
    """Who reads one line reads the right one."""
    assert SHORT.startswith("Short of SETDA 2023-24 by 1,102 Mbps and 394 of 458 users:")


def test_failed_and_untrusted_tests_stand_there_with_their_reasons() -> None:
    """By the school's clock."""
    lines = SHORT.splitlines()
    for at, why in (
        ("Thu 19 Nov 10:01", "No measurement: the WAN interface has no link (no_link)"),
        ("Tue 17 Nov 13:25", "Untrusted: the rate never became steady (not_steady)"),
    ):
        assert lines[lines.index(f"{at}, bandgap, measure.esu7.example") + 1] == f"  {why}"


def test_a_spark_line_leaves_out_what_is_missing() -> None:
    """A space is no data; the lowest block is nothing or nearly so."""
    assert spark([0.0, None, 50.0, 100.0], 100.0) == "▁ ▅█"
    assert spark([0.0, None], 0.0) == "▁ "


def test_wednesdays_line_is_open_where_the_agent_was_off() -> None:
    """Six half hours from eleven to two."""
    (line,) = (line for line in SHORT.splitlines() if line.startswith("Wed 18 Nov"))
    picture = line[len("Wed 18 Nov ") :][:48]
    assert picture[22:28] == " " * 6
    assert picture.count(" ") == 6


def test_names_and_messages_can_not_move_the_cursor() -> None:
    """Colour codes, line breaks and directional overrides are replaced; letters of any script stay."""
    text = plain_text(example_week.named("A\x1b[31mB\u202eC\x07 مدرسة 🏫"))
    assert not [sign for sign in text if not sign.isprintable() and sign != "\n"]
    assert "A\ufffd[31mB\ufffdC\ufffd مدرسة 🏫" in text
