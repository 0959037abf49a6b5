"""A form counts only when one of our pages sent it, and a cookie is as safe as the way it travels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from collector.endpoints import ENDPOINTS
from tests.collector.people.district import (
    PASSWORD,
    Browser,
    District,
    district,
    hidden,
    made_settings,
)

BEHIND = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", "Host": "collector.example"}


def test_a_form_from_another_site_is_refused(shared: District) -> None:
    """Whatever it holds, by what the browser says of where it comes from."""
    browser = shared.browser("vera")
    fields = hidden(browser.get("/").text)
    for origin in ("https://evil.example", "null", shared.url.replace("http:", "https:"), shared.url + "0"):
        done = browser.post("/sign-out", fields, origin=origin)
        assert done.status_code == 403
        assert "sent by another site" in done.text
    done = browser.post("/sign-out", fields, origin=None, **{"Sec-Fetch-Site": "cross-site"})
    assert done.status_code == 403
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "é", "a" * 43])
def test_a_form_without_the_right_token_is_refused(shared: District, token: str) -> None:
    """Also where a browser doesn't say where it comes from."""
    browser = shared.browser("vera")
    for fields in ({"form": token}, {"other": token}):
        done = browser.post("/sign-out", fields, origin=None)
        assert done.status_code == 403
        assert "The form is out of date" in done.text
    assert browser.get("/").status_code == 200


def test_the_token_of_one_session_is_none_in_another(shared: District) -> None:
    one, other = shared.browser("vera"), shared.browser("vera")
    fields = hidden(one.get("/").text)
    assert fields != hidden(other.get("/").text)
    assert other.post("/sign-out", fields).status_code == 403


def test_nobody_is_signed_in_as_somebody_else_by_a_form(shared: District) -> None:
    """The sign-in form takes a token too: of a cookie that the page has set."""
    browser = shared.browser()
    done = browser.post("/sign-in", {"name": "vera", "password": PASSWORD})
    assert done.status_code == 403
    fields = hidden(shared.browser().get("/sign-in").text)
    done = browser.post("/sign-in", {**fields, "name": "vera", "password": PASSWORD})
    assert done.status_code == 403


def test_a_form_is_a_form(shared: District) -> None:
    """Neither JSON, nor text, nor a book; broken ones are told so."""
    browser = shared.browser("vera")
    url = f"{shared.url}/sign-out"
    for body, media, status in (
        (b'{"form": "x"}', "application/json", 415),
        (b"form=x", "text/plain", 415),
        (b"form=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % number for number in range(60)), "application/x-www-form-urlencoded", 400),
        (b"form=\xff\xfe", "application/x-www-form-urlencoded", 400),
    ):
        done = browser.session.post(url, data=body, headers={"Content-Type": media}, timeout=30)
        assert done.status_code == status, body[:40]


def test_every_form_that_is_posted_asks_for_the_token(shared: District) -> None:
    """No page can be added whose form counts without one."""
    browser = shared.browser("root")
    for one in ENDPOINTS:
        if one.method == "POST" and not one.path.startswith("/v1/"):
            assert browser.post(one.path, {"name": "x", "role": "viewer"}).status_code == 403, one.path


def test_pages_are_kept_nowhere_and_framed_by_nobody(shared: District) -> None:
    """No script at all, nothing from elsewhere, no referrer to others; forms go to us alone."""
    answer = shared.browser("vera").get("/account")
    policy = answer.headers["Content-Security-Policy"]
    assert "script" not in policy
    assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in answer.text


@pytest.fixture(scope="module")
def behind_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """A collector with a web server in front that does TLS, which is this machine."""
    settings = made_settings(listen={"proxies": ("127.0.0.1",)})
    with district(tmp_path_factory.mktemp("tls"), settings) as found:
        yield found


def sign_in_over(place: District, headers: dict[str, str], origin: str) -> requests.Response:
    """Signs in by hand: this client wouldn't send a cookie for TLS over a plain connection."""
    page = requests.get(f"{place.url}/sign-in", headers=headers, timeout=30)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    fields = {**hidden(page.text), "name": "vera", "password": PASSWORD}
    return requests.post(
        f"{place.url}/sign-in",
        data=fields,
        headers={**headers, "Cookie": cookie, "Origin": origin},
        timeout=30,
        allow_redirects=False,
    )


def test_over_tls_cookies_are_for_tls_and_this_host_alone(behind_tls: District) -> None:
    """Secure, and named so that no other host of the domain can set them."""
    done = sign_in_over(behind_tls, BEHIND, "https://collector.example")
    assert done.status_code == 303
    session = done.headers["Set-Cookie"]
    assert session.startswith("__Host-bandgap-session=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(session.partition(", ")[0].split("; "))
    secret = session.partition("=")[2].partition(";")[0]
    page = {**BEHIND, "Cookie": f"__Host-bandgap-session={secret}"}
    assert requests.get(behind_tls.url, headers=page, timeout=30, allow_redirects=False).status_code == 200
    plain = {**BEHIND, "Cookie": f"bandgap-session={secret}"}
    assert requests.get(behind_tls.url, headers=plain, timeout=30, allow_redirects=False).status_code == 303


def test_what_a_stranger_says_of_the_way_is_not_believed(shared: District) -> None:
    """X-Forwarded-Proto counts from the addresses that listen.proxies names: here from none."""
    page = requests.get(f"{shared.url}/sign-in", headers=BEHIND, timeout=30)
    assert page.headers["Set-Cookie"].startswith("bandgap-form=")
    assert "Secure" not in page.headers["Set-Cookie"]
    done = sign_in_over(shared, BEHIND, "https://collector.example")
    assert done.status_code == 403
    assert "set listen.url" in done.text


def test_the_address_that_browsers_see_may_be_set(tmp_path: Path) -> None:
    """Then it holds, whatever a request says of its host, and forms of its pages count."""
    settings = made_settings(listen={"url": "https://schools.example", "proxies": ("127.0.0.1",)})
    with district(tmp_path, settings) as place:
        wrong_host = {**BEHIND, "Host": "127.0.0.1:8642"}
        assert sign_in_over(place, wrong_host, "https://schools.example").status_code == 303
        assert sign_in_over(place, BEHIND, "https://collector.example").status_code == 403


def test_a_cookie_of_nonsense_is_nobody(shared: District) -> None:
    """Very long, empty, or not text."""
    for value in ("", "x" * 4000, "%00%ff", "'; DROP TABLE sessions; --"):
        browser = Browser(shared.url)
        assert browser.get("/", Cookie=f"bandgap-session={value}").status_code == 303
