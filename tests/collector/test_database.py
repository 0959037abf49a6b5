"""What is taken as the collector's database, and what is left alone."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

from collector.cli import main
from collector.database import APPLICATION_ID, Database, connect, named
from collector.migrating import numbers, prepare
from collector.people import tables as _people  # noqa: F401  # describes its tables in METADATA
from collector.standings import tables as _standings  # noqa: F401  # adds its tables to METADATA
from collector.store import open_store
from collector.tables import METADATA
from collector.tokens import token_hash
from reports.chain import Break
from reports.faults import ConfigFault
from reports.periods import hour_of
from tests.collector import made


def test_migrations_are_numbered_without_a_gap() -> None:
    """They are applied in this order, each once."""
    assert list(numbers()) == [f"{number:04}" for number in range(1, len(numbers()) + 1)]


def test_a_new_database_is_made_with_all_migrations(tmp_path: Path) -> None:
    """Its folder too; preparing it again changes nothing."""
    path = tmp_path / "deep" / "collector.sqlite"
    prepare(Database(path))
    prepare(Database(path))
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(numbers()[-1],)]
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_tables_are_what_the_migrations_make(source: Engine) -> None:
    """``collector/tables.py`` says of both databases what is there."""
    with source.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    assert [one for one in found if "hours_" not in str(one[1])] == [], "partitions come and go"


def test_two_processes_may_migrate_at_once(empty_database: Database) -> None:
    """One does it, and the others find it done."""
    text = empty_database.url or str(empty_database.path)
    asked = [
        subprocess.Popen(
            [sys.executable, "-P", "-m", "collector.migrating"], stdin=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in asked:
        assert process.stdin is not None
        process.stdin.write(text)
        process.stdin.close()
    assert [process.wait(60) for process in asked] == [0] * 4
    prepare(empty_database)


@pytest.mark.parametrize(
    ("text", "path"),
    [("/var/a.sqlite", "/var/a.sqlite"), ("sqlite:a.sqlite", "a.sqlite"), ("sqlite:///var/a", "/var/a")],
)
def test_a_file_is_named_by_its_path_or_a_url(text: str, path: str) -> None:
    assert named(text) == Database(Path(path))


def test_a_password_is_in_no_message() -> None:
    """The name that messages give a database says where it is, and not how one gets in."""
    found = named("postgresql://bandgap:se:cr@et@db.example.org:5433/fleet?password=x")
    assert str(found) == "postgresql://bandgap@db.example.org:5433/fleet"
    assert "cr@et" not in repr(found)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "mysql://db/fleet",
            'database: found "mysql://...", expected a path, sqlite:PATH or postgresql://USER@HOST/NAME',
        ),
        ("sqlite:", "database: names no file, expected a path, sqlite:PATH or postgresql://USER@HOST/NAME"),
    ],
)
def test_another_kind_of_database_is_refused(
    text: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sites", "--database", text]) == 78
    assert capsys.readouterr().err == f"bandgap: {line}\n"


def test_a_server_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Exit code 78, without the password."""
    assert main(["sites", "--database", f"postgresql://me:secret@/fleet?host={tmp_path}"]) == 78
    said = capsys.readouterr().err
    assert said.startswith("bandgap: postgresql://me@/fleet: can't be used: ")
    assert said.count("\n") == 1
    assert "secret" not in said


def old_database(path: Path) -> None:
    """A database as it was written before Alembic: three sites, chains with a gap and a fork."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((Path(__file__).parent / "data/database-of-before.sql").read_text())


def test_a_database_of_before_is_carried_over(tmp_path: Path) -> None:
    """Sites, tokens, states, summaries and chains are all there, and the older version leaves it alone."""
    path = tmp_path / "collector.sqlite"
    old_database(path)
    store = open_store(path)
    assert [known.id for known in store.sites()] == ["lincoln", "roosevelt", "silent"]
    lincoln, roosevelt, silent = store.sites()
    assert store.site_with_token(token_hash("bandgap_lincoln")) == lincoln
    assert (lincoln.site, lincoln.contract, lincoln.heard_at) == (made.LINCOLN, made.CABLE, made.NOW)
    assert lincoln.agent_state is not None
    assert lincoln.agent_state.sampled_at == made.NOW
    assert silent.heard_at is None
    weeks = store.recent(lincoln.key, "week", made.NOW, 10)
    assert weeks == [made.week(), made.week(made.NOW - timedelta(days=7), down=12.25)]
    assert store.recent(lincoln.key, "day", made.NOW, 10)[0] == made.day()
    last = hour_of(made.NOW - timedelta(hours=1)).starts_at
    assert store.hours(lincoln.key, [last]) == [made.hour(made.NOW - timedelta(hours=1), down=None, up=None)]
    assert store.chain(lincoln.key).breaks == ()
    assert store.chain(lincoln.key).entries[-1].number == 24
    assert store.chain(roosevelt.key).breaks == (Break("gap", 4, 5), Break("fork", 8, 8))
    store.close()
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT max(number) FROM migrations").fetchone() == (4,)


def test_the_first_form_of_a_database_is_carried_over(tmp_path: Path) -> None:
    """It had neither links nor an agent's state."""
    path = tmp_path / "collector.sqlite"
    old_database(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE links")
        connection.execute("ALTER TABLE sites DROP COLUMN linked_through")
        connection.execute("ALTER TABLE sites DROP COLUMN agent_state")
        connection.execute("DELETE FROM migrations WHERE number > 1")
    store = open_store(path)
    lincoln = store.sites()[0]
    assert store.recent(lincoln.key, "week", made.NOW, 1) == [made.week()]
    assert store.chain(lincoln.key).entries == ()
    store.close()


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    """One line, exit code 78, and not a byte changed."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but somebody's notes\n" * 50)
    before = path.read_bytes()
    with pytest.raises(ConfigFault) as found:
        prepare(Database(path))
    assert str(found.value) == (
        f"{path}: can't be used as a database: file is not a database; name another file with --database"
    )
    assert path.read_bytes() == before


def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    """It has tables that aren't ours."""
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE sites (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(ConfigFault, match="some other program's database"):
        prepare(Database(path))
    assert path.read_bytes() == before


def test_a_newer_versions_database_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An older collector can't know what a newer one has done to it."""
    path = tmp_path / "collector.sqlite"
    prepare(Database(path))
    with closing(connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    assert main(["serve", "--port", "0", "--database", str(path)]) == 78
    assert capsys.readouterr().err == (
        f"bandgap: {path}: a newer version has used it (schema 9999, this one knows {numbers()[-1]}); "
        "install that version, or name another database with --database\n"
    )
    assert path.read_bytes() == before


def test_a_folder_in_its_place_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What can't be opened says why."""
    assert main(["sites", "--database", str(tmp_path)]) == 78
    assert capsys.readouterr().err.startswith(f"bandgap: {tmp_path}: can't be opened: Is a directory; ")
