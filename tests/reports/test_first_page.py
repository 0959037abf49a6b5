"""Every format opens with the same: verdict, people, whose report of when, what to tell, and a board's parts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from reports.first_page import first_page
from reports.formats.as_html import html_page
from reports.formats.as_md import markdown
from reports.formats.as_text import plain_text
from reports.week import WeeklyReport
from tests.reports import example_week

FORMS = (plain_text, html_page, markdown)
WEEKS = (
    example_week.well_known(),
    example_week.meets_target(),
    example_week.too_early(),
    example_week.supposed(),
    example_week.no_targets(),
)


def words(page: str) -> str:
    """What stands there, whatever markup and lines it has."""
    page = re.sub(r"<[^>]+>", " ", page.partition("</style>")[2] or page)
    page = page.replace("\u00a0", " ").replace("&#39;", "'").replace("&#34;", '"').replace("\\", "")
    return re.sub(r"[\s*#]+", " ", page)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("report", WEEKS)
def test_each_sentence_of_the_opening_is_in_every_format(
    form: Callable[[WeeklyReport], str], report: WeeklyReport
) -> None:
    opening, page = first_page(report), words(form(report))
    told = [opening.what_if, opening.verdict, *opening.lead, opening.name, opening.period, opening.to_set]
    told += [sentence for part in opening.parts for sentence in part.sentences]
    for sentence in filter(None, told):
        assert sentence in page, sentence
    for part in opening.parts:
        assert part.name.lower() in page.lower()


@pytest.mark.parametrize("form", FORMS)
def test_the_verdict_stands_before_all_parts_and_they_are_in_order(
    form: Callable[[WeeklyReport], str],
) -> None:
    opening, page = first_page(WEEKS[0]), words(form(WEEKS[0]))
    body = page[page.rindex(opening.verdict) :].lower()
    assert page.count(opening.verdict) == 1
    places = [body.index(part.name.lower()) for part in opening.parts]
    assert places == sorted(places)


def test_the_lead_says_people_each_person_s_part_and_the_use() -> None:
    assert [sentence.split()[0] for sentence in first_page(WEEKS[0]).lead] == ["The", "That", "In"]
    assert first_page(WEEKS[4]).lead[0].startswith("In school hours the school used")
    assert first_page(example_week.nothing_measured()).lead == ()
