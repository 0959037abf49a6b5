"""Who reads a page has it in their language: asked for, chosen before, preferred, or the collector's own."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import msgspec
import pytest
import requests
from sqlalchemy import select

from collector.engine import reading
from collector.languages import NAMES, preferred
from collector.standings.tables import standings
from reports.languages import LANGUAGES
from reports.wording import Language
from tests.collector import made
from tests.collector.conftest import Running, Starter


def words(answer: requests.Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def spoken_by(answer: requests.Response) -> str | None:
    found = re.search(r'<html lang="([^"]+)">', answer.text)
    return found[1] if found else None


def asked(url: str, path: str, **headers: str) -> requests.Response:
    """Asks as a browser without cookies."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(url + path, headers=named, timeout=30, allow_redirects=False)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("fr,ES-pr;q=0.4", "es"),
        ("es;q=0.5, en;q=0.5", "es"),
        ("es;q=0", None),
        ("fr-CH, *;q=0.5", None),
        ("", None),
        ("es;q=much", None),
        ("es;q=nan, en;q=1e9", None),
        (",;=,q=1", None),
    ],
)
def test_a_browser_has_what_it_likes_best_of_what_there_is(accepted: str, language: Language | None) -> None:
    assert preferred(accepted) == language


def test_every_language_has_a_name_in_itself() -> None:
    assert set(NAMES) == set(LANGUAGES)


def test_pages_are_english_unless_somebody_wants_another(collector: Running) -> None:
    plain = asked(collector.url, "/")
    assert spoken_by(plain) == plain.headers["Content-Language"] == "en"
    spanish = asked(collector.url, "/", Accept_Language="es-US,es;q=0.9")
    assert spoken_by(spanish) == spanish.headers["Content-Language"] == "es"
    assert "Todavía no hay ningún sitio inscrito" in words(spanish)


def test_what_is_chosen_is_kept_for_the_pages_after_it(collector: Running) -> None:
    """Above what the browser prefers, until another is chosen."""
    browser = requests.Session()
    browser.headers["Accept-Language"] = "en"
    first = browser.get(f"{collector.url}/sites?lang=es", timeout=30)
    assert spoken_by(first) == "es"
    kept = first.headers["Set-Cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=lax" in kept
    assert spoken_by(browser.get(f"{collector.url}/map", timeout=30)) == "es"
    assert spoken_by(browser.get(f"{collector.url}/nowhere", timeout=30)) == "es"
    assert spoken_by(browser.get(f"{collector.url}/map?lang=en", timeout=30)) == "en"
    assert spoken_by(browser.get(f"{collector.url}/", timeout=30)) == "en"


def test_a_language_that_there_is_not_is_passed_over(collector: Running) -> None:
    answer = asked(collector.url, "/?lang=tlh", Cookie="bandgap-language=<b>")
    assert spoken_by(answer) == "en"
    assert "Set-Cookie" not in answer.headers


def test_the_settings_say_what_others_get(start: Starter) -> None:
    collector = start(pages={"language": "es"})
    assert spoken_by(asked(collector.url, "/", Accept_Language="fr")) == "es"
    assert spoken_by(asked(collector.url, "/", Accept_Language="en")) == "en"


@pytest.mark.parametrize("path", ["/", "/sites", "/docs", "/nowhere", "/sign-in"])
def test_no_cache_hands_a_page_to_a_reader_of_another_language(collector: Running, path: str) -> None:
    answer = asked(collector.url, f"{path}?lang=es")
    assert {"Accept-Language", "Cookie"} <= {one.strip() for one in answer.headers["Vary"].split(",")}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_a_public_page_that_may_be_kept_says_for_whom(start: Starter) -> None:
    """And one that sets the cookie may not."""
    collector = start(public={"enabled": True})
    answer = asked(collector.url, "/public", Accept_Language="es")
    assert answer.headers["Cache-Control"] == "max-age=600"
    assert answer.headers["Vary"] == "Accept-Language, Cookie"
    assert "Cuántas escuelas cumplen la meta" in words(answer)
    assert "How many schools meet the target" in words(asked(collector.url, "/public"))
    assert asked(collector.url, "/public?lang=es").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "query",
    ["", "?state=short&sort=-people", "?q=%22%3E%3Cscript%3E", "?lang=en&q=a%26b", "?q=%ff&lang=es&lang=en"],
)
def test_the_switch_leads_to_the_same_page(collector: Running, query: str) -> None:
    """A link like any other: no script, and nothing but this collector's own address."""
    page = asked(collector.url, f"/sites{query}", Cookie="bandgap-language=en").text
    (link,) = re.findall(r'<a href="([^"]*)" lang="es" hreflang="es">Español</a>', page)
    there = unescape(link)
    assert there.startswith("?")
    assert urlsplit(there).netloc == ""
    answer = asked(collector.url, f"/sites{there}")
    assert spoken_by(answer) == "es"
    assert "<script>" not in page + answer.text
    (back,) = re.findall(r'<a href="([^"]*)" lang="en" hreflang="en">English</a>', answer.text)
    assert spoken_by(asked(collector.url, f"/sites{unescape(back)}")) == "en"


def test_a_switch_at_a_strange_address_stays_here(collector: Running) -> None:
    page = asked(collector.url, "//elsewhere.example/?a=1").text
    assert "elsewhere.example" not in page
    assert 'href="?a=1&amp;lang=es"' in page


def test_over_tls_the_choice_is_bound_to_this_host(start: Starter) -> None:
    collector = start(listen={"url": "https://collector.example.org"})
    kept = asked(collector.url, "/?lang=es").headers["Set-Cookie"]
    assert kept.startswith("__Host-bandgap-language=es;")
    assert "Secure" in kept


def test_programs_read_english_whoever_asks(collector: Running, token: str) -> None:
    """Their answers and their faults; and what is kept of a gap, although a Spanish page had it judged."""
    assert collector.post(token, made.body([made.week()])).status_code == 200
    spanish = {"Accept_Language": "es", "Cookie": "bandgap-language=es"}
    page = asked(collector.url, "/sites", **spanish)
    assert "Faltan" in words(page)
    with reading(collector.store.engine) as connection:
        kept = connection.execute(select(standings.c.gap)).scalar_one()
    assert "Short of" in msgspec.json.decode(kept)["sentence"]
    for path in ("/v1/sites/lincoln", "/v1/sites/nobody", "/v1/fleet"):
        said, plain = asked(collector.url, path, **spanish), asked(collector.url, path)
        assert said.headers.get("ETag") == plain.headers.get("ETag")
        assert "Set-Cookie" not in asked(collector.url, f"{path}?lang=es").headers
        if path == "/v1/sites/nobody":
            assert said.json() == plain.json()


def test_a_site_is_told_in_spanish(collector: Running, token: str) -> None:
    """Verdict, figures, dates and hours: the same figures, in the other language's words."""
    collector.post(token, made.body([made.week(), made.day(), made.hour()]))
    said = words(asked(collector.url, "/sites/lincoln?lang=es"))
    assert "Faltan 1,918 Mbps para la meta SETDA 2020-21" in said
    assert "Mediana de 24 pruebas confiables en 5 días escolares." in said
    assert "Semana 48, 2026 hasta ahora, al vie 27 nov 2026, 12:05 94.1 / 20.3" in said
    assert "lun mar mié jue vie" in said
    assert "English" in said
