"""Every page in a real browser: for everybody, on a telephone and at a wall of screens, in light and dark.

axe-core judges by WCAG 2.2 at level AA with its best practices. No page is wider than its screen, none asks another
host for anything, and the table can be narrowed with the keyboard alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import insert, update

from collector.database import Database
from collector.engine import engine, writing
from collector.registry import add_place
from collector.settings import load
from collector.tables import circuits, sites
from reports.sites import Contract
from tests.collector import made
from tests.collector.conftest import Running, running

playwright = pytest.importorskip("playwright.sync_api", reason="playwright isn't installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe isn't installed")
CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("chromium isn't installed", allow_module_level=True)

PAGES = (
    "/", "/sites", "/sites?state=short&sort=-people", "/sites?q=nobody", "/sites/s0", "/sites/never", "/districts",
    "/districts/0100005", "/map", "/silent", "/contracts", "/downloads", "/docs", "/nowhere",
)  # fmt: skip
SCREENS = ((360, "light"), (360, "dark"), (1920, "light"), (1920, "dark"))
RTL, LONG = "مدرسة النور الابتدائية", "Wheeler" * 20


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    words = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=words)
        yield found
        found.close()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Schools of every state, with weeks, in a district on the map, with a shared circuit and hard names."""
    path = tmp_path_factory.mktemp("fleet") / "collector.sqlite"
    with running(Database(path), load(None)) as collector:
        for n, name in enumerate(("Lincoln", "Roosevelt <b>", RTL, LONG)):
            site = replace(made.LINCOLN, id=f"s{n}", name=name)
            contract = Contract(100.0, 20.0, "Lakes Cable", "cable", 900.0, ends_on=made.NOW.date())
            token = collector.enrol(site, contract)
            down = (50.0, 9000.0, 60.0, 700.0)[n]
            weeks = [made.week(made.NOW - timedelta(weeks=w), down=down, demand=40 + 3 * w) for w in range(6)]
            hours = [made.hour(made.NOW - timedelta(hours=h), demand=20.0 + h) for h in range(30)]
            collector.post(token, made.body([*weeks, made.day(), *hours], site, contract))
        collector.enrol(replace(made.LINCOLN, id="never", name="Never heard"))
        source = engine(Database(path))
        with writing(source) as connection:
            lakes = add_place(connection, "district", "0100005", "Lakes", None)
            line = connection.execute(
                insert(circuits)
                .values(id="c1", place=lakes, ends_on=made.NOW.date(), price_per_month=10.5, currency="USD")
                .returning(circuits.c.key)
            ).scalar_one()
            connection.execute(
                update(sites).values(place=lakes, lat=46.1 + sites.c.key / 9.0, lon=-94.6 + sites.c.key / 9.0)
            )
            connection.execute(update(sites).where(sites.c.id == "s0").values(circuit=line))
        collector.now += timedelta(days=2)
        for n in (0, 1, 3):
            site = replace(made.LINCOLN, id=f"s{n}")
            with writing(source) as connection:
                heard = int(collector.now.timestamp()) - 60
                connection.execute(update(sites).where(sites.c.id == site.id).values(heard_at=heard))
        source.dispose()
        yield collector


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_room_for_the_longer_words_of_spanish(browser: Any, fleet: Running, path: str) -> None:
    """On a telephone, where they have least; and whoever hears it hears Spanish."""
    page = browser.new_page(viewport={"width": 360, "height": 900}, locale="es-US")
    page.goto(fleet.url + path, wait_until="networkidle")
    assert page.evaluate("document.documentElement.lang") == "es"
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than its screen"
    over = page.evaluate(
        "[...document.querySelectorAll('.number dl div')].some("
        "row => row.children[0].scrollWidth > row.children[0].clientWidth)"
    )
    assert not over, "a word lies upon its figure"
    page.close()


def test_the_language_is_changed_without_a_script_and_with_the_keyboard(browser: Any, fleet: Running) -> None:
    """The link at the head leads to the same page, and the pages after it stay in that language."""
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(fleet.url + "/sites?state=short")
    link = page.get_by_role("link", name="Español")
    assert link.get_attribute("lang") == "es"
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**state=short&lang=es")
    assert page.get_by_role("heading", level=1).inner_text() == "Se encontraron 2 sitios"
    page.get_by_role("link", name="Distritos").first.click()
    page.wait_for_url("**/districts")
    assert page.get_by_role("heading", level=1).inner_text() == "1 distrito"
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/districts?lang=en")
    assert page.get_by_role("heading", level=1).inner_text() == "1 district"
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_is_for_everybody(browser: Any, fleet: Running, path: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(fleet.url + path, wait_until="networkidle")
    for width, scheme in SCREENS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        results = axe.Axe().run(page)
        assert results.violations_count == 0, f"{width} {scheme}: {results.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"the page is wider than a screen of {width}"
    page.close()
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(fleet.url).netloc}
    assert [text for text in said if "404" not in text] == [], "its policy refused something"


def test_the_table_is_narrowed_with_the_keyboard_alone(browser: Any, fleet: Running) -> None:
    """Skip link, search, verdict, order, and the sites that are left; each with a focus that is seen."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(fleet.url + "/sites")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    names = []
    for _ in range(30):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.name || ''"))
        if names[-1] == "q":
            break
    assert names[-1] == "q"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.type("lincoln")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=lincoln**")
    rows = page.locator("table.fleet tbody tr")
    assert (rows.count(), rows.first.locator("a").inner_text()) == (1, "Lincoln")
    page.close()


def test_a_heading_of_the_table_puts_it_in_order_and_round(browser: Any, fleet: Running) -> None:
    """A link, and told to whoever doesn't see the arrow."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(fleet.url + "/sites")
    page.get_by_role("columnheader", name="Site").get_by_role("link").click()
    first = page.locator("table.fleet tbody th a").first.inner_text()
    assert page.get_by_role("columnheader", name="Site").get_attribute("aria-sort") == "ascending"
    page.get_by_role("columnheader", name="Site").get_by_role("link").click()
    assert page.get_by_role("columnheader", name="Site").get_attribute("aria-sort") == "descending"
    assert page.locator("table.fleet tbody th a").last.inner_text() == first
    page.close()


def test_a_mark_on_the_map_leads_to_its_school(browser: Any, fleet: Running) -> None:
    """And is drawn where outlines are, not in an empty sea."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(fleet.url + "/map")
    assert page.locator("svg.map path.land").count() >= 1
    assert page.locator("svg.map .spot").count() == 5
    page.locator("svg.map a[href='/sites/s1']").click(force=True)
    page.wait_for_url("**/sites/s1")
    page.close()


def test_a_page_prints_without_what_is_for_screens(browser: Any, fleet: Running) -> None:
    """No filters, no menu; tables aren't cut at the paper's edge."""
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.emulate_media(media="print")
    page.goto(fleet.url + "/sites")
    assert not page.locator("form.filters").is_visible()
    assert not page.locator(".masthead nav").is_visible()
    assert page.locator("table.fleet").is_visible()
    page.close()
