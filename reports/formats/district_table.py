"""Every format that a district's report can take, by the name that a person gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reports.district import DistrictReport
from reports.formats.district_data import csv_schools, json_data
from reports.formats.district_html import html_page, pdf_a4, pdf_letter
from reports.formats.district_md import markdown
from reports.formats.district_text import plain_text
from reports.formats.district_xlsx import workbook

TEXT: Mapping[str, Callable[[DistrictReport], str]] = {
    "text": plain_text,
    "html": html_page,
    "md": markdown,
    "json": json_data,
    "csv": csv_schools,
}
BINARY: Mapping[str, Callable[[DistrictReport], bytes]] = {
    "pdf": pdf_a4,
    "pdf-letter": pdf_letter,
    "xlsx": workbook,
}
"""What is no text, and needs an extra each."""

MACHINE = ("json", "csv")
"""What programs read: always in English."""

FORMATS: Mapping[str, Callable[[DistrictReport], str | bytes]] = {**TEXT, **BINARY}
