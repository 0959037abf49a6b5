"""A district's report can be read by everybody, and asks no other host for anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.district import DistrictReport
from reports.formats.district_html import html_page
from tests.reports.example_district import report, schools
from tests.reports.example_week import HOSTILE
from tests.test_accessibility import SCREENS, browser, found

__all__ = ["browser"]


def named(name: str) -> DistrictReport:
    return report([replace(one, site=replace(one.site, name=name)) for one in schools()])


REPORTS = {
    "short": report(),
    "nothing": report([replace(one, heard_at=None, weeks={}) for one in schools()]),
    "right to left": named(HOSTILE["right to left"]),
    "unbroken": named(HOSTILE["unbroken"]),
}


@pytest.mark.parametrize("scheme", SCREENS)
@pytest.mark.parametrize("name", REPORTS)
def test_a_district_is_for_everybody_and_asks_nobody(
    browser: Any,  # a fixture
    name: str,
    scheme: str,
    tmp_path: Path,
) -> None:
    page = tmp_path / "district.html"
    page.write_text(html_page(REPORTS[name]), encoding="utf-8")
    said, asked = found(browser, page.as_uri(), scheme)
    assert said == ""
    assert asked == [page.as_uri()]
