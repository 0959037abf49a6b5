"""The made-up district's reports are the golden ones, and on paper its first page is one page."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from collector.database import Database
from reports.formats.district_table import BINARY
from reports.languages import spoken
from reports.wording import Language
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


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Short of SETDA 2020-21 by at least", "What is asked", "By 26 March 2027", "All schools")),
        ("es", ("Faltan al menos 3,388 Mbps", "Qué se pide", "el 26 de marzo de 2027", "Todas las escuelas")),
    ],
)
@pytest.mark.parametrize("size", ["pdf", "pdf-letter"])
def test_what_a_board_reads_is_one_printed_page(
    database: Database, size: str, language: Language, words: tuple[str, ...], tmp_path: Path
) -> None:
    pytest.importorskip("weasyprint", reason="weasyprint isn't installed")
    if not shutil.which("pdftotext"):
        pytest.skip("poppler-utils isn't installed")
    paper = tmp_path / "week.pdf"
    with spoken(language):
        paper.write_bytes(BINARY[size](report(database)))

    def page(number: int) -> str:
        asked = ["pdftotext", "-raw", "-f", str(number), "-l", str(number), str(paper), "-"]
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
        return " ".join(done.stdout.split())

    first, technical = page(1), words[-1]
    for said in words[:-1]:
        assert said in first
    assert technical in page(2)
    assert technical not in first
