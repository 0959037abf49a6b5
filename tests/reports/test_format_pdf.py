"""A PDF is the page on paper: tagged, with its title, its language and numbered pages, whatever a name holds."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from reports.formats.as_html import html_page
from reports.formats.as_pdf import for_paper
from reports.formats.table import BINARY
from reports.week import WeeklyReport
from tests.reports import example_long, example_week

pytest.importorskip("weasyprint", reason="bandgap[pdf] isn't installed")
if not shutil.which("pdfinfo"):
    pytest.skip("poppler-utils isn't installed", allow_module_level=True)

SHORT = example_week.short_of_target()


@cache
def written(report: WeeklyReport, form: str = "pdf") -> bytes:
    return BINARY[form](report)


def told(program: str, data: bytes, folder: Path, *words: str) -> str:
    """What one of poppler's programs says of a PDF."""
    (folder / "it.pdf").write_bytes(data)
    return subprocess.run(
        [program, *words, "it.pdf", *(["-"] if program == "pdftotext" else [])],
        cwd=folder, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def test_the_document_says_what_it_is(tmp_path: Path) -> None:
    """A reader's title bar, a screen reader's voice, and PDF/UA's tags."""
    info = told("pdfinfo", written(SHORT), tmp_path)
    assert re.search(
        r"^Title: +Bluestem Consolidated School: Internet capacity, Week 47 of 2026$", info, re.M
    )
    assert re.search(r"^Tagged: +yes$", info, re.M)
    assert re.search(r"^Page size: .*A4", info, re.M)
    assert re.search(r"^JavaScript: +no$", info, re.M)
    assert b"/Lang (en)" in written(SHORT) or "lang" in told("pdfinfo", written(SHORT), tmp_path, "-meta")
    structure = told("pdfinfo", written(SHORT), tmp_path, "-struct")
    assert {"H1", "H2", "Table", "TH", "TD", "P"} <= set(re.findall(r"^ *(\w+)", structure, re.M))


def test_letter_is_another_paper(tmp_path: Path) -> None:
    assert re.search(
        r"^Page size: +612 x 792 pts \(letter\)",
        told("pdfinfo", written(SHORT, "pdf-letter"), tmp_path),
        re.M,
    )


def test_it_says_what_the_page_says_and_numbers_its_pages(tmp_path: Path) -> None:
    """Charts included; what is folded away on a screen stands once."""
    text = " ".join(told("pdftotext", written(SHORT), tmp_path, "-layout").split())
    pages = int(re.findall(r"Pages: +(\d+)", told("pdfinfo", written(SHORT), tmp_path))[0])
    for words in (
        "Short of SETDA 2023-24 by 1,102 Mbps and 394 of 458 users:",
        "Demanded in school hours",
        "Target 1,282 Mbps: 4.3 times as high as this scale",
        "Contract 250.0 Mbps",
        "Median of 26 trusted tests",
        "Page 1 of",
        f"Page {pages} of {pages}",
    ):
        assert words in text
    assert "The figures behind this chart" not in text
    assert 3 <= pages <= 7


def test_drawings_have_their_colours_and_no_variable_is_left() -> None:
    """WeasyPrint knows none inside SVG."""
    page = for_paper(html_page(SHORT), "A4")
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) >= 3
    assert all("var(" not in drawing for drawing in drawings)
    assert all("@media" not in drawing and "@page" not in drawing for drawing in drawings)
    assert "chart narrow" not in page


@pytest.mark.parametrize("name", ["script", "right to left", "emoji", "unbroken"])
def test_a_name_is_text_on_paper_too(name: str, tmp_path: Path) -> None:
    """And no page runs over for it."""
    data = written(example_week.named(example_week.HOSTILE[name]))
    assert re.search(r"^JavaScript: +no$", told("pdfinfo", data, tmp_path), re.M)
    assert "of 458" in told("pdftotext", data, tmp_path)
    if name == "script":
        assert "<script>alert(1)</script>" in told("pdftotext", data, tmp_path)


@pytest.mark.parametrize(
    "report", [example_week.nothing_measured(), example_long.month(), example_long.year()]
)
def test_other_reports_can_be_laid_out(report: WeeklyReport, tmp_path: Path) -> None:
    assert "capacity report" in told("pdftotext", written(report), tmp_path)
