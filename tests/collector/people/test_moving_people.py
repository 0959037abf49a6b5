"""People, tokens and the log go along when a collector moves to another database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from collector.database import Database, named
from collector.engine import engine, reading, writing
from collector.migrating import prepare
from collector.moving import move
from collector.people import api_tokens, audit, register, sessions
from collector.people.settings import PeopleSettings
from tests.collector import made
from tests.collector.people.district import OPERATOR, furnished
from tests.postgres import Cluster


def test_who_was_in_stays_in(postgres: Cluster, tmp_path: Path) -> None:
    """With the same places, sessions, tokens and lines; new ones are added beside them."""
    source, goal = Database(tmp_path / "collector.sqlite"), named(postgres.create())
    prepare(source)
    old, new = engine(source), engine(goal)
    furnished(old)
    with writing(old) as connection:
        vera = next(one for one in register.everyone(connection) if one.name == "vera")
        secret = sessions.begin(connection, vera.key, "session", made.NOW)
        token = api_tokens.add(connection, OPERATOR, made.NOW, "all", ["read:sites"], (), timedelta(days=1))
    move(source, goal, lambda line: None)
    for found in (old, new):
        viewer = sessions.viewer(found, PeopleSettings(), secret, made.NOW)
        assert viewer is not None
        assert viewer.who == "vera"
        assert viewer.places is not None
        assert len(viewer.places) == 1
        assert api_tokens.viewer(found, token, made.NOW) is not None
    with reading(old) as first, reading(new) as last:
        assert register.everyone(first) == register.everyone(last)
        assert audit.lines(first, 99) == audit.lines(last, 99)
    with writing(new) as connection:
        register.add(connection, OPERATOR, made.NOW, "nora", "viewer", (), None)
    old.dispose()
    new.dispose()
