"""Every format a weekly report can take, by the name that a person gives it."""

from __future__ import annotations

from collections.abc import Callable

from reports.formats.as_csv import csv_days, csv_tests
from reports.formats.as_html import html_page
from reports.formats.as_json import json_data
from reports.formats.as_text import plain_text
from reports.week import WeeklyReport

FORMATS: dict[str, Callable[[WeeklyReport], str]] = {
    "text": plain_text,
    "html": html_page,
    "json": json_data,
    "csv": csv_days,
    "csv-tests": csv_tests,
}
