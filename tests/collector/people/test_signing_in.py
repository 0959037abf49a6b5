"""People sign in with a password, stay signed in for a while, and go out for good."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from collector.engine import reading, writing
from collector.people import passwords, register
from collector.people.tables import sessions
from tests.collector import made
from tests.collector.people.district import (
    OPERATOR,
    PASSWORD,
    Browser,
    District,
    district,
    hidden,
    made_settings,
)

COOKIE = "bandgap-session"


def test_the_pages_are_shut_to_whoever_has_not_signed_in(shared: District) -> None:
    """A person is sent to the sign-in page, and from there to what was wanted; a program is told 401."""
    browser = shared.browser()
    sent = browser.get("/sites/lincoln?show=all")
    assert (sent.status_code, sent.headers["Location"]) == (
        303,
        "/sign-in?next=%2Fsites%2Flincoln%3Fshow%3Dall",
    )
    refused = browser.get("/v1/sites")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="bandgap"'
    assert refused.json()["detail"] == "Sign in, or send an API token."


def test_signing_in_leads_to_what_was_wanted(shared: District) -> None:
    """The page names who is signed in, on every page alike."""
    browser = shared.browser()
    done = browser.sign_in("vera", wanted="/sites/lincoln")
    assert (done.status_code, done.headers["Location"]) == (303, "/sites/lincoln")
    assert "<bdi>vera</bdi>" in browser.get("/sites/lincoln").text


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\r\nSet-Cookie: a=b"]
)
def test_nobody_is_sent_elsewhere(shared: District, wanted: str) -> None:
    """What to go on to is an address of ours, or the first page."""
    page = shared.browser()
    done = page.post(
        "/sign-in",
        {**hidden(page.get("/sign-in").text), "name": "vera", "password": PASSWORD, "next": wanted},
    )
    assert (done.status_code, done.headers["Location"]) == (303, "/")


def test_a_name_is_written_as_one_likes(shared: District) -> None:
    assert shared.browser().sign_in("  VERA ").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"), [("vera", "wrong"), ("nobody", PASSWORD), ("", ""), ("vera", "x" * 10_000)]
)
def test_who_fails_is_told_the_same_whatever_was_wrong(shared: District, name: str, password: str) -> None:
    """No answer says whether the name exists."""
    done = shared.browser().sign_in(name, password)
    assert done.status_code == 403
    assert "Name or password is wrong." in done.text
    assert COOKIE not in done.cookies


def test_a_sign_in_makes_a_session_of_its_own(lakes: District) -> None:
    """A cookie that somebody else planted is worth nothing afterwards, and the session before has ended."""
    browser = lakes.browser()
    browser.session.cookies.set(COOKIE, "planted", domain="127.0.0.1", path="/")
    assert browser.sign_in("vera").status_code == 303
    first = browser.session.cookies[COOKIE]
    assert first != "planted"
    assert browser.sign_in("vera").status_code == 303
    other = Browser(lakes.url)
    other.session.cookies.set(COOKIE, first)
    assert other.get("/").status_code == 303


def test_a_cookie_is_for_nobody_but_us(shared: District) -> None:
    """HttpOnly, SameSite=Lax, for the whole site; what it holds isn't in the database."""
    said = shared.browser().sign_in("vera").headers["Set-Cookie"]
    cookie = next(one for one in said.split(", ") if one.startswith(COOKIE))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    secret = cookie.partition("=")[2].partition(";")[0]
    assert len(secret) == 43
    with reading(shared.engine) as connection:
        assert secret.encode() not in connection.scalars(select(sessions.c.secret_sha256)).all()


def test_signing_out_ends_the_session(lakes: District) -> None:
    """At our end, not only in the browser."""
    browser = lakes.browser("vera")
    secret = browser.session.cookies[COOKIE]
    assert browser.sign_out().status_code == 303
    assert COOKIE not in browser.session.cookies
    other = Browser(lakes.url)
    other.session.cookies.set(COOKIE, secret)
    assert other.get("/").status_code == 303


def test_a_session_ends_when_nothing_was_asked_for(lakes: District) -> None:
    """Two hours; each use begins them anew."""
    browser = lakes.browser("vera")
    for _ in range(3):
        lakes.collector.now += timedelta(minutes=110)
        assert browser.get("/").status_code == 200
    lakes.collector.now += timedelta(hours=2, seconds=61)
    assert browser.get("/").status_code == 303


def test_a_session_has_a_longest(lakes: District) -> None:
    """Twelve hours, however busy; what has ended is gone from the database at the next sign-in."""
    browser = lakes.browser("vera")
    for _ in range(12):
        assert browser.get("/").status_code == 200
        lakes.collector.now += timedelta(hours=1, seconds=10)
    assert browser.get("/").status_code == 303
    lakes.browser("otto")
    with reading(lakes.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(sessions)) == 1


def test_a_person_who_is_removed_is_out_at_once(lakes: District) -> None:
    browser = lakes.browser("vera")
    with writing(lakes.engine) as connection:
        register.remove(connection, OPERATOR, made.NOW, "vera")
    assert browser.get("/").status_code == 303


def test_a_new_password_ends_all_sessions_but_the_one_it_was_given_in(lakes: District) -> None:
    """The old one is worth nothing any more, and the session has a new cookie."""
    browser, other = lakes.browser("vera"), lakes.browser("vera")
    before = browser.session.cookies[COOKIE]
    done = browser.form(
        "/account", old=PASSWORD, new="a better one than that", again="a better one than that"
    )
    assert "The password is changed" in done.text
    assert browser.session.cookies[COOKIE] != before
    assert browser.get("/").status_code == 200
    assert other.get("/").status_code == 303
    assert lakes.browser().sign_in("vera").status_code == 403
    assert lakes.browser().sign_in("vera", "a better one than that").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", "a better one than that", "a better one than that", "The present password is wrong."),
        (PASSWORD, "a better one than that", "another one than that", "The two new ones differ."),
        (PASSWORD, "short", "short", "The password has 5 characters, expected 12 to 256."),
        (PASSWORD, "vera vera vera", "vera vera vera", "too easy to guess"),
        (PASSWORD, "111111111111", "111111111111", "too easy to guess"),
    ],
)
def test_a_new_password_that_is_none_is_refused(
    shared: District, old: str, new: str, again: str, said: str
) -> None:
    """The reason is on the page, and nothing has changed."""
    browser = shared.browser("vera")
    assert said in browser.form("/account", old=old, new=new, again=again).text
    assert shared.browser().sign_in("vera").status_code == 303


def test_a_hash_of_older_parameters_is_made_anew_at_a_sign_in(lakes: District) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with writing(lakes.engine) as connection:
        register.set_password(connection, OPERATOR, made.NOW, "vera", old)
    lakes.browser("vera")
    with reading(lakes.engine) as connection:
        found = register.with_password(connection, "vera")
    assert found is not None
    assert found[1] != old
    assert not passwords.outdated(found[1])


def test_a_password_in_clear_is_not_asked_for_from_elsewhere(tmp_path: Path) -> None:
    """Without TLS only this machine signs in; the page says how TLS is made known."""
    with district(tmp_path, made_settings(listen={"proxies": ("127.0.0.1",)})) as found:
        browser = Browser(found.url, headers={"X-Forwarded-For": "203.0.113.9"})
        page = browser.get("/sign-in").text
        assert "listen.proxies" in page
        assert 'type="password"' not in page
        done = browser.post("/sign-in", {**hidden(page), "name": "vera", "password": PASSWORD})
        assert done.status_code == 403
        assert "A password would travel in clear" in done.text
