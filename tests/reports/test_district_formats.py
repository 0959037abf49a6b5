"""A district's report in each format: pinned names for programs, and nothing of a name is anything but "
"text."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from importlib.util import find_spec

import pytest

from reports.district import DistrictReport, Place
from reports.district_tables import LISTED
from reports.formats.district_table import BINARY, FORMATS, TEXT
from reports.long_periods import month_named
from tests.reports import example_district as example
from tests.reports.example_district import TOLD, report, schools
from tests.reports.example_week import HOSTILE
from tests.reports.page import Page

NEEDS = {"pdf": "weasyprint", "pdf-letter": "weasyprint", "xlsx": "xlsxwriter"}
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


def named(name: str) -> DistrictReport:
    """The made-up district with its worst school called so."""
    known = [
        replace(one, site=replace(one.site, name=name)) if one.site.id == "010000500871" else one
        for one in schools()
    ]
    return report(known)


def text(form: str, found: DistrictReport) -> str:
    return TEXT[form](found)


TOP = {
    "format", "kind", "verdict_words", "place", "period", "timezone", "made_at", "weeks", "target", "rule",
    "silent_after_s", "verdict", "required", "shortfall_mbps", "shortfall_is_at_least", "people",
    "people_lacking", "schools_counted", "schools_with_evidence", "schools_with_evidence_needed",
    "circuits_judged", "circuits_short", "demand", "costs", "schools", "gateways", "circuits", "districts",
    "days",
}  # fmt: skip
SCHOOL = {
    "site_id", "site_name", "district", "circuit", "state", "heard_at", "week", "p95", "weeks_told",
    "weeks_judged", "weeks_short", "found", "expected", "tests_trusted", "tests_untrusted", "tests_failed",
    "outage_minutes", "evidence", "gap", "coverage", "untrusted_share",
}  # fmt: skip
CIRCUIT = {
    "id", "district", "name", "alone", "elsewhere", "contract", "schools", "unheard", "seen_whole",
    "students", "gap", "p95", "peak", "cost",
}  # fmt: skip
COST = {
    "currency", "circuits", "priced", "compared", "target_monthly", "more_monthly", "net_monthly",
    "discount", "discount_source", "price_source",
}  # fmt: skip


def test_the_names_of_json_are_pinned() -> None:
    """A program reads them: one that goes or changes its meaning raises the format's number."""
    data = json.loads(text("json", report()))
    assert (data["format"], data["kind"]) == (1, "district-report")
    assert set(data) == TOP
    assert set(data["schools"][0]) == SCHOOL
    assert set(data["gateways"][0]) == SCHOOL
    assert set(data["circuits"][0]) == CIRCUIT
    assert set(data["costs"][0]) == COST
    assert set(data["rule"]) == {"min_tests", "min_school_days", "min_schools_share"}
    assert set(data["demand"]["down"]) == {"at_least_mbps", "at_most_mbps"}
    assert set(data["schools_counted"]) == {"short", "not enough evidence", "silent", "meets"}
    assert data["shortfall_is_at_least"] is True


def test_what_is_not_known_is_null_and_an_empty_cell() -> None:
    found = report([replace(one, heard_at=None, weeks={}) for one in schools()])
    data = json.loads(text("json", found))
    assert data["shortfall_mbps"] is None
    assert data["schools"][0]["gap"] is None
    assert data["schools"][0]["outage_minutes"] is None
    row = next(csv.DictReader(io.StringIO(text("csv", found))))
    assert (row["state"], row["shortfall_mbps"], row["outage_minutes"], row["heard_at"]) == (
        "silent",
        "",
        "",
        "",
    )


def test_csv_has_a_row_for_each_site() -> None:
    rows = list(csv.DictReader(io.StringIO(text("csv", report()))))
    assert [row["site_id"] for row in rows][-1] == "hub"
    assert len(rows) == 6
    assert rows[0]["site_id"] == "010000500871"  # leading zeros are part of it
    assert rows[0]["shortfall_mbps"] == "451.0"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_nothing_of_a_name_is_markup(form: str, name: str) -> None:
    if form in BINARY and name not in ("script", "formula"):
        pytest.skip("two names are enough for what takes seconds")
    made = FORMATS[form](named(HOSTILE[name]))
    assert made
    if form == "html":
        assert isinstance(made, str)
        page, plain = Page(made), Page(text("html", named("A school")))
        assert (page.unclosed, page.stray) == ([], [])
        assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    elif form == "csv":
        assert isinstance(made, str)
        for row in csv.reader(io.StringIO(made)):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    elif form == "md":
        assert isinstance(made, str)
        assert "<script" not in made
        heads = [line for line in made.splitlines() if line.startswith("| School |")]
        rows = [line for line in made.splitlines() if line.startswith("|")]
        assert heads
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {8, 10}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_text_fits_eighty_columns(name: str) -> None:
    made = text("text", named(HOSTILE[name]))
    assert max(len(line) for line in made.splitlines()) <= 80
    assert all(sign.isprintable() or sign == "\n" for sign in made)


def test_a_state_a_month_and_a_site_fit_eighty_columns_too() -> None:
    month = month_named("2026-11", example.CHICAGO)
    found = report(
        [replace(one, district_name="W" * 200) for one in schools()],
        place=Place("state", "AL", "W" * 200),
        period=month,
        weeks=example.WEEKS,
    )
    for made in (text("text", found), text("text", replace(found, place=Place("site", "x", "W" * 200)))):
        assert max(len(line) for line in made.splitlines()) <= 80


def test_the_page_asks_nobody_for_anything() -> None:
    """No script, no picture, no font, no address in a style."""
    page = Page(text("html", report()))
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "embed", "image", "use"}
    assert all("src" not in attributes for _, attributes in page.tags)
    assert "url(" not in "".join(page.styles)
    fills = [attributes["fill"] for _, attributes in page.tags if "url(" in attributes.get("fill", "")]
    assert fills
    assert all(fill.startswith("url(#") for fill in fills)


def test_each_drawing_says_what_it_shows_and_has_ids_of_its_own() -> None:
    page = Page(text("html", report()))
    drawings = [attributes for attributes in page.all("svg") if attributes.get("role") == "img"]
    assert len(drawings) == 4
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for one in drawings:
        assert all(name in ids for name in one["aria-labelledby"].split())


def test_without_any_figure_there_is_no_drawing_of_schools() -> None:
    """An empty frame would look like a zero."""
    page = Page(text("html", report([replace(one, heard_at=None, weeks={}) for one in schools()])))
    assert "Schools by how much" not in page.text
    assert "never heard" in page.text


def test_a_long_list_is_cut_on_paper_and_whole_as_data() -> None:
    some = schools(TOLD)[1]
    many = [
        replace(some, site=replace(some.site, id=f"s{n:04}", name=f"School {n:04}"), circuit=None)
        for n in range(LISTED + 30)
    ]
    found = report(many, [], sizes={example.DISTRICT.id: 50_000})
    assert "30 more are in the report as CSV, XLSX or JSON." in Page(text("html", found)).text
    assert len(json.loads(text("json", found))["schools"]) == LISTED + 30
    assert len(text("csv", found).splitlines()) == LISTED + 31


@pytest.mark.skipif(find_spec("xlsxwriter") is None or find_spec("openpyxl") is None, reason="an extra")
def test_the_workbook_has_numbers_as_numbers_and_names_as_text() -> None:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(BINARY["xlsx"](named("=1+1"))))
    assert book.sheetnames == ["Summary", "Schools", "Circuits"]
    rows = list(book["Schools"].iter_rows(min_row=2, values_only=True))
    assert rows[0][:3] == ("=1+1", "010000500871", "short")
    assert rows[0][7] == pytest.approx(451.0)
    assert book["Schools"]["A2"].data_type == "s"
    assert len(book["Schools"]._charts) == 1
    assert len(book["Circuits"]._charts) == 1
    assert BINARY["xlsx"](report()) == BINARY["xlsx"](report())
