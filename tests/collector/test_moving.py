"""A fleet is carried from SQLite to PostgreSQL and back, whole, however often it is interrupted."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from collector.cli import main
from collector.database import Database, named
from collector.engine import engine, reading, writing
from collector.enrolment import enrol
from collector.migrating import prepare
from collector.moving import move
from collector.packed import packed
from collector.registry import add_place, put_site
from collector.store import open_store
from collector.tables import hours, links, places, sites, summaries
from collector.tokens import token_hash
from reports.faults import ConfigFault
from reports.sites import Contract, Site
from tests.collector import made
from tests.collector.test_database import old_database
from tests.postgres import Cluster

HOURS = 12_000


@pytest.fixture
def fleet(tmp_path: Path) -> Database:
    """Three sites of before with their chains, two places that stand in each other out of order, and hours."""
    database = Database(tmp_path / "fleet.sqlite")
    assert database.path is not None
    old_database(database.path)
    prepare(database)
    source = engine(database)
    with writing(source) as connection:
        lakes = add_place(connection, "district", "0100006", "Lakes")
        state = add_place(connection, "state", "27", "Minnesota")
        add_place(connection, "district", "0100006", "Lakes", state)
        put_site(connection, 1, lakes)
        start = int(made.hour(made.NOW - timedelta(days=900)).starts_at.timestamp())
        body = packed(made.hour())
        for first in range(0, HOURS, 500):
            rows = [
                {"site": 3, "starts_at": at, "through_at": at + 3600, "received_at": at, "body": body}
                for at in range(start + first * 3600, start + (first + 500) * 3600, 3600)
            ]
            connection.execute(insert(hours), rows)
    source.dispose()
    return database


def all_rows(source: Engine) -> list[list[tuple[object, ...]]]:
    with reading(source) as connection:
        return [
            sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in (places, sites, hours, summaries, links)
        ]


def test_a_fleet_moves_there_and_back(fleet: Database, postgres: Cluster, tmp_path: Path) -> None:
    """Row by row the same; and the new database counts its keys on."""
    goal, back = named(postgres.create()), Database(tmp_path / "back.sqlite")
    said: list[str] = []
    rows = move(fleet, goal, said.append)
    assert rows["sites"] == 3
    assert rows["hours"] == HOURS + 29
    assert "hours: 12,029 rows, verified" in said
    move(goal, back, said.append)
    first, last = engine(fleet), engine(back)
    assert all_rows(first) == all_rows(last)
    first.dispose()
    last.dispose()
    store = open_store(goal)
    assert store.site_with_token(token_hash("bandgap_lincoln")) is not None
    enrol(store, Site(id="new", name="New"), Contract(), made.NOW, rotate=False)
    with reading(store.engine) as connection:
        parts = connection.exec_driver_sql("SELECT count(*) FROM hours_other").scalar_one()
    assert parts == 0, "every month has a partition of its own"
    store.close()


def test_a_move_that_is_killed_goes_on_where_it_stood(fleet: Database, postgres: Cluster) -> None:
    """Killed as often as it takes; nothing is there twice, and nothing is lacking."""
    goal = postgres.create()
    words = ["move", "--from", f"sqlite:{fleet}", "--to", goal]
    command = [
        sys.executable,
        "-P",
        "-c",
        "import sys; from collector.cli import main; sys.exit(main())",
        *words,
    ]
    prepare(named(goal))
    watched = engine(named(goal))
    for floor in (0, 3_000, 7_000):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None:
                with reading(watched) as connection:
                    if len(connection.execute(select(hours.c.site)).all()) > floor:
                        break
            process.kill()
    watched.dispose()
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert "are there already" in done.stderr
    first, last = engine(fleet), engine(named(goal))
    assert all_rows(first) == all_rows(last)
    first.dispose()
    last.dispose()


def test_a_database_with_others_sites_is_refused(fleet: Database, tmp_path: Path) -> None:
    """Nothing is mixed, and nothing of it is changed."""
    other = Database(tmp_path / "other.sqlite")
    store = open_store(other)
    enrol(store, Site(id="other", name="Other"), Contract(), made.NOW, rotate=False)
    store.close()
    with pytest.raises(ConfigFault, match="has what the old database hasn't; move into an empty one"):
        move(fleet, other, lambda _: None)


def test_moving_from_nowhere_or_to_itself_is_one_line(
    tmp_path: Path, fleet: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone.sqlite"
    assert main(["move", "--from", f"sqlite:{gone}", "--to", f"sqlite:{tmp_path / 'new.sqlite'}"]) == 78
    assert capsys.readouterr().err == f"bandgap: {gone}: there is no such database to move from\n"
    assert main(["move", "--from", f"sqlite:{fleet}", "--to", str(fleet)]) == 78
    assert "is both the old database and the new one" in capsys.readouterr().err
