"""Who fails too often waits; nobody can make others wait."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from collector.people import throttle
from collector.people.throttle import Throttle, neighbourhood
from tests.collector.people.district import (
    PASSWORD,
    Browser,
    District,
    district,
    hidden,
    made_settings,
)


def test_a_bucket_fills_and_empties() -> None:
    """Five at once, then one for every minute of five."""
    found = Throttle(5, 300.0)
    assert [found.charge("a", 0.0) for _ in range(5)] == [0.0] * 5
    assert found.charge("a", 0.0) == pytest.approx(60.0)
    assert found.charge("a", 59.0) == pytest.approx(1.0)
    assert found.charge("a", 61.0) == 0.0
    assert found.charge("b", 61.0) == 0.0


def test_who_succeeds_is_not_charged() -> None:
    found = Throttle(2, 60.0)
    for second in range(100):
        assert found.charge("a", float(second)) == 0.0
        found.give_back("a", float(second))


def test_many_askers_are_bounded_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one who goes on failing among them is still known."""
    monkeypatch.setattr(throttle, "MOST_KEYS", 100)
    found = Throttle(3, 600.0)
    for _ in range(3):
        found.charge("stubborn", 0.0)
    for number in range(1000):
        found.charge(number, 1.0)
    assert len(found._levels) <= 100
    assert found.charge("stubborn", 2.0) > 0


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("testclient", "testclient"),
    ],
)
def test_an_asker_is_as_much_of_an_address_as_one_has(address: str, near: str) -> None:
    """Whoever has one IPv6 address has 2**64."""
    assert neighbourhood(address) == near


def test_guessing_from_one_address_locks_nobody_else_out(tmp_path: Path) -> None:
    """The guesser waits, also with the right password; the person signs in from elsewhere all the same."""
    with district(
        tmp_path, made_settings(listen={"proxies": ("127.0.0.1",), "url": "https://a.example"})
    ) as place:
        guesser, vera = at(place, "203.0.113.9"), at(place, "198.51.100.7")
        answers = [guesser.sign_in("vera", "wrong").status_code for _ in range(6)]
        assert answers == [403] * 5 + [429]
        waiting = guesser.sign_in("vera")
        assert waiting.status_code == 429
        assert int(waiting.headers["Retry-After"]) > 0
        assert "Too many tries from here failed" in waiting.text
        assert vera.sign_in("vera").status_code == 303
        assert guesser.sign_in("otto").status_code == 303


def test_guessing_many_names_from_one_address_ends_too(tmp_path: Path) -> None:
    """Thirty, whatever the names are."""
    with district(tmp_path) as place:
        browser = place.browser()
        answers = [browser.sign_in(f"name-{number}", "wrong").status_code for number in range(31)]
        assert answers == [403] * 30 + [429]


class SecureBrowser(Browser):
    """One behind a web server that does TLS; it keeps the cookies by hand, as its own connection is plain."""

    def sign_in(self, name: str, password: str = PASSWORD, wanted: str = "") -> requests.Response:
        page = self.get("/sign-in")
        cookie = page.headers["Set-Cookie"].partition(";")[0]
        self.session.cookies.clear()
        fields = {**hidden(page.text), "name": name, "password": password}
        return self.post("/sign-in", fields, origin="https://a.example", Cookie=cookie)


def at(place: District, address: str) -> SecureBrowser:
    return SecureBrowser(place.url, headers={"X-Forwarded-For": address, "X-Forwarded-Proto": "https"})
