"""Nothing of a report is outside the reach of translators: what isn't a name, a unit or a setting is a message."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from importlib.util import find_spec

import pytest

from agent.mail.message import subject
from reports.formats.as_html import html_page
from reports.formats.as_md import markdown
from reports.formats.as_pdf import for_paper
from reports.formats.as_text import plain_text
from reports.formats.as_xlsx import workbook
from reports.packet import ahead_of, packet_facts
from reports.packet_charts import packet_charts
from reports.publisher import PacketSettings
from reports.samples import ClockStep, Hole
from reports.sentences import FLAGS, NO_MEASUREMENT, RUNGS, UNCOUNTED
from reports.week import WeeklyReport
from reports.what_if import WhatIf
from reports.wording import say
from tests.reports import example_long, example_week
from tests.reports.page import Page
from tests.reports.pseudo import afresh, wide_words

pytestmark = pytest.mark.once
"""Of which words are messages no library decides."""

NAMES = (
    # The example's own names, and who says what in which document.
    "Bluestem Consolidated School", "Prairie Fiber Cooperative", "offer of Prairie Fiber Cooperative, October 2026",
    "This site", "America/Chicago", "UTC", "SETDA", "UN/ITU", "FCC", "ENA", "EducationSuperHighway",
    "The Broadband Imperative II: Equitable Access for Learning (Fox & Jones)", "Broadband Imperative III",
    "E-rate Modernization Order, FCC 14-99, paragraph 34", "THE Journal, Jan-Feb 2017", "USD",
    "Universal and meaningful connectivity by 2030 (as presented at the WSIS Forum 2023, session 407)",
    "measure.esu7.example", "bandgap", "speedtest-cli", "http", "310042000871",
)  # fmt: skip
UNITS = r"Mbps|kbps|Gbps|ms|min|MB|GB|kB|s|h"
SETTINGS = r"\b[a-z]+\.(?:[a-z]+_)*[a-z]+\b|\bagent\.toml\b"
COMMANDS = r"bandgap report(?: --[\w-]+(?: [\w-]+)?)*"
ADDRESSES = r"https?://[^\s)<\"]+"
MEASURED_AT = r"\b[a-z]+(?:\.[a-z0-9-]+)+(?::\d+)?"

CODES = rf"(?<=[(|,])\s*(?:{'|'.join((*FLAGS, *NO_MEASUREMENT))})\s*(?=[)|,])"
"""Reasons as the data has them stand beside their words."""

needs_xlsx = pytest.mark.skipif(find_spec("xlsxwriter") is None, reason="bandgap[xlsx] isn't installed")


def troubled() -> WeeklyReport:
    """A week to which all happened that there are words for."""
    report = example_week.short_of_target()
    at = report.period.starts_at
    good = [test for test in report.tests if test.trusted][:5]
    tests = [
        *good,
        *(replace(good[0], flags=(flag,)) for flag in FLAGS),
        *(
            replace(good[0], outcome="no_measurement", reason=reason, down_mbps=None, up_mbps=None)
            for reason in NO_MEASUREMENT
        ),
        replace(good[1], engine="http", server=None, burst_down_mbps=400.0, burst_up_mbps=90.0),
    ]
    rungs = [replace(report.outages[n % 2], rung=rung) for n, rung in enumerate(RUNGS)]
    holes = [
        Hole(at, at + timedelta(hours=5), "samples", reason)
        for reason in ("age", "disk_full", "unwritable", "damaged")
    ]
    return replace(
        report,
        tests=tuple(tests),
        outages=tuple(rungs * 6),
        holes=tuple(holes),
        clock_steps=(ClockStep(at, 7200.0, believed=True), ClockStep(at, -90.0, believed=True)),
        undated_minutes=7,
    )


def uncounted() -> WeeklyReport:
    report = example_week.short_of_target()
    return replace(report, usage=(), uncounted=say(UNCOUNTED))


def one_of_a_district() -> WeeklyReport:
    return example_week.week(site=replace(example_week.SITE, serves="school", district_students=8200))


def a_district() -> WeeklyReport:
    return example_week.week(site=replace(example_week.SITE, serves="district"))


def what_if() -> WeeklyReport:
    return example_week.week(what_if=WhatIf(500, 50, 1000.0, 100, 1, 150.0))


REPORTS: Mapping[str, Callable[[], WeeklyReport]] = {
    each.__name__: each
    for each in (
        example_week.short_of_target, example_week.meets_target, example_week.too_early,
        example_week.nothing_measured, example_week.no_contract, example_week.no_students,
        example_week.no_targets, example_week.well_known, example_week.supposed,
        troubled, uncounted, one_of_a_district, a_district, what_if,
        example_long.month, example_long.running_month, example_long.year,
    )
}  # fmt: skip
SHORT = [name for name in REPORTS if name != "year"]
WEEKS = [name for name in REPORTS if "month" not in name and name != "year"]


@cache
def made(name: str) -> WeeklyReport:
    """A report in wide letters."""
    with wide_words():
        return afresh(REPORTS[name])


def untranslated(words: str, names: Sequence[str] = NAMES) -> list[str]:
    """What of a text is no name, unit, setting, command or address, and yet in plain letters."""
    words = " ".join(words.split())  # a terminal's line may end within a name
    for known in (ADDRESSES, COMMANDS):
        words = re.sub(known, "|", words)
    for name in sorted(names, key=len, reverse=True):
        words = words.replace(name, "|")
    for known in (CODES, SETTINGS, MEASURED_AT):
        words = re.sub(known, "|", words)
    words = re.sub(rf"(?<=\d)[ \u00a0](?:{UNITS})\b|\b(?:Mbps)\b", " ", words)
    return re.findall(r"[A-Za-z][A-Za-z' ]*", words)


def seen(page: Page) -> str:
    """What a page shows and what it says to those who don't see it."""
    told = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("aria-label", "title", "alt")
    ]
    return "|".join([*page.pieces, *told])


@pytest.mark.parametrize("name", REPORTS)
def test_text_has_no_word_of_its_own(name: str) -> None:
    with wide_words():
        text = plain_text(made(name))
    assert untranslated(text) == []


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_has_no_word_of_its_own(name: str) -> None:
    """Nor the drawings' titles and descriptions, nor the names of its regions."""
    with wide_words():
        page = html_page(made(name))
    assert untranslated(seen(Page(page))) == []
    assert '<html lang="x-wide">' in page


@pytest.mark.parametrize("name", SHORT)
def test_markdown_has_no_word_of_its_own(name: str) -> None:
    with wide_words():
        text = markdown(made(name))
    assert untranslated(text.replace("\\", "").replace("&amp;", "&")) == []


def test_paper_has_no_word_of_its_own() -> None:
    """What a style writes on every sheet is words too."""
    with wide_words():
        page = for_paper(html_page(made("supposed")), "A4")
    written = re.findall(r'content: ((?:"[^"]*"|counter\(\w+\)| )+);', page)
    assert len(written) == 2  # the what-if's note and the number of the page
    assert untranslated(" ".join(" ".join(re.findall(r'"([^"]*)"', each)) for each in written)) == []


@needs_xlsx
@pytest.mark.parametrize("name", ["well_known", "troubled", "supposed", "month"])
def test_a_workbook_has_no_word_of_its_own(name: str) -> None:
    with wide_words():
        words = written(workbook(made(name)))
    assert len(words) > 100
    assert untranslated("\n".join(words)) == []


def written(data: bytes) -> list[str]:
    """The words of a workbook: cells, sheets, charts and what those show."""
    book, words = zipfile.ZipFile(io.BytesIO(data)), []
    for part in book.namelist():
        text = book.read(part).decode()
        if part == "xl/sharedStrings.xml":
            words += re.findall(r"<t[^>]*>([^<]*)</t>", text)
        elif part == "xl/workbook.xml":
            words += re.findall(r'<sheet name="([^"]*)"', text)
        elif part.startswith(("xl/charts/", "docProps/core")):
            words += re.findall(r"<(?:a:t|c:v|dc:title|dc:subject)>([^<]*)<", text)
        elif part.startswith("xl/drawings/"):
            words += re.findall(r'descr="([^"]*)"', text)
    return [each.replace("&amp;", "&") for each in words]


@pytest.mark.parametrize("name", WEEKS)
def test_a_mails_subject_and_a_packets_facts_have_no_word_of_their_own(name: str) -> None:
    with wide_words():
        report = made(name)
        facts = packet_facts(report, PacketSettings(), ahead_of(report))
        charts = packet_charts(report)
        told = [
            *(chart.told for chart in charts.values() if chart),
            *(getattr(facts, field) or "" for field in facts.__slots__ if field != "standing"),
        ]
        assert untranslated(subject(report)) == []
    assert untranslated("\n".join(told)) == []


def test_what_no_translator_gets_is_found() -> None:
    """The check is worth something: a word in the code alone stands out, and so does one in a template."""
    with wide_words():
        assert untranslated(say("Outages")) == []
        assert untranslated(say("Words that are in no catalogue")) == ["Words that are in no catalogue"]
    assert untranslated("12 h 5 min, 94.1 Mbps, site.students") == []
    assert untranslated(html_page(example_week.short_of_target()))


def test_the_language_ends_with_its_block() -> None:
    with wide_words():
        assert say("Outages") == "Ｏｕｔａｇｅｓ"
    assert say("Outages") == "Outages"
