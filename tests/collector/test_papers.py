"""Who asks is found in one statement, the same in both databases, and never by what another has."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from collector.engine import reading, writing
from collector.people import api_tokens, papers, register, sessions, tree
from collector.people.audit import Actor
from collector.people.papers import Found, Papers
from collector.registry import add_place
from tests.collector import made

OPERATOR = Actor("root", "command line")


@pytest.fixture
def shown(source: Engine) -> dict[str, str]:
    """Tokens and secrets of a state with two districts."""
    with writing(source) as connection:
        state = add_place(connection, "state", "01", "Alabama")
        for number in ("0100005", "0100006"):
            add_place(connection, "district", number, number, state)
        found = {}
        for name, words in {"all": [], "state": ["state:01"], "lakes": ["district:0100005"]}.items():
            places = tree.named(connection, words)
            scopes, day = ["read:sites", "read:fleet"], timedelta(days=1)
            found[f"{name} token"] = api_tokens.add(connection, OPERATOR, made.NOW, name, scopes, places, day)
            key = register.add(connection, OPERATOR, made.NOW, name, "viewer", places, None)
            found[name] = sessions.begin(connection, key, "session", made.NOW)
    return found


def found(source: Engine, asked: Papers) -> Found:
    with reading(source) as connection:
        return papers.look_up(connection, asked)


def test_a_token_has_its_places_and_all_below_them(source: Engine, shown: dict[str, str]) -> None:
    """Of a state its districts too; of everywhere none by name."""
    places = {
        name: found(source, papers.of_token(shown[f"{name} token"])) for name in ("all", "state", "lakes")
    }
    assert [len(one.places) for one in places.values()] == [0, 3, 1]
    assert places["lakes"].places < places["state"].places
    assert [one.token_everywhere for one in places.values()] == [1, 0, 0]
    assert all(one.person is None and one.closed for one in places.values())
    assert places["all"].scopes == "read:fleet read:sites"


def test_a_person_has_theirs(source: Engine, shown: dict[str, str]) -> None:
    places = {name: found(source, papers.of_secret(shown[name])) for name in ("all", "state", "lakes")}
    assert [len(one.places) for one in places.values()] == [0, 3, 1]
    assert [(one.name, one.role, one.how) for one in places.values()] == [
        (name, "viewer", "session") for name in ("all", "state", "lakes")
    ]
    assert all(one.token_key is None for one in places.values())


@pytest.mark.parametrize("asked", [Papers(), papers.of_secret(None), papers.of_secret("wrong"),
                                   papers.of_token("bandgap_api_wrong"), papers.of_token("bandgap_wrong")])  # fmt: skip
def test_who_shows_nothing_of_ours_is_nobody(source: Engine, shown: dict[str, str], asked: Papers) -> None:
    one = found(source, asked)
    assert (one.person, one.token_key, one.places) == (None, None, frozenset())


def test_a_secret_is_no_token_and_a_token_no_secret(source: Engine, shown: dict[str, str]) -> None:
    assert found(source, papers.of_token(shown["all"])).token_key is None
    assert found(source, papers.of_secret(shown["all token"])).person is None


def test_where_nobody_was_ever_added_it_is_not_closed(source: Engine) -> None:
    assert found(source, Papers()).closed is None
