"""People of a district sign in at their own provider: a real one, through its own pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from collector.engine import reading, writing
from collector.people import audit, register
from collector.people.forms import derived
from collector.people.settings import ProviderSettings
from collector.people.single_sign_on import judged
from reports.faults import Fault
from tests.collector import made
from tests.collector.people import providers
from tests.collector.people.district import OPERATOR, Browser, District, district, made_settings

ACCOUNTS = {
    "u-1": {"preferred_username": "Greta", "groups": ["staff", "network"], "district_id": "0100006"},
    "u-2": {"preferred_username": "Hugo", "groups": ["staff"], "district_id": ["0100006", "0100005"]},
    "u-3": {"preferred_username": "Ines", "groups": ["pupils"], "district_id": "0100006"},
    "u-4": {"preferred_username": "Jan", "groups": ["staff"], "district_id": "0999999"},
    "u-5": {"preferred_username": "Kim", "groups": ["staff"]},
}
DERIVED = "collector.people.single_sign_on.derived"
CLAIMS: dict[str, Any] = {"viewer": ("staff",), "district_admin": ("network",), "place_claim": "district_id"}


@pytest.fixture(scope="module", params=["oidc-provider-mock", "oidc-provider"])
def issuer(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param not in providers.installed():
        pytest.skip(f"{request.param} isn't installed (tests/system_packages.sh)")
    with providers.provider(request.param, ACCOUNTS) as found:
        yield found


@contextmanager
def lakes_with(folder: Path, issuer: str, **changes: Any) -> Iterator[District]:
    """The district, whose people may sign in at the provider."""
    secret = folder / "lakes.secret"
    secret.write_text(providers.SECRET + "\n")
    one = ProviderSettings(
        id="lakes",
        issuer=issuer,
        client_id="bandgap",
        client_secret_file=str(secret),
        label="Lakes <School> District",
        **{**CLAIMS, **changes},
    )
    with district(folder, made_settings(people={"providers": (one,)})) as found:
        yield found


def without(changed: str) -> Callable[[str, str], str]:
    """What derives all secrets as ours does, and this one wrong."""
    return lambda secret, purpose: derived(secret, purpose if purpose != changed else "another")


def come_back(place: District, browser: Browser, subject: str, wanted: str = "") -> str:
    """From the sign-in page to the provider and through its pages; the address to come back with."""
    sent = browser.get("/sign-in/lakes" + (f"?next={wanted}" if wanted else ""))
    assert sent.status_code == 303
    back = f"{place.url}/sign-in/lakes/back"
    return providers.sign_in_there(requests.Session(), sent.headers["Location"], subject, back)


def test_a_person_comes_in_by_the_provider(tmp_path: Path, issuer: str) -> None:
    """With the role and the places that the claims give, and to the page that was wanted."""
    with lakes_with(tmp_path, issuer) as place:
        browser = place.browser()
        assert "Lakes &lt;School&gt; District" in browser.get("/sign-in").text
        done = browser.get(come_back(place, browser, "u-1", "/sites/roosevelt"))
        assert (done.status_code, done.headers["Location"]) == (303, "/sites/roosevelt")
        assert "<bdi>lakes/greta</bdi>" in browser.get("/sites/roosevelt").text
        assert browser.get("/sites/lincoln").status_code == 404
        assert browser.get("/people").status_code == 200
        assert 'type="password"' not in browser.get("/account").text
        with reading(place.engine) as connection:
            (_, line), *_ = audit.lines(connection, 1)
            known = next(one for one in register.everyone(connection) if one.provider)
        assert (line.who, line.how, line.what) == ("provider lakes", "single sign-on", "person added")
        assert (known.role, known.places) == ("district_admin", ("district:0100006",))


def test_the_same_person_is_known_again(tmp_path: Path, issuer: str) -> None:
    """By the provider's subject; what the claims give today holds, and a change is in the log."""
    with lakes_with(tmp_path, issuer) as place:
        browser = place.browser()
        browser.get(come_back(place, browser, "u-2"))
        with writing(place.engine) as connection:
            (known,) = [one for one in register.everyone(connection) if one.provider]
            assert (known.name, known.role) == ("lakes/hugo", "viewer")
            assert known.places == ("district:0100005", "district:0100006")
            register.change_role(connection, OPERATOR, made.NOW, known.key, "state_admin", ())
        assert browser.get("/sites/oak").status_code == 200
        browser = place.browser()
        browser.get(come_back(place, browser, "u-2"))
        assert browser.get("/sites/oak").status_code == 404
        with reading(place.engine) as connection:
            assert [one for one in register.everyone(connection) if one.provider] == [known]
            lines = [(line.what, line.who, line.detail) for _, line in audit.lines(connection, 2)]
        assert lines == [
            ("role changed", "provider lakes", "viewer, district:0100006, district:0100005"),
            ("role changed", "root", "state admin, everywhere"),
        ]


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("u-3", "this account has no role here"),
        ("u-4", "no such district is known here"),
        ("u-5", "this account is of no district"),
    ],
)
def test_who_has_no_role_or_place_stays_outside(tmp_path: Path, issuer: str, subject: str, said: str) -> None:
    """The reason is on the page."""
    with lakes_with(tmp_path, issuer) as place:
        browser = place.browser()
        done = browser.get(come_back(place, browser, subject))
        assert done.status_code == 403
        assert said in done.text
        assert browser.get("/").status_code == 303


def test_coming_back_counts_only_in_the_browser_that_was_sent(tmp_path: Path, issuer: str) -> None:
    """A link that somebody else made signs nobody in as them; the same answer twice signs in once."""
    with lakes_with(tmp_path, issuer) as place:
        browser = place.browser()
        link = come_back(place, browser, "u-1")
        for other in (place.browser(), place.browser()):
            other.get("/sign-in/lakes")
            done = other.get(link)
            assert done.status_code == 403
            assert "begun elsewhere" in done.text
        assert browser.get(link).status_code == 303
        assert browser.get(link).status_code == 403


def test_a_wrong_secret_of_the_client_is_refused(tmp_path: Path, issuer: str) -> None:
    """By the provider; the page says so in one line."""
    if issuer.startswith("http://localhost"):
        pytest.skip("this provider takes any client")
    with lakes_with(tmp_path, issuer) as place:
        (tmp_path / "lakes.secret").write_text("another")
        browser = place.browser()
        done = browser.get(come_back(place, browser, "u-1"))
        assert done.status_code == 403
        assert "the provider refused: invalid_client" in done.text


def test_a_verifier_that_is_not_ours_is_refused(
    tmp_path: Path, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PKCE: a code that was caught on its way is worth nothing without what only our side knows."""
    if issuer.startswith("http://localhost"):
        pytest.skip("this provider doesn't check it")
    with lakes_with(tmp_path, issuer) as place:
        browser = place.browser()
        link = come_back(place, browser, "u-1")
        monkeypatch.setattr(DERIVED, without("verifier"))
        done = browser.get(link)
        assert done.status_code == 403
        assert "the provider refused: invalid_grant" in done.text


def test_a_token_that_is_for_another_or_from_another_time_is_not_believed(
    tmp_path: Path, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its nonce is that of the sign-in that was begun."""
    with lakes_with(tmp_path, issuer) as place:
        browser = place.browser()
        link = come_back(place, browser, "u-1")
        monkeypatch.setattr(DERIVED, without("nonce"))
        done = browser.get(link)
        assert done.status_code == 403
        assert "can&#39;t be believed" in done.text


def test_a_provider_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with lakes_with(tmp_path, "http://127.0.0.1:9") as place:
        done = place.browser().get("/sign-in/lakes")
        assert done.status_code == 502
        assert "http://127.0.0.1:9 can&#39;t be reached" in done.text


LAKES = ProviderSettings(
    id="lakes",
    issuer="https://login.example",
    client_id="bandgap",
    viewer=("staff", "board"),
    district_admin=("network",),
    state_admin=("state",),
    place_claim="district_id",
)


@pytest.mark.parametrize(
    ("claims", "role", "districts"),
    [
        ({"groups": ["staff"], "district_id": "1"}, "viewer", ("1",)),
        ({"groups": "board", "district_id": ["1", "2"]}, "viewer", ("1", "2")),
        ({"groups": ["staff", "network"], "district_id": "1"}, "district_admin", ("1",)),
        ({"groups": ["network", "state"]}, "state_admin", ()),
        ({"groups": ["staff"], "district_id": 100005}, "viewer", ()),
    ],
)
def test_claims_make_a_role_and_places(claims: dict[str, Any], role: str, districts: tuple[str, ...]) -> None:
    """The highest role of which a value is named; ids are texts, as their leading zeros are part of them."""
    found = judged({"sub": "u", **claims}, LAKES)
    assert (found.role, found.districts) == (role, districts)


@pytest.mark.parametrize("groups", [None, [], ["pupils"], {"staff": True}, [["staff"]], 1])
def test_claims_without_a_role_let_nobody_in(groups: object) -> None:
    with pytest.raises(Fault, match="no role here"):
        judged({"sub": "u", "groups": groups}, LAKES)


def test_a_person_without_a_name_is_named_by_the_subject() -> None:
    assert judged({"sub": "u-7", "groups": "staff"}, LAKES).name == "u-7"
    assert judged({"sub": "u-7", "groups": "staff", "preferred_username": 7}, LAKES).name == "u-7"
    assert dataclasses.replace(LAKES, name_claim="email").name_claim == "email"
