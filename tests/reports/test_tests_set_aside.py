"""Tests that don't count stand by themselves, each with time, server, engine and its reasons, in no verdict."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reports.confirmation import CONFIRMS
from reports.formats.as_html import html_page
from reports.formats.as_md import markdown
from reports.formats.as_text import DOUBTFUL, plain_text
from reports.sentences import FLAGS, NO_MEASUREMENT
from reports.tests_set_aside import NO_VERDICT, SetAside, more_set_aside, set_aside
from reports.week import WeeklyReport
from tests.reports import example_week

SHORT = example_week.short_of_target()
TRUSTED = next(test for test in SHORT.tests if test.trusted)


def doubted(*flags: str, count: int = 1) -> WeeklyReport:
    return replace(SHORT, tests=(replace(TRUSTED, flags=flags),) * count)


def test_each_has_its_time_engine_server_and_reason() -> None:
    steady, no_link = set_aside(SHORT, 9)
    assert steady == SetAside(
        "Tue 17 Nov 13:25",
        "bandgap",
        "measure.esu7.example",
        "91.1",
        steady.up,
        "Untrusted: the rate never became steady",
        "not_steady",
    )
    assert (no_link.down, no_link.up, no_link.codes) == ("–", "–", "no_link")
    assert no_link.why == "No measurement: the WAN interface has no link"


@pytest.mark.parametrize("flag", sorted(set(FLAGS) - {CONFIRMS}))
def test_every_reason_has_words_beside_its_code(flag: str) -> None:
    (line,) = set_aside(doubted(flag, "half_duplex"), 9)
    assert FLAGS[flag] in line.why
    assert line.codes == f"{flag}, half_duplex"


def test_every_reason_for_no_measurement_has_words_too() -> None:
    for reason, words in NO_MEASUREMENT.items():
        failed = replace(TRUSTED, outcome="no_measurement", reason=reason, down_mbps=None, up_mbps=None)
        (line,) = set_aside(replace(SHORT, tests=(failed,)), 9)
        assert (line.codes, line.why) == (reason, f"No measurement: {words}")


def test_what_confirms_another_test_is_not_set_aside() -> None:
    assert set_aside(doubted(CONFIRMS), 9) == ()


@pytest.mark.parametrize(
    ("form", "title"),
    [
        (plain_text, "TESTS THAT DON'T COUNT"),
        (markdown, "## Tests that don't count"),
        (html_page, "<h2>Tests that don't count</h2>"),
    ],
)
def test_every_format_has_a_section_for_them(form: object, title: str) -> None:
    """And none where all tests count."""
    assert callable(form)
    section = form(SHORT).partition(title)[2].partition("WHAT ELSE")[0].partition("What else")[0]
    section = re.sub(r"\s+", " ", section.replace("\u00a0", " ").replace("\\", ""))
    for words in ("Tue 17 Nov 13:25", "measure.esu7.example", "bandgap", "not_steady", "no_link", NO_VERDICT):
        assert words in section, words
    assert title not in form(replace(SHORT, tests=(TRUSTED,)))


def test_too_many_for_a_terminal_are_counted() -> None:
    many = doubted("not_steady", count=DOUBTFUL + 3)
    assert plain_text(many).count("(not_steady)") == DOUBTFUL
    assert more_set_aside(many, DOUBTFUL) == (
        "3 more, one by one: bandgap report --week 2026-W47 --format csv-tests."
    )
    assert more_set_aside(SHORT, DOUBTFUL) is None


def test_they_are_in_no_verdict() -> None:
    """The gap of a week is the same without them."""
    only = [test for test in SHORT.tests if test.trusted]
    assert SHORT.gaps[0].tests == len(only)
    assert SHORT.gaps[0].delivered_mbps == SHORT.summary.capacity.typical.down_mbps
