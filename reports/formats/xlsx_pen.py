"""How a workbook's cells, tables and charts are written with XlsxWriter, whatever they say.

A number is written as a number, a moment as a date by the site's own clock (a spreadsheet knows no zones),
nothing where nothing is known. Every text is written as text: XlsxWriter is told to see neither formulas nor
links nor numbers in it, so that a name computes nothing (OWASP, "CSV Injection") and needs no mark.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from reports.formats.extra import library
from reports.wording import say

Cell = str | float | datetime | date | None

LONGEST = 32_767
"""Characters that a cell holds (Excel's specifications and limits)."""
A4 = 9
"""The paper's number in Excel; who prints on another one chooses it there."""
DOWN, UP = "#2B6CB0", "#4A5462"
"""The colours of weekly.css."""
WRITTEN = {
    "title": {"bold": True, "font_size": 15},
    "verdict": {"bold": True, "text_wrap": True, "valign": "top"},
    "words": {"text_wrap": True, "valign": "top"},
    "text": {"indent": 1},
    "head": {"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"},
    "day": {"num_format": "yyyy-mm-dd", "align": "left"},
    "time": {"num_format": "yyyy-mm-dd hh:mm", "align": "left"},
    "rate": {"num_format": "#,##0.0"},
    "count": {"num_format": "#,##0"},
    "share": {"num_format": "0 %"},
}
TEXT_IS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head with the unit, how its cells are written, and how wide it is."""

    head: str
    written: str = ""
    width: int = 13


class Pen:
    """A workbook while it is written. Raises Fault where XlsxWriter isn't installed."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._out = io.BytesIO()
        self.book = library("xlsxwriter", "xlsx").Workbook(self._out, {"in_memory": True, **TEXT_IS_TEXT})
        self._written = {name: self.book.add_format(how) for name, how in WRITTEN.items()}

    def sheet(self, name: str) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.set_paper(A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def put(self, sheet: Any, row: int, column: int, cell: Cell, written: str = "") -> None:
        """One cell, written by what it is."""
        how = self._written.get(written)
        if isinstance(cell, str):
            sheet.write_string(row, column, cell[:LONGEST], how)
        elif isinstance(cell, datetime):
            sheet.write_datetime(row, column, cell.astimezone(self.zone).replace(tzinfo=None), how)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, how)
        elif cell is not None:
            sheet.write_number(row, column, cell, how)

    def rows(self, sheet: Any, first: int, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> int:
        """A table with its heads in row ``first``; returns the row of its last line."""
        for n, column in enumerate(columns):
            self.put(sheet, first, n, say(column.head), "head")
        row = first
        for cells in rows:
            row += 1
            for n, cell in enumerate(cells):
                self.put(sheet, row, n, cell, columns[n].written)
        return row

    def table(self, sheet: Any, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> int:
        """A sheet that is one table, with its heads kept in sight and a filter on each."""
        for n, column in enumerate(columns):
            sheet.set_column(n, n, column.width)
        last = self.rows(sheet, 0, columns, rows)
        sheet.set_row(0, 48)  # heads of three lines
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        sheet.repeat_rows(0)
        return last

    def words(self, sheet: Any, row: int, words: str | None, columns: int, written: str = "words") -> int:
        """A sentence over so many columns, as high as it takes; returns the next free row."""
        if not words:
            return row
        sheet.merge_range(row, 0, row, columns - 1, "", self._written[written])
        self.put(sheet, row, 0, words, written)
        sheet.set_row(row, 15.5 * (1 + len(words) // 115))
        return row + 1

    def chart(
        self, kind: dict[str, str], title: str, unit: str, series: Sequence[tuple[str, list[Any], list[Any]]]
    ) -> Any:
        """A chart of series down and up: each its name, where its categories are, and where its values."""
        chart = self.book.add_chart(kind)
        for (name, categories, values), colour in zip(series, (DOWN, UP), strict=False):
            look: dict[str, Any] = {"fill": {"color": colour}}
            if kind["type"] == "scatter":
                line = kind.get("subtype") == "straight"
                look = {"line": {"color": colour, "width": 1}} if line else {}
                look["marker"] = {"type": "none" if line else "circle", "size": 5, "fill": {"color": colour}}
            chart.add_series({"name": name, "categories": categories, "values": values, **look})
        chart.set_title({"name": title, "name_font": {"size": 11}, "overlay": False})
        chart.set_y_axis({"name": unit, "num_format": "#,##0", "min": 0})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 760, "height": 320})
        return chart

    def bytes(self) -> bytes:
        self.book.close()
        return self._out.getvalue()
