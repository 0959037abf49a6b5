"""What people see can be read by everybody, and asks no other host for anything: axe-core in a real browser.

The rules are those of WCAG 2.2 at level AA with axe's best practices, at a desk in light and on a
telephone in dark. The browser tells of each request that it makes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from collector.database import Database
from collector.settings import load
from reports.formats.as_html import html_page
from reports.week import WeeklyReport
from tests.collector import made
from tests.collector.conftest import Running, running
from tests.reports import example_long, example_week

playwright = pytest.importorskip("playwright.sync_api", reason="playwright isn't installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe isn't installed")
CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("chromium isn't installed", allow_module_level=True)

REPORTS: dict[str, WeeklyReport] = {
    "short": example_week.short_of_target(),
    "nothing": example_week.nothing_measured(),
    "right to left": example_week.named(example_week.HOSTILE["right to left"]),
    "unbroken": example_week.named(example_week.HOSTILE["unbroken"]),
    "month": example_long.month(),
    "year": example_long.year(),
}
SCREENS = {"light": (1280, 900), "dark": (390, 844)}
"""A desk's screen is light here and a telephone's dark; all four would take twice as long."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    words = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=words)
        yield found
        found.close()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A collector with a site that sent summaries and one that sent nothing."""
    with running(Database(tmp_path_factory.mktemp("fleet") / "c.sqlite"), load(None)) as collector:
        token = collector.enrol(made.LINCOLN, made.CABLE)
        collector.enrol(replace(made.LINCOLN, id="empty", name="<b>Nothing</b> yet"))
        assert collector.post(token, made.body([made.week(), made.day(), made.hour()])).ok
        yield collector


def found(browser: Any, address: str, scheme: str) -> tuple[str, list[str]]:
    """What axe says of a page, and what the browser asked for."""
    width, height = SCREENS[scheme]
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": height})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address, wait_until="networkidle")
    results = axe.Axe().run(page)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.close()
    assert wide <= 0, "the page is wider than its screen"
    return (results.generate_report() if results.violations_count else ""), asked


@pytest.mark.parametrize("scheme", SCREENS)
@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_for_everybody_and_asks_nobody(
    browser: Any, name: str, scheme: str, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    file.write_text(html_page(REPORTS[name]))
    violations, asked = found(browser, file.as_uri(), scheme)
    assert violations == ""
    assert asked == [file.as_uri()]


@pytest.mark.parametrize("scheme", SCREENS)
@pytest.mark.parametrize("path", ["/", "/sites/lincoln", "/docs"])
def test_the_collectors_pages_are_for_everybody_and_ask_it_alone(
    browser: Any, fleet: Running, path: str, scheme: str
) -> None:
    violations, asked = found(browser, fleet.url + path, scheme)
    assert violations == ""
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(fleet.url).netloc}
