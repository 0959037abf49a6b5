"""Every format a report can take, by the name that a person gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reports.formats.as_csv import csv_days, csv_tests
from reports.formats.as_html import html_page
from reports.formats.as_json import json_data
from reports.formats.as_md import markdown
from reports.formats.as_pdf import pdf_a4, pdf_letter
from reports.formats.as_text import plain_text
from reports.formats.as_xlsx import workbook
from reports.week import WeeklyReport

TEXT: Mapping[str, Callable[[WeeklyReport], str]] = {
    "text": plain_text,
    "html": html_page,
    "md": markdown,
    "json": json_data,
    "csv": csv_days,
    "csv-tests": csv_tests,
}
BINARY: Mapping[str, Callable[[WeeklyReport], bytes]] = {
    "pdf": pdf_a4,
    "pdf-letter": pdf_letter,
    "xlsx": workbook,
}
"""What is no text, and needs an extra each."""

MACHINE = ("json", "csv", "csv-tests")
"""What programs read: English, whatever the reports' language."""

FORMATS: Mapping[str, Callable[[WeeklyReport], str | bytes]] = {**TEXT, **BINARY}
