"""Reports of districts and states from the page of downloads: each format and language, for whom they are."""

from __future__ import annotations

import io
import threading
import zipfile
from dataclasses import replace
from importlib.util import find_spec

import msgspec
import pytest

from collector.database import named
from collector.report_order import Order
from collector.views import downloads
from collector.views.downloads import AT_ONCE, ENGLISH, FORMS, last_week
from reports.formats.district_table import FORMATS, MACHINE
from reports.windows import windows
from tests.collector import made
from tests.collector.people.district import Browser, District, district, made_settings
from tests.postgres import Cluster

ASKED = "/downloads/report?place=district:0100005&period=2026-W48"
NEEDS = {"pdf": "weasyprint", "pdf-letter": "weasyprint", "xlsx": "xlsxwriter"}


@pytest.fixture(scope="module")
def told(shared: District) -> District:
    """Lincoln has told a week."""
    answer = shared.collector.post(
        shared.site_tokens["lincoln"], made.body([made.week()], replace(made.LINCOLN, name="School"))
    )
    assert answer.status_code == 200, answer.text
    return shared


@pytest.mark.parametrize("form", FORMS)
def test_each_format_is_what_it_says(told: District, form: str) -> None:
    """In Spanish where people read it; a name that says what it is."""
    if form in NEEDS and find_spec(NEEDS[form]) is None:
        pytest.skip(f"{NEEDS[form]} isn't installed")
    answer = told.browser("vera").get(f"{ASKED}&format={form}&language=es")
    assert answer.status_code == 200, answer.text
    _, ending, media = FORMS[form]
    language = "en" if form in ("csv", "json") else "es"
    assert answer.headers["Content-Type"].startswith(media)
    assert answer.headers["Content-Language"] == language
    name = f"bandgap-district-0100005-2026-W48-{language}.{ending}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    if ending == "pdf":
        assert answer.content.startswith(b"%PDF-")
    elif ending == "xlsx":
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    elif form in ("csv", "json"):
        assert "delivered" in answer.text
    else:
        assert "Faltan 1,918" in answer.text


def test_the_page_has_what_reports_can_be() -> None:
    """The same formats, and English where a report is for programs."""
    assert set(FORMS) == set(FORMATS)
    assert set(ENGLISH) == set(MACHINE)


def test_an_order_reaches_the_child_as_it_was_given() -> None:
    """All settings, whatever is set."""
    settings = made_settings(
        alerts={"quiet": windows(["21:00-06:30", "2026-12-24"])},
        erate={"window_opens": made.NOW.date(), "locale": "rural", "discount": 0.8},
        listen={"proxies": ("10.0.0.0/8",)},
    )
    order = Order(settings, "sqlite:/a b", "state", "01", "pdf", "es", made.NOW, month="2026-10")
    assert msgspec.json.decode(msgspec.json.encode(order), type=Order) == order


def test_a_place_elsewhere_is_not_there(told: District) -> None:
    """Neither to choose on the page, nor by its address, nor the state of which one sees a part."""
    vera, root = told.browser("vera"), told.browser("root")
    page = vera.get("/downloads").text
    assert 'value="district:0100005"' in page
    assert "0100006" not in page
    assert 'value="state:01"' not in page
    assert 'value="state:01"' in root.get("/downloads").text
    for place in ("district:0100006", "state:01", "state:77", "site:lincoln", "", "district:%00"):
        assert vera.get(f"/downloads/report?place={place}").status_code == 404
    assert root.get("/downloads/report?place=state:01&period=2026-W48&format=csv").status_code == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("&period=2026-W99", "no existe tal semana ISO"),
        ("&period=%3Cb%3E", "no existe tal semana ISO"),
        ("&period=2026-00", "no existe tal año"),
        ("&format=exe", "No existe tal formato o idioma."),
        ("&language=tlh", "No existe tal formato o idioma."),
    ],
)
def test_what_cannot_be_is_told_on_a_page(told: District, query: str, words: str) -> None:
    """In the language of whoever asks."""
    asked = ASKED.partition("&")[0] + "&format=text&language=es" * ("period" in query) + query
    answer = told.browser("vera").get(asked, **{"Accept-Language": "es"})
    assert answer.status_code == 422
    assert words in answer.text
    assert "<b>" not in answer.text.partition("<main")[2]


def test_whoever_asks_while_others_are_made_is_told_to_wait(told: District) -> None:
    """And nothing is begun for them."""
    vera = told.browser("vera")
    for _ in range(AT_ONCE):
        assert downloads._making.acquire(blocking=False)
    try:
        answer = vera.get(f"{ASKED}&format=csv")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
        assert "try again in 10 s" in answer.text
    finally:
        for _ in range(AT_ONCE):
            downloads._making.release()
    assert vera.get(f"{ASKED}&format=csv").status_code == 200


def test_pages_are_answered_while_a_report_is_made(told: District) -> None:
    """It is a child's work: the loop goes on."""
    found: list[int] = []
    vera = told.browser("vera")
    making = threading.Thread(target=lambda: found.append(vera.get(f"{ASKED}&format=html").status_code))
    making.start()
    assert Browser(told.url).get("/healthz").status_code == 200
    making.join()
    assert found == [200]


def test_who_names_no_period_gets_the_last_whole_week(told: District) -> None:
    assert last_week(made.NOW) == "2026-W47"
    answer = told.browser("vera").get("/downloads/report?place=district:0100005&format=csv")
    assert "2026-W47-en.csv" in answer.headers["Content-Disposition"]


def test_the_page_of_a_district_leads_to_its_report(told: District) -> None:
    browser = told.browser("ada")
    assert 'href="/downloads?place=district%3A0100005"' in browser.get("/districts/0100005").text
    chosen = browser.get("/downloads?place=district%3A0100005").text
    assert '<option value="district:0100005" selected>' in chosen


def test_nobody_may_ask_who_has_not_signed_in(told: District) -> None:
    answer = Browser(told.url).get(ASKED)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=")


def test_a_report_is_made_of_a_postgresql_database(postgres: Cluster, migrated_postgres: str) -> None:
    """The child finds its way there, with all that the address of the database says, and tells the same."""
    database = named(postgres.create(migrated_postgres))
    with district(database) as found:
        sent = found.collector.post(found.site_tokens["lincoln"], made.body([made.week()]))
        assert sent.status_code == 200, sent.text
        browser = found.browser("vera")
        table = browser.get(f"{ASKED}&format=json")
        assert table.status_code == 200, table.text
        assert table.headers["Content-Type"].startswith("application/json")
        assert "Faltan 1,918" in browser.get(f"{ASKED}&format=text&language=es").text
        assert browser.get(f"{ASKED.replace('0005', '0006')}&format=json").status_code == 404
        assert browser.get(f"{ASKED.replace('2026-W48', '2026-W99')}&format=json").status_code == 422
        state = found.browser("sam").get("/downloads/report?place=state:01&period=2026-11&format=md")
        assert state.status_code == 200, state.text
        assert "Alabama" in state.text
