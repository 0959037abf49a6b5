"""What is taken as the collector's database, and what is left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from collector.cli import main
from collector.database import connect, migrations, prepare
from reports.faults import ConfigFault


def test_migrations_are_numbered_without_a_gap() -> None:
    """They are applied in this order, each once."""
    assert [number for number, _, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_new_database_is_made_with_all_migrations(tmp_path: Path) -> None:
    """Its folder too; preparing it again changes nothing."""
    path = tmp_path / "deep" / "collector.sqlite"
    prepare(path)
    prepare(path)
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM migrations").fetchone() == (len(migrations()),)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    """One line, exit code 78, and not a byte changed."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but somebody's notes\n" * 50)
    before = path.read_bytes()
    with pytest.raises(ConfigFault) as found:
        prepare(path)
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
        prepare(path)
    assert path.read_bytes() == before


def test_a_newer_versions_database_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An older collector can't know what a newer one has done to it."""
    path = tmp_path / "collector.sqlite"
    prepare(path)
    with closing(connect(path)) as connection:
        connection.execute("INSERT INTO migrations VALUES (99, '0099_future')")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    assert main(["serve", "--port", "0", "--database", str(path)]) == 78
    assert capsys.readouterr().err == (
        f"bandgap: {path}: a newer version has used it (schema 99, this one knows {len(migrations())}); "
        "install that version, or name another file with --database\n"
    )
    assert path.read_bytes() == before


def test_a_folder_in_its_place_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What can't be opened says why."""
    assert main(["sites", "--database", str(tmp_path)]) == 78
    assert capsys.readouterr().err.startswith(f"bandgap: {tmp_path}: can't be opened: Is a directory; ")
