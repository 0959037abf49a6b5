"""Every address for every kind of asker: the whole table of what each is answered.

An address that isn't in the table fails the test, and so does one that has gone. What is asked is always the
school Lincoln, of the Lakes. Where an address is for somebody, the answer shows that the request got past the
gate: 200, or what the handler says of an empty form (422) or a wrong code (403).
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from collector.endpoints import ENDPOINTS
from collector.engine import writing
from collector.measure import routes
from collector.people import register, sessions, site_tokens
from collector.people.forms import form_token
from collector.people.roles import SCOPES
from collector.settings import load
from tests.collector import made
from tests.collector.people.district import OPERATOR, PASSWORD, District

ASKERS = (
    "anyone",
    "its token",
    "foreign token",
    "revoked token",
    "viewer elsewhere",
    "viewer",
    "district admin",
    "state admin",
    "API token",
    "API token elsewhere",
    "API token without scope",
    "API token that ended",
)

# fmt: off
ANSWERS = {
    # For:                          anyone    tokens of sites  elsewhere viewer admins     API tokens
    "POST /v1/summaries":         "   401     200 403 401        401    401    401 401    401 401 401 401",
    "POST /v1/token":             "   401     200 200 401        401    401    401 401    401 401 401 401",
    "POST /v1/enrol":             "   403     403 403 403        403    403    403 403    403 403 403 403",
    "GET /v1/sites":              "   401     401 401 401        200    200    200 200    200 200 403 401",
    "GET /v1/sites/{id}":         "   401     401 401 401        404    200    200 200    200 404 403 401",
    "GET /v1/sites/{id}/series": "  401     401 401 401        404    200    200 200    200 404 403 401",
    "GET /v1/sites/{id}/series.csv": "401   401 401 401        404    200    200 200    200 404 403 401",
    "GET /v1/sites.csv":          "   401     401 401 401        200    200    200 200    200 200 403 401",
    "GET /v1/sites.geojson":      "   401     401 401 401        200    200    200 200    200 200 403 401",
    "GET /v1/sites.parquet":      "   401     401 401 401        200    200    200 200    200 200 403 401",
    "GET /v1/fleet":              "   401     401 401 401        200    200    200 200    200 200 403 401",
    "GET /v1/places":             "   401     401 401 401        200    200    200 200    200 200 403 401",
    "GET /v1/places/{kind}/{id}": "   401     401 401 401        404    200    200 200    200 404 403 401",
    "GET /v1/circuits":           "   401     401 401 401        200    200    200 200    200 200 403 401",
    "GET /metrics":               "   401     401 401 401        200    200    200 200    200 200 200 401",
    "GET /v1/policy":             "   401     200 200 401        401    401    401 401    401 401 401 401",
    "GET /healthz":               "   200     200 200 200        200    200    200 200    200 200 200 200",
    "GET /openapi.json":          "   200     200 200 200        200    200    200 200    200 200 200 200",
    "GET /docs":                  "   200     200 200 200        200    200    200 200    200 200 200 200",
    "GET /static/collector.css":  "   200     200 200 200        200    200    200 200    200 200 200 200",
    "GET /":                      "   303     401 401 401        200    200    200 200    403 403 403 401",
    "GET /sites/{id}":            "   303     401 401 401        404    200    200 200    403 403 403 401",
    "GET /sites":                  "   303     401 401 401        200    200    200 200    403 403 403 401",
    "GET /districts":              "   303     401 401 401        200    200    200 200    403 403 403 401",
    "GET /map":                    "   303     401 401 401        200    200    200 200    403 403 403 401",
    "GET /silent":                 "   303     401 401 401        200    200    200 200    403 403 403 401",
    "GET /contracts":              "   303     401 401 401        200    200    200 200    403 403 403 401",
    "GET /downloads":              "   303     401 401 401        200    200    200 200    403 403 403 401",
    "GET /downloads/report":       "   303     401 401 401        404    422    422 422    422 404 403 401",
    "GET /districts/{id}":        "   303     401 401 401        404    200    200 200    403 403 403 401",
    "GET /sign-in":               "   200     200 200 200        200    200    200 200    200 200 200 200",
    "POST /sign-in":              "   403     403 403 403        403    403    403 403    403 403 403 403",
    "GET /sign-in/{provider}":    "   404     404 404 404        404    404    404 404    404 404 404 404",
    "GET /sign-in/{provider}/back": " 404     404 404 404        404    404    404 404    404 404 404 404",
    "POST /sign-out":             "   403     403 403 403        303    303    303 303    403 403 403 403",
    "GET /account":               "   303     401 401 401        200    200    200 200    403 403 403 401",
    "POST /account":              "   401     401 401 401        422    422    422 422    403 403 403 401",
    "GET /people":                "   303     401 401 401        403    403    200 200    403 403 403 401",
    "POST /people":               "   401     401 401 401        403    403    422 422    403 403 403 401",
    "GET /audit":                 "   303     401 401 401        403    403    200 200    403 403 403 401",
    "GET /public":                "   404     404 404 404        404    404    404 404    404 404 404 404",
    "GET /v1/measure":            "   200     200 200 200        200    200    200 200    200 200 200 200",
    "GET /v1/measure/garbage.php": "  200     200 200 200        200    200    200 200    200 200 200 200",
    "GET /v1/measure/empty.php":  "   200     200 200 200        200    200    200 200    200 200 200 200",
    "POST /v1/measure/empty.php": "   200     200 200 200        200    200    200 200    200 200 200 200",
    "OPTIONS /v1/measure/empty.php": "200     200 200 200        200    200    200 200    200 200 200 200",
    "GET /v1/measure/getIP.php":  "   200     200 200 200        200    200    200 200    200 200 200 200",
}
# fmt: on

FORMS = {
    "POST /account": {"old": PASSWORD, "new": "one that is long", "again": "another that is long"},
    "POST /people": {"name": "", "role": "viewer", "places": "district:0100005"},
}
SENT = {"POST /v1/summaries": made.body([made.week()]), "POST /v1/enrol": b'{"code": "WRONG"}'}
PEOPLE = {"viewer elsewhere": "otto", "viewer": "vera", "district admin": "ada", "state admin": "root"}


def addresses() -> list[str]:
    measure = [
        f"{method} {route.path}"
        for route in routes(load(None).measure)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    return [*(f"{one.method} {one.path}" for one in ENDPOINTS), *measure]


def test_every_address_is_in_the_table() -> None:
    """Whoever adds one says who may do what there."""
    assert sorted(ANSWERS) == sorted(addresses())


@pytest.fixture(scope="module")
def tokens(shared: District) -> dict[str, str]:
    """The tokens of sites and programs, by asker."""
    shared.collector.enrol("revoked")
    with writing(shared.engine) as connection:
        revoked = site_tokens.renew(connection, OPERATOR, made.NOW, "revoked")
        site_tokens.revoke(connection, OPERATOR, made.NOW, "revoked")
        from collector.people import api_tokens, tree

        hills = tree.named(connection, ["district:0100006"])
        day = timedelta(days=1)
        elsewhere = api_tokens.add(connection, OPERATOR, made.NOW, "hills", [*SCOPES], hills, day)
        ended = api_tokens.add(connection, OPERATOR, made.NOW - 2 * day, "ended", [*SCOPES], (), day)
    return {
        "its token": shared.site_tokens["lincoln"],
        "foreign token": shared.site_tokens["roosevelt"],
        "revoked token": revoked,
        "API token": shared.api_tokens["all"],
        "API token elsewhere": elsewhere,
        "API token without scope": shared.api_tokens["other scope"],
        "API token that ended": ended,
    }


@pytest.mark.parametrize("asked", ANSWERS)
def test_each_asker_is_answered_as_the_table_says(
    shared: District, tokens: dict[str, str], asked: str
) -> None:
    """Ones that may are let in, others are told why, and a site elsewhere isn't there."""
    found = {asker: ask(shared, tokens, asked, asker) for asker in ASKERS}
    assert found == dict(zip(ASKERS, map(int, ANSWERS[asked].split()), strict=True))


def ask(place: District, tokens: dict[str, str], asked: str, asker: str) -> int:
    """Asks as a browser of a new session, or as a program with its token."""
    method, path = asked.split()
    path = path.replace("{kind}/{id}", "district/0100005").replace("/districts/{id}", "/districts/0100005")
    path = path.replace("{id}", "lincoln").replace("{provider}", "lakes")
    path += "?place=district:0100005&format=none" if path.endswith("/report") else ""
    path += "?ckSize=1" if path.endswith("garbage.php") else ""
    headers, cookies, secret = {"Origin": place.url}, {}, "no session"
    if asker in PEOPLE:
        with writing(place.engine) as connection:
            key = next(one.key for one in register.everyone(connection) if one.name == PEOPLE[asker])
            secret = sessions.begin(connection, key, "session", place.collector.now)
        cookies["bandgap-session"] = secret
    elif asker in tokens:
        headers["Authorization"] = f"Bearer {tokens[asker]}"
    body: bytes | dict[str, str] | None = None
    if method == "POST" and not path.startswith("/v1/"):
        body = {"form": form_token(secret), **FORMS.get(asked, {})}
    elif asked in SENT:
        body, headers["Content-Type"] = SENT[asked], "application/json"
    answer = requests.request(
        method,
        place.url + path,
        headers=headers,
        cookies=cookies,
        data=body,
        timeout=30,
        allow_redirects=False,
    )
    return answer.status_code


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("vera", {"lincoln"}),
        ("otto", {"roosevelt"}),
        ("ada", {"lincoln"}),
        ("sam", {"lincoln", "roosevelt"}),
        ("root", {"lincoln", "roosevelt", "oak"}),
    ],
)
def test_lists_hold_what_is_of_ones_own_part_of_the_tree(shared: District, name: str, seen: set[str]) -> None:
    """The same by the interface and on the page; a site without a district is for who sees all."""
    browser = shared.browser(name)
    listed = {one["id"] for one in browser.get("/v1/sites").json()["sites"]}
    page = browser.get("/sites").text
    shown = {one for one in ("lincoln", "roosevelt", "oak") if f'href="/sites/{one}"' in page}
    assert listed - {"revoked"} == shown == seen


def test_an_api_token_lists_what_is_of_its_part(shared: District) -> None:
    bearer = {"Authorization": f"Bearer {shared.api_tokens['lakes']}"}
    answer = requests.get(f"{shared.url}/v1/sites", headers=bearer, timeout=30)
    assert [one["id"] for one in answer.json()["sites"]] == ["lincoln"]


def test_a_missing_site_and_one_elsewhere_are_told_alike(shared: District) -> None:
    """Nobody learns which schools another district has."""
    browser = shared.browser("vera")
    missing, elsewhere = browser.get("/v1/sites/nowhere"), browser.get("/v1/sites/roosevelt")
    assert missing.json() == elsewhere.json()


def test_a_wrong_token_is_not_made_up_for_by_a_session(shared: District) -> None:
    """Whoever sends one means it."""
    answer = shared.browser("root").get("/v1/sites", Authorization="Bearer bandgap_api_wrong")
    assert answer.status_code == 401
