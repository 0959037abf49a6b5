"""No page holds a word that translators don't get: what isn't a name, a unit, a setting or for programs is a message.

Every page of the table is asked for by who may see all of it, in letters that no English word has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

import reports.languages
from collector.endpoints import ENDPOINTS
from collector.engine import writing
from collector.people import register, site_tokens
from collector.people.audit import Actor
from collector.people.roles import SCOPES
from collector.reference import HTML, document
from collector.tables import circuits, sites
from reports.agent_state import QUIET, AgentState
from reports.sites import Contract
from reports.wire import summary_json, upload_json
from tests.collector import made
from tests.collector.people.district import OPERATOR, Browser, District, district, hidden, made_settings
from tests.reports.page import Page
from tests.reports.pseudo import Wide
from tests.reports.test_all_is_translatable import NAMES, seen, untranslated

OWN = (
    *NAMES, "Lakes Cable", "Lakes", "Hills", "Alabama", "School lincoln", "School roosevelt", "School oak", "lincoln",
    "roosevelt", "oak", "root", "vera", "otto", "ada", "sam", "kim", "state:01", "district:0100005", "district:0100006",
    "collector.toml", "listen.url", "OpenAPI", "JSON", "CSV", "Parquet", "GeoJSON", "PDF", "Letter", "Markdown", "XLSX",
    "bandgap report", "/metrics", "/openapi.json", "U.S. Census Bureau", "E-rate", "English", "south-line", "all",
    "other scope", "lakes", "erate", "window_opens", "window_closes", "Español", "PDF, A4", "/v1/sites/", "OK", *SCOPES,
    *document(ENDPOINTS, [])["components"]["schemas"],
)  # fmt: skip
PATHS = {
    "/sites/{id}": ("/sites/lincoln", "/sites/oak", "/sites/roosevelt"),
    "/districts/{id}": ("/districts/0100005",),
    "/sites": ("/sites", "/sites?state=short&sort=-people&provider=Lakes+Cable", "/sites?q=none"),
    "/contracts": ("/contracts", "/contracts?before=2026-01-01"),
    "/sign-in/{provider}": ("/sign-in/nobody",),
    "/sign-in/{provider}/back": ("/sign-in/nobody/back",),
}
"""Where a page is asked for with more than its own address."""


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """One school with all that a page can tell, one that has gone silent, one that was never heard."""
    settings = made_settings(public={"enabled": True}, fleet={"silent_after": 10_800.0})
    with district(tmp_path_factory.mktemp("words"), settings) as found:
        collector = found.collector
        site = replace(made.LINCOLN, id="lincoln", name="School lincoln")
        contract = Contract(100.0, 20.0, "Lakes Cable", "cable", 900.0, ends_on=date(2027, 1, 10))
        weeks = [made.week(made.NOW - timedelta(weeks=n), demand=40 + 3 * n) for n in range(9)]
        hours = [made.hour(made.NOW - timedelta(hours=n), demand=20.0 + n) for n in range(30)]
        state = AgentState(
            at=made.NOW,
            uptime_s=260_000,
            quiet_since=made.NOW - timedelta(hours=3),
            quiet_because=next(iter(QUIET)),
            undated_minutes=5,
        )
        for name, body in (("lincoln", [*weeks, made.day(), *hours]), ("roosevelt", weeks[:1])):
            facts = replace(site, id=name, name=f"School {name}")
            told = upload_json("0.1.0", facts, contract, [summary_json(one) for one in body], state)
            assert collector.post(found.site_tokens[name], told).status_code == 200
        with writing(found.engine) as connection:
            line = connection.execute(
                insert(circuits)
                .values(id="south-line", ends_on=date(2027, 1, 1), price_per_month=10.5, currency="USD",
                        provider="Lakes Cable", connection_type="fixed-wireless")
                .returning(circuits.c.key)
            ).scalar_one()  # fmt: skip
            known = collector.store.site("lincoln")
            assert known is not None
            here = sites.c.key == known.key
            connection.execute(update(sites).where(here).values(circuit=line, lat=33.1, lon=-86.9))
            connection.execute(update(circuits).values(place=select_place(connection)))
            silent = int((made.NOW - timedelta(days=2)).timestamp())
            connection.execute(update(sites).where(sites.c.id == "roosevelt").values(heard_at=silent))
            everything_noted(connection)
        yield found


def select_place(connection: Any) -> int:
    from collector.registry import place

    found = place(connection, "district", "0100005")
    assert found is not None
    return found.key


def everything_noted(connection: Any) -> None:
    """A line of each kind in the audit log."""
    by, now = OPERATOR, made.NOW
    key = register.add(connection, by, now, "kim", "viewer", (), None, ("https://a.example", "kim"))
    register.change_role(connection, by, now, key, "district_admin", ())
    register.remove(connection, Actor("provider lakes", "single sign-on"), now, "kim")
    site_tokens.renew(connection, Actor("site oak", "site token"), now, "oak", timedelta(hours=24))
    site_tokens.revoke(connection, Actor("user 1000", "command line"), now, "oak")


@pytest.fixture
def reader(furnished: District, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Who may see everything, and reads it in wide letters."""
    browser = furnished.browser("root")
    monkeypatch.setattr(reports.languages, "_catalogue", lambda language: Wide())
    browser.headers["Accept-Language"] = "es"
    return browser


def pages() -> list[str]:
    found = [one.path for one in ENDPOINTS if one.media == HTML and one.method == "GET"]
    return [each for path in found for each in PATHS.get(path, (path,))]


def own_words(markup: str) -> list[str]:
    """What of a page is nobody's message: without code, and without what says itself that it is English."""
    for form in (
        r"<(span|p) lang=\"en\">.*?</\1>",
        r"<(code|pre|bdi)>.*?</\1>",
        r"<(b) class=\"method\">.*?</\1>",
    ):
        markup = re.sub(form, "|", markup, flags=re.DOTALL)
    return untranslated(seen(Page(markup)), OWN)


@pytest.mark.parametrize("path", [*pages(), "/nowhere"])
def test_a_page_has_no_word_of_its_own(reader: Browser, path: str) -> None:
    answer = reader.get(path)
    assert answer.headers["Content-Type"].startswith("text/html"), answer.status_code
    assert '<html lang="es">' in answer.text
    assert own_words(answer.text) == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/sign-in", {"name": "nobody", "password": "wrong"}),
        ("/account", {"old": "wrong"}),
        ("/people", {"name": "", "role": "viewer", "places": "district:0"}),
        ("/people", {"name": "", "role": "viewer", "places": ""}),
        ("/people", {"name": "vera", "role": "viewer", "places": ""}),
        ("/people", {"remove": "nobody"}),
    ],
)
def test_what_a_form_is_answered_has_no_word_of_its_own(
    furnished: District, reader: Browser, path: str, fields: dict[str, str]
) -> None:
    browser = Browser(furnished.url, headers=dict(reader.headers)) if path == "/sign-in" else reader
    token = hidden(browser.get(path).text)["form"]
    answer = browser.post(path, {"form": token, **fields})
    assert answer.status_code in (403, 404, 422)
    assert own_words(answer.text.replace("district:0", "|")) == []


def test_a_form_of_elsewhere_is_refused_without_a_word_of_its_own(reader: Browser) -> None:
    answer = reader.post("/account", {"old": "a"}, origin="https://elsewhere.example")
    assert answer.status_code == 403
    assert own_words(answer.text) == []


def test_what_is_english_is_found(furnished: District) -> None:
    """The check is worth something: the same page in English stands out."""
    assert own_words(furnished.browser("root").get("/").text)
