"""Slides and letters as an office program lays them out: nothing runs over an edge, whatever a school is called."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from reports.week import WeeklyReport
from tests.reports import example_week
from tests.reports.example_packet import PUBLISHER, made

pytestmark = [
    pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice isn't installed"),
    pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler-utils isn't installed"),
]
PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
WORD = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')
NAMES = {
    "usual": "Bluestem Consolidated School",
    "wide": "W" * 200,
    "words": ("Saint-Something-or-Other " * 8).strip(),
    "right to left": example_week.HOSTILE["right to left"],
    "markup": example_week.HOSTILE["markup"],
}


def named(name: str) -> WeeklyReport:
    report = example_week.short_of_target()
    return replace(report, site=replace(report.site, name=name))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_every_word_is_on_its_page(tmp_path: Path, name: str) -> None:
    """Five slides, and what the last line of each document says is there."""
    for library in ("pptx", "docx"):
        pytest.importorskip(library, reason="the extra packet isn't installed")
    packet = made(named(name), replace(PUBLISHER, district=name, contact_name=name))
    office = [document for document in packet if document.endswith((".pptx", ".docx"))]
    for document in office:
        (tmp_path / document).write_bytes(packet[document])
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    subprocess.run(
        ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", str(tmp_path), *office],
        cwd=tmp_path, check=True, capture_output=True, timeout=110,
    )  # fmt: skip
    for document in office:
        pages = PAGE.findall(_laid(tmp_path / f"{document.rpartition('.')[0]}.pdf"))
        assert (len(pages) == 5) if document.endswith(".pptx") else (len(pages) <= 2)
        for width, height, words in pages:
            for left, top, right, bottom, word in WORD.findall(words):
                assert float(left) >= 0, (document, word)
                assert float(top) >= 0, (document, word)
                assert float(right) <= float(width), (document, word)
                assert float(bottom) <= float(height), (document, word)
        assert "https://school.example/internet" in pages[-1][2]
    assert "2026</word>" in PAGE.findall(_laid(tmp_path / "presentation.pdf"))[0][2]


def _laid(pdf: Path) -> str:
    done = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], check=True, capture_output=True, text=True)
    return done.stdout
