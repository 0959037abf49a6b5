"""The demo school's documents are the golden ones, and its PDF says on paper all that its page says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reports.formats.as_pdf import FOLDED
from reports.formats.table import BINARY, TEXT
from tests.golden.documents import NAMES, compared, page_text, report
from tests.golden.laid import laid_once
from tests.golden.pages import FOLDER

for library in ("docx", "pptx", "openpyxl", "xlsxwriter", "weasyprint"):
    pytest.importorskip(library, reason=f"{library} isn't installed")

pytestmark = pytest.mark.timeout(600)
INK = (0.02, 0.4)
"""The share of dark in a page with a chart and words on it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid_once(tmp_path_factory)


@pytest.fixture(scope="module")
def made(folder: Path) -> dict[str, str]:
    return dict(compared(folder))


@pytest.mark.parametrize("name", NAMES)
def test_its_documents_are_the_golden_ones(made: dict[str, str], name: str) -> None:
    """`make golden` writes them anew: read what changed before it is committed."""
    assert made[name] == (FOLDER / name).read_bytes().decode()


@pytest.fixture(scope="module")
def paper(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("pdftotext"):
        pytest.skip("poppler-utils isn't installed")
    made = tmp_path_factory.mktemp("paper") / "week.pdf"
    made.write_bytes(BINARY["pdf"](report(folder)))
    return made


def text(paper: Path, first: int, last: int) -> str:
    words = ["pdftotext", "-raw", "-f", str(first), "-l", str(last), str(paper), "-"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_the_pdf_says_what_the_page_says(folder: Path, paper: Path) -> None:
    """Whatever font breaks its lines: each piece of the page's text, without spaces, is in the PDF's."""
    page = re.sub(r"<svg.*?</svg>", "", FOLDED.sub("", TEXT["html"](report(folder))), flags=re.DOTALL)
    body = page[page.index("<body>") :]
    printed = re.sub(r"[\s\u00ad\u2068\u2069-]", "", text(paper, 1, 99))
    for piece in page_text(body, drawings=False).splitlines():
        assert re.sub(r"[\s-]", "", piece) in printed, piece


def test_the_first_page_is_one_page_and_the_technical_part_begins_the_next(paper: Path) -> None:
    first, second = text(paper, 1, 1), text(paper, 2, 2)
    assert "What is asked" in first
    assert "Technical part" in second[:200]
    count = int(re.findall(r"Page 1 of (\d+)", first)[0])
    assert 5 <= count <= 9


def test_no_page_is_blank_when_it_is_drawn(paper: Path) -> None:
    """Drawn by poppler in shades of grey: some of it is dark, and most of it is paper."""
    subprocess.run(["pdftoppm", "-gray", "-r", "40", str(paper), str(paper.parent / "page")], check=True)
    pages = sorted(paper.parent.glob("page-*.pgm"))
    assert len(pages) >= 5
    for page in pages:
        shades = page.read_bytes().split(b"\n", 3)[3]
        dark = sum(shade < 200 for shade in shades) / len(shades)
        assert (INK[0] if page == pages[0] else 0.002) < dark < INK[1], page.name


def test_no_heading_stands_alone_at_the_foot_of_a_page(paper: Path) -> None:
    """Its table or its words follow on the same page."""
    headings = set(re.findall(r"^(?:Gap to each target set|Demand|Headroom in school hours|Cost|Outages|Dates ahead)$",
                              text(paper, 1, 99), re.M))  # fmt: skip
    for number in range(2, 6):
        lines = [line for line in text(paper, number, number).splitlines() if line.strip()]
        body = [line for line in lines if not line.startswith(("Page ", "Cottonwood School"))]
        assert body[-1] not in headings, number
