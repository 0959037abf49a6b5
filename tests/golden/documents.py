"""The demo school's page, workbook, slides and letters as text that can be compared, each in a file.

A page is its visible text with the numbers of its drawings; of a long path the first steps are kept, and how
many there are. A workbook is its cells, slides and letters are their words.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from agent.commands.report import collect
from agent.config import load
from agent.demo.laying import SETTINGS
from agent.demo.school import ZONE
from agent.installation import Installation
from agent.packet_files import read_templates
from reports.faults import Fault
from reports.formats.table import BINARY, TEXT
from reports.packet import ahead_of, packet_facts
from reports.packet_charts import packet_charts
from reports.packet_documents import Packet, documents
from reports.periods import week_named
from reports.week import WeeklyReport
from tests.golden.pages import NOW

NAMES = ("demo-week.html.txt", "demo-week.md", "demo-week.csv", "demo-week.xlsx.txt", "demo-packet.txt")
WEEK = "2026-W47"
ROWS = 40
"""At most so many rows of a sheet: the first lessons of Demand stand for all."""
DRAWN = ("x", "y", "width", "height", "r", "transform", "viewBox")
STEPS = 6


def report(folder: Path) -> WeeklyReport:
    """The week's report of the demo in ``folder``."""
    place = Installation(load(folder / SETTINGS, zone=ZONE.key), folder)
    return collect(place, week_named(WEEK, ZONE), NOW)


def compared(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each document."""
    made = report(folder)
    place = Installation(load(folder / SETTINGS, zone=ZONE.key), folder)
    yield NAMES[0], page_text(TEXT["html"](made), drawings=True)
    yield NAMES[1], TEXT["md"](made)
    yield NAMES[2], TEXT["csv"](made)
    yield NAMES[3], _cells(BINARY["xlsx"](made))
    facts = packet_facts(made, place.config.packet, ahead_of(made))
    packet = Packet(facts, packet_charts(made), read_templates(None), NOW)
    yield NAMES[4], "".join(f"==== {name}\n{_words(name, data)}\n" for name, data in documents(packet))


def page_text(markup: str, *, drawings: bool) -> str:
    """The text of a page, a line a piece."""
    reader = _Reader(drawings)
    reader.feed(markup)
    return "\n".join(reader.lines) + "\n"


class _Reader(HTMLParser):
    def __init__(self, drawings: bool) -> None:
        super().__init__()
        self.drawings = drawings
        self.lines: list[str] = []
        self.hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden = tag == "style"
        found = dict(attrs)
        numbers = [f"{key}={found[key]}" for key in DRAWN if found.get(key)]
        if path := found.get("d"):
            steps = path.split()
            numbers.append(
                f"d={' '.join(steps[:STEPS])}" + (f" of {len(steps)}" if len(steps) > STEPS else "")
            )
        if self.drawings and numbers:
            self.lines.append(f"  {tag} {' '.join(numbers)}")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if not self.hidden and (words := " ".join(data.split())):
            self.lines.append(words)


def _cells(data: bytes) -> str:
    from openpyxl import load_workbook  # not in every environment of the tests

    lines = []
    for sheet in load_workbook(io.BytesIO(data)).worksheets:
        lines.append(f"==== {sheet.title}, {sheet.max_row} rows, {len(sheet._charts)} charts")
        for row in sheet.iter_rows(max_row=ROWS, values_only=True):
            lines.append("\t".join("" if cell is None else str(cell) for cell in row).rstrip())
    return "\n".join(lines) + "\n"


def _words(name: str, data: bytes | Fault) -> str:
    assert isinstance(data, bytes), data
    if name.endswith(".pptx"):
        return _slides(data)
    if name.endswith(".docx"):
        from docx import Document

        return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs)
    return page_text(data.decode(), drawings=False) if name.endswith(".html") else data.decode()


def _slides(data: bytes) -> str:
    from pptx import Presentation

    lines = []
    for number, slide in enumerate(Presentation(io.BytesIO(data)).slides, 1):
        lines.append(f"-- slide {number}")
        for shape in slide.shapes:
            if shape.has_text_frame:
                lines += [words for words in shape.text_frame.text.splitlines() if words]
            if getattr(shape, "has_chart", False):
                for series in shape.chart.plots[0].series:
                    lines.append(f"chart {series.name}: {[round(value or 0, 1) for value in series.values]}")
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            lines.append(f"note: {slide.notes_slide.notes_text_frame.text}")
    return "\n".join(lines)
