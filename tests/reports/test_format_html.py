"""The page says what the report knows, needs nothing from elsewhere, and can be read by everybody."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from reports.formats.as_html import html_page
from reports.week import WeeklyReport
from tests.reports import example_week
from tests.reports.page import Page

SHORT = example_week.short_of_target()
MARKUP = html_page(SHORT)
PAGE = Page(MARKUP)
WEEKS = [
    SHORT,
    example_week.meets_target(),
    example_week.too_early(),
    example_week.nothing_measured(),
    example_week.no_targets(),
    example_week.well_known(),
    example_week.supposed(),
    *(example_week.named(name) for name in example_week.HOSTILE.values()),
]


def test_the_verdict_is_the_headline() -> None:
    """And the only first-level heading."""
    assert len(PAGE.all("h1")) == 1
    assert "<h1>Short of SETDA 2023-24 by 1,102\u00a0Mbps and 394 of 458 users:" in MARKUP


@pytest.mark.parametrize(
    "fact",
    [
        "Bluestem Consolidated School",
        "Week 47 of 2026, 16 to 22 November 2026",
        "enough for 64 of the 458 people it serves",
        "Delivered 180.6 Mbps Download, median of 26 trusted tests",
        "Recommended 1,282 Mbps SETDA 2023-24. 458 users × 2.8 Mbps",
        "Gap 1,102 Mbps",
        "People served 64 of 458",
        "28 tests: 26 trusted, 1 untrusted, 1 failed. They moved 5.9 GB down and 1.5 GB up.",
        "The Internet was out of reach for 52 min of the time observed, in 2 outages.",
        "1,980 of 2,016 five-minute means (98 %); in school hours 94 %.",
        "Contracted 250.0 Mbps 50.0 Mbps Prairie Fiber Cooperative, fibre",
        "Delivered 180.6 Mbps 45.1 Mbps Median of 26 trusted tests",
        "Demanded 117.0 Mbps 11.8 Mbps 95 % of school hours, five-minute means",
        "ends 30 June 2027",
        "No measurement: the WAN interface has no link",
        "Untrusted: the rate never became steady",
        "nearest rank",
        "NCREN/MCNC",
        "at least 50 % of its 300 seconds",
        "byte counters of one interface, throughput tests, probes of reachability and school facts only",
        "Year of publication not verified.",
    ],
)
def test_the_page_states(fact: str) -> None:
    """Facts of the example week, as text without markup."""
    assert fact in PAGE.text


@pytest.mark.parametrize("report", WEEKS)
def test_a_page_asks_nobody_for_anything(report: WeeklyReport) -> None:
    """No script, no image, no style sheet, no font, no frame; what is linked are the targets' sources."""
    page = Page(html_page(report))
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & {
        tag for tag, _ in page.tags
    }
    addresses = [
        (tag, name, value)
        for tag, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "action", "srcset", "data", "poster", "style")
    ]
    assert {(tag, name) for tag, name, _ in addresses} <= {("a", "href")}
    assert {value for *_, value in addresses} <= {gap.target.url for gap in report.gaps}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    style = "".join(page.styles)
    assert "url(" not in style
    assert "@import" not in style
    assert set(re.findall(r"url\((.)", html_page(report))) <= {"#"}


@pytest.mark.parametrize("report", WEEKS)
def test_a_page_is_well_formed(report: WeeklyReport) -> None:
    """Everything that is opened is closed, and no two elements share an id."""
    page = Page(html_page(report))
    assert (page.unclosed, page.stray) == ([], [])
    ids = Counter(attributes["id"] for _, attributes in page.tags if "id" in attributes)
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("name", example_week.HOSTILE.values(), ids=example_week.HOSTILE.keys())
def test_a_name_is_text_whatever_it_looks_like(name: str) -> None:
    """In the heading, the title, the contract, the tests and their reasons: as many tags as with a harmless name."""
    page = Page(html_page(example_week.named(name)))
    harmless = Page(html_page(example_week.named("A school")))
    assert Counter(tag for tag, _ in page.tags) == Counter(tag for tag, _ in harmless.tags)
    assert page.text.count(" ".join(name.split())) == harmless.text.count("A school")
    assert harmless.text.count("A school") > 28


def test_a_source_that_is_no_web_address_is_no_link() -> None:
    """A district's own set may hold anything; a page runs nothing of it."""
    gap = SHORT.gaps[0]
    report = replace(SHORT, gaps=(replace(gap, target=replace(gap.target, url="javascript:alert(1)")),))
    assert {link["href"] for link in Page(html_page(report)).all("a")} == {"#"}


def test_every_chart_is_told_in_words_and_has_its_figures_behind_it() -> None:
    """role, title and description for each drawing; a table for each chart."""
    charts = [svg for svg in PAGE.all("svg") if "aria-hidden" not in svg]
    assert len(charts) == 6
    ids = {
        attributes["id"] for tag, attributes in PAGE.tags if tag in ("title", "desc") and "id" in attributes
    }
    for svg in charts:
        assert svg["role"] == "img"
        assert set(svg["aria-labelledby"].split()) <= ids
        assert len(svg["aria-labelledby"].split()) == 2
    assert len(PAGE.all("details")) == 1
    assert "Recommended by SETDA 2023-24: 1,282 Mbps." in PAGE.text


def test_lines_have_their_names_beside_them() -> None:
    """A reader who can't tell colours apart reads the names, and the target's distance."""
    for words in (
        "Contract 250.0 Mbps",
        "Delivered 180.6 Mbps",
        "Target 1,282 Mbps: 4.3 times as high as this scale",
    ):
        assert words in PAGE.text


def test_headings_and_tables_are_there_for_a_screen_reader() -> None:
    """A language, a title, header cells with a scope, regions that the keyboard can scroll."""
    assert PAGE.all("html") == [{"lang": "en"}]
    assert all("scope" in cell for cell in PAGE.all("th"))
    assert all(
        {"tabindex", "role", "aria-label"} <= attributes.keys()
        for attributes in PAGE.all("div")
        if attributes.get("class") == "scroll"
    )


def test_nothing_measured_is_said_not_drawn() -> None:
    """Dashes and sentences; no chart, no zero, and one line that says what to set."""
    page = Page(html_page(example_week.nothing_measured()))
    assert [svg for svg in page.all("svg") if svg.get("role") == "img"] == []
    assert "No demand was counted on this line in this week." in page.text
    assert "Delivered – No trusted test" in page.text
    assert "To complete this report, set site.students, site.staff" in page.text
    assert "0.00 Mbps" not in page.text


def test_a_running_week_says_so() -> None:
    """Nobody takes Tuesday's figures for the week's."""
    assert (
        "The week isn't over: this is as of Tue 17 Nov 12:00."
        in Page(html_page(example_week.too_early())).text
    )


def test_a_page_is_small_enough_to_mail() -> None:
    """Two thousand means, two sizes of each chart, 28 tests."""
    assert len(MARKUP.encode()) < 150_000
