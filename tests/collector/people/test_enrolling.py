"""A gateway gets its token for a code, and a new one for the one it has, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import requests

from collector.engine import writing
from collector.people import enrolment_codes
from reports.sites import Site
from tests.collector import made
from tests.collector.people.district import OPERATOR, District
from tests.commands import bandgap, environment


def code_for(place: District, site: str) -> str:
    with writing(place.engine) as connection:
        issued = enrolment_codes.issue(
            connection, OPERATOR, place.collector.now, [Site(id=site)], timedelta(days=1)
        )
    return issued[0].code


def ask(place: District, body: object, **headers: str) -> requests.Response:
    return requests.post(f"{place.url}/v1/enrol", json=body, headers=headers, timeout=30)


def test_a_code_is_changed_for_a_token_that_uploads(lakes: District) -> None:
    """The token that the site had before has ended."""
    answer = ask(lakes, {"code": code_for(lakes, "lincoln")})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    given = answer.json()
    assert given["site"] == "lincoln"
    body = made.body([made.week()])
    assert lakes.collector.post(given["token"], body).status_code == 200
    assert lakes.collector.post(lakes.site_tokens["lincoln"], body).status_code == 401


def test_every_code_that_is_no_good_is_refused_alike(lakes: District) -> None:
    """Used, unknown, ended or empty: one answer."""
    used, ended = code_for(lakes, "lincoln"), code_for(lakes, "oak")
    assert ask(lakes, {"code": used}).status_code == 200
    lakes.collector.now += timedelta(days=2)
    answers = [ask(lakes, {"code": code}) for code in (used, ended, "00000-00000-00000-00000", "")]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("body", [None, [], {}, {"code": 1}, {"codes": "a"}, "code"])
def test_what_is_no_code_is_told_so(shared: District, body: object) -> None:
    answer = ask(shared, body)
    assert (answer.status_code, answer.json()["field"]) == (422, "code")


def test_who_guesses_is_slowed_down_and_who_enrols_hundreds_is_not(lakes: District) -> None:
    """Twenty wrong ones, then 429 with the time to wait; right ones don't count."""
    for _ in range(25):
        assert ask(lakes, {"code": code_for(lakes, "lincoln")}).status_code == 200
    answers = [ask(lakes, {"code": "WRONG"}) for _ in range(25)]
    assert [answer.status_code for answer in answers[:20]] == [403] * 20
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_large_body_is_refused(shared: District) -> None:
    assert ask(shared, {"code": "a" * 5000}).status_code == 413


def test_a_gateway_changes_its_token_for_a_new_one(lakes: District) -> None:
    """The one before holds for another day."""
    old = lakes.site_tokens["lincoln"]
    answer = requests.post(f"{lakes.url}/v1/token", headers={"Authorization": f"Bearer {old}"}, timeout=30)
    assert answer.status_code == 200
    new = answer.json()["token"]
    assert answer.json()["old_until"].startswith("2026-11-28T18:05:00")
    body = made.body([made.week()])
    assert lakes.collector.post(new, body).status_code == 200
    assert lakes.collector.post(old, body).status_code == 200
    lakes.collector.now += timedelta(days=1)
    assert lakes.collector.post(old, body).status_code == 401
    assert lakes.collector.post(new, body).status_code == 200


def test_a_gateway_enrols_itself_and_changes_its_token(lakes: District, tmp_path: Path) -> None:
    """By the agent's own command, with the code as somebody typed it."""
    place = tmp_path / "token"
    environ = environment(tmp_path)
    words = ("enrol", "--collector", lakes.url, "--token-file", str(place))
    code = code_for(lakes, "lincoln").lower()
    done = bandgap(environ, *words, "--code", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f'This is the site "lincoln"; its token is in {place}.\n')
    first = place.read_text().strip()
    assert bandgap(environ, *words, "--renew").returncode == 0
    second = place.read_text().strip()
    assert first != second
    for token in (first, second):
        assert lakes.collector.post(token, made.body([made.week()])).status_code == 200
    place.unlink()
    refused = bandgap(environ, *words, "--code", code)
    assert refused.returncode == 1
    assert "the code isn't one of this collector's, was used before, or has ended" in refused.stderr
