"""What administrators can do on the pages: no more than they are, and it is in the log."""

from __future__ import annotations

import re

import pytest

from tests.collector.people.district import Browser, District, hidden


def added(browser: Browser, name: str, role: str, places: str) -> tuple[int, str]:
    done = browser.post("/people", {**token(browser), "name": name, "role": role, "places": places})
    return done.status_code, done.text


def token(browser: Browser) -> dict[str, str]:
    return {"form": hidden(browser.get("/people").text)["form"]}


def test_an_administrator_lets_a_person_in(lakes: District) -> None:
    """With a first password that is shown once, for one's own part of the tree."""
    status, page = added(lakes.browser("ada"), "Nora", "viewer", "district:0100005")
    assert status == 200
    password = re.search(r"<code>([\w-]{20})</code>", page)
    assert password is not None
    nora = lakes.browser()
    assert nora.sign_in("nora", password[1]).status_code == 303
    assert nora.get("/sites/lincoln").status_code == 200
    assert nora.get("/sites/roosevelt").status_code == 404
    assert "<code>" not in lakes.browser("ada").get("/people").text


@pytest.mark.parametrize(
    ("role", "places", "status"),
    [
        ("state_admin", "district:0100005", 403),
        ("king", "district:0100005", 403),
        ("viewer", "district:0100006", 422),
        ("viewer", "district:0100005 district:0100006", 422),
        ("viewer", "state:01", 422),
        ("viewer", "", 422),
        ("viewer", "district:9", 422),
    ],
)
def test_nobody_gives_more_than_they_have(shared: District, role: str, places: str, status: int) -> None:
    """No higher role, no other place, and not everywhere."""
    assert added(shared.browser("ada"), "nora", role, places)[0] == status
    assert "nora" not in shared.browser("root").get("/people").text


def test_one_sees_and_removes_people_of_ones_own_part_alone(lakes: District) -> None:
    """Those who are above, or elsewhere, or of more than that, aren't there."""
    ada, root = lakes.browser("ada"), lakes.browser("root")
    names = set(re.findall(r'<th scope="row"><bdi>(\w+)</bdi>', ada.get("/people").text))
    assert names == {"ada", "vera"}
    for name in ("otto", "sam", "root", "nobody"):
        assert ada.post("/people", {**token(ada), "remove": name}).status_code == 404
    vera = lakes.browser("vera")
    assert ada.post("/people", {**token(ada), "remove": "vera"}).status_code == 200
    assert vera.get("/").status_code == 303
    names = set(re.findall(r'<th scope="row"><bdi>(\w+)</bdi>', root.get("/people").text))
    assert names == {"ada", "otto", "root", "sam"}


def test_an_administrator_of_a_district_reads_what_was_changed_there(lakes: District) -> None:
    """And who sees all reads all, a page at a time."""
    ada, root = lakes.browser("ada"), lakes.browser("root")
    added(ada, "nora", "viewer", "district:0100005")
    added(root, "olga", "viewer", "district:0100006")
    page = ada.get("/audit").text
    assert "nora" in page
    assert "olga" not in page
    page = root.get("/audit").text
    assert page.index("olga") < page.index("nora")
    assert "viewer, district:0100005" in page
    assert root.get("/audit?before=1").text.count("<tr>") == 0
    assert root.get("/audit?before=x'").status_code == 200


def test_a_name_is_harmless_on_every_page(lakes: District) -> None:
    """Names come from people and providers."""
    root = lakes.browser("root")
    status, page = added(root, '<img src=x onerror="alert(1)">', "viewer", "")
    assert status == 200
    for found in (page, root.get("/audit").text):
        assert "<img" not in found
        assert "&lt;img" in found
