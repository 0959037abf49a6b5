"""The demo school's week in Spanish as it should read; ``python -m tests.golden.spanish`` writes it anew.

Of the page only the words are kept: what a reader sees, and what it tells those who don't see it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from agent.commands.report import collect
from agent.config import load
from agent.demo.laying import SETTINGS, lay
from agent.demo.school import ZONE
from agent.installation import Installation
from reports.formats.as_html import html_page
from reports.formats.as_md import markdown
from reports.formats.as_text import plain_text
from reports.languages import spoken
from reports.periods import week_named
from tests.golden.pages import NOW, SEED, UNTIL
from tests.reports.page import Page

FOLDER = Path(__file__).parent / "es"
NAMES = ("demo-week.txt", "demo-week.md", "demo-week.html.txt")


def spanish(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each, from the demo that was laid in ``folder``."""
    place = Installation(load(folder / SETTINGS, zone=ZONE.key), folder)
    with spoken("es"):
        report = collect(place, week_named("2026-W47", ZONE), NOW)
        texts = plain_text(report), markdown(report), _words(html_page(report))
    yield from zip(NAMES, texts, strict=True)


def _words(markup: str) -> str:
    page = Page(markup)
    shown = [" ".join(piece.split()) for piece in page.pieces]
    told = [attributes["aria-label"] for _, attributes in page.tags if "aria-label" in attributes]
    return "\n".join([*(words for words in shown if words), "", *told]) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        lay(Path(folder), SEED, UNTIL)
        for name, text in spanish(Path(folder)):
            (FOLDER / name).write_text(text, encoding="utf-8")
            print(FOLDER / name)


if __name__ == "__main__":
    main()
