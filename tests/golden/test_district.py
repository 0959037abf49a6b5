"""The made-up district's reports are the golden ones, and on paper its first page is one page."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from collector.database import Database
from reports.formats.district_table import BINARY
from tests.golden.district import NAMES, compared, laid, report
from tests.golden.pages import FOLDER


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return laid(tmp_path_factory.mktemp("district"))


@pytest.fixture(scope="module")
def made(database: Database) -> dict[str, str]:
    return dict(compared(database))


@pytest.mark.parametrize("name", NAMES)
def test_its_reports_are_the_golden_ones(made: dict[str, str], name: str) -> None:
    """`make golden` writes them anew: read what changed before it is committed."""
    assert made[name] == (FOLDER / name).read_bytes().decode()


@pytest.mark.parametrize("size", ["pdf", "pdf-letter"])
def test_what_a_board_reads_is_one_printed_page(database: Database, size: str, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="weasyprint isn't installed")
    if not shutil.which("pdftotext"):
        pytest.skip("poppler-utils isn't installed")
    paper = tmp_path / "week.pdf"
    paper.write_bytes(BINARY[size](report(database)))

    def page(number: int) -> str:
        words = ["pdftotext", "-raw", "-f", str(number), "-l", str(number), str(paper), "-"]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return " ".join(done.stdout.split())

    first = page(1)
    assert "Short of SETDA 2020-21 by at least" in first
    assert "What is asked" in first
    assert "By 26 March 2027" in first
    assert "All schools" in page(2)
    assert "All schools, the figures" not in first
