"""A person signs in, looks around and signs out in a real Chromium, which minds cookies, origins and policies.

axe-core judges each page, at a desk in light and on a telephone in dark, as in ``test_accessibility.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.collector.people.district import PASSWORD, District, district, made_settings
from tests.test_accessibility import SCREENS, axe, browser, playwright

assert browser is not None  # the fixture
assert playwright is not None

PAGES = ("/", "/sites/lincoln", "/account", "/people", "/audit", "/public", "/docs")


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    settings = made_settings(public={"enabled": True})
    with district(tmp_path_factory.mktemp("lakes"), settings) as found:
        yield found


def judged(page: Any) -> str:
    """What axe finds wrong, and whether the page is wider than its screen."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    results = axe.Axe().run(page)
    return ("wider than its screen\n" if wide > 0 else "") + (
        results.generate_report() if results.violations_count else ""
    )


@pytest.mark.parametrize("scheme", SCREENS)
def test_a_person_comes_in_looks_around_and_goes(
    browser: Any,  # the fixture
    lakes: District,
    scheme: str,
    tmp_path: Path,
) -> None:
    """By the keyboard alone; no page asks another host, runs a script or offends the policy."""
    width, height = SCREENS[scheme]
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{lakes.url}/sites/lincoln", wait_until="networkidle")
    assert page.url == f"{lakes.url}/sign-in?next=%2Fsites%2Flincoln"
    assert judged(page) == ""
    page.focus("#name")
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{lakes.url}/sites/lincoln", timeout=60_000)
    for path in PAGES:
        page.goto(lakes.url + path, wait_until="networkidle")
        assert page.url == lakes.url + path
        assert judged(page) == "", path
    page.click("text=Sign out")
    page.wait_for_url(f"{lakes.url}/sign-in", timeout=60_000)
    assert [cookie["name"] for cookie in context.cookies()] == ["bandgap-form"]
    context.close()
    assert said == []
    assert all(url.startswith((lakes.url, "data:")) for url in asked)
