"""A name, a server, a message or a target's note of any length and script is text in every format."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from importlib.util import find_spec

import pytest

from reports.formats.table import BINARY, FORMATS, TEXT
from reports.week import WeeklyReport
from tests.reports import example_week
from tests.reports.page import Page

NEEDS = {"pdf": "weasyprint", "pdf-letter": "weasyprint", "xlsx": "xlsxwriter"}
LONG = "W" * 10_000
NAMES = ("script", "markup", "formula", "command", "table", "right to left", "emoji")
FORMS = [
    pytest.param(
        form,
        marks=pytest.mark.skipif(
            form in NEEDS and find_spec(NEEDS[form]) is None, reason="an extra isn't installed"
        ),
    )
    for form in FORMATS
    if form != "pdf-letter"
]


def endless() -> WeeklyReport:
    """What the settings let through at any length: a server's address, an engine's message, a target's note."""
    report = example_week.named("A school")
    tests = tuple(
        replace(test, server=LONG, detail=LONG if test.reason else None, engine=LONG)
        for test in report.tests[:14]
    )
    gaps = tuple(replace(gap, target=replace(gap.target, note=LONG, document=LONG)) for gap in report.gaps)
    return replace(report, tests=tests, gaps=gaps)


@pytest.mark.parametrize("form", FORMS)
def test_ten_thousand_characters_are_laid_out(form: str) -> None:
    """No format breaks on them, and the page has as many tags as ever."""
    made = FORMATS[form](endless())
    assert made
    if form == "html":
        assert isinstance(made, str)
        page = Page(made)
        assert (page.unclosed, page.stray) == ([], [])
        assert LONG in page.text


@pytest.mark.parametrize("form", [form for form in FORMS if form.values != ("pdf",)])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_name_is_markup(form: str, name: str) -> None:
    """In text formats as it stands; workbooks and PDF have tests of their own beside this."""
    _is_no_markup(form, name)


@pytest.mark.parametrize(
    "name", ["script", *(pytest.param(name, marks=pytest.mark.long) for name in NAMES if name != "script")]
)
def test_nothing_of_a_name_is_markup_on_paper(name: str) -> None:
    """It is laid out from the page, which has all names; two seconds each."""
    pytest.importorskip("weasyprint", reason="an extra isn't installed")
    _is_no_markup("pdf", name)


def _is_no_markup(form: str, name: str) -> None:
    name = example_week.HOSTILE[name]
    report = example_week.named(name)
    if form in BINARY:
        assert b"<script>" not in BINARY[form](report)
        return
    text = TEXT[form](report)
    if form == "json":
        assert json.loads(text)["site"]["name"] == name
    elif form in ("csv", "csv-tests"):
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]
        assert not [cell for cell in cells if cell.startswith("-") and not cell[1:2].isdigit()]
    elif form in ("html", "md"):
        assert "<script" not in text
        assert "<img" not in text
    if form == "md":
        assert "](javascript:" not in text.replace("\\](", "")
