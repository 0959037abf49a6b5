"""Enrolling: one token, shown once, kept only as a hash."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from collector.cli import main
from collector.store import open_store
from collector.tokens import bearer_token, token_hash

FACTS = """
[site]
name = "Lincoln Elementary"
students = 430
staff = 38

[contract]
down_mbps = 100
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("BANDGAP_COLLECTOR_CONFIG", raising=False)
    return tmp_path / "collector.sqlite"


def enrol(database: Path, *words: str) -> int:
    return main(["enrol", *words, "--database", str(database)])


def test_only_the_token_is_printed(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe there is nothing to cut off; the store knows the token's hash and not the token."""
    assert enrol(database, "lincoln") == 0
    said = capsys.readouterr()
    token = said.out.strip()
    assert said.out == f"{token}\n"
    assert said.err == ""
    assert token.startswith("bandgap_")
    store = open_store(database)
    found = store.site_with_token(token_hash(token))
    store.close()
    assert found is not None
    assert found.id == "lincoln"
    assert token.encode() not in b"".join(file.read_bytes() for file in database.parent.iterdir())


def test_facts_come_from_a_file(database: Path, tmp_path: Path) -> None:
    """A file with [site] and [contract]; --name goes before the file's."""
    (tmp_path / "lincoln.toml").write_text(FACTS)
    assert enrol(database, "lincoln", "--from", str(tmp_path / "lincoln.toml"), "--name", "Lincoln") == 0
    store = open_store(database)
    found = store.site("lincoln")
    store.close()
    assert found is not None
    assert (found.site.name, found.site.students, found.contract.down_mbps) == ("Lincoln", 430, 100.0)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[sit]\n", '{file}: [sit]: unknown table, did you mean "site"?'),
        ("[site]\nstudent = 3\n", '{file}: [site] student: unknown key, did you mean "students"?'),
        ('[site]\nid = "other"\n', '{file}: [site] id: found "other", expected "lincoln" or none'),
        ("site", "{file}: not valid TOML: Expected '=' after a key in a key/value pair (at end of document)"),
    ],
)
def test_a_fault_in_the_file_is_one_line(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, line: str
) -> None:
    """Exit code 78; file, key and what to do, and nothing is enrolled."""
    file = tmp_path / "facts.toml"
    file.write_text(text)
    assert enrol(database, "lincoln", "--from", str(file)) == 78
    assert capsys.readouterr().err == f"bandgap: {line.format(file=file)}\n"
    assert not database.exists()


def test_a_site_that_exists_is_not_enrolled_again(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says how to get a new token."""
    enrol(database, "lincoln")
    capsys.readouterr()
    assert enrol(database, "lincoln") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        'bandgap: site "lincoln": enrolled already; --rotate makes a new token and ends the old one\n'
    )


def test_rotating_ends_the_old_token(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lost token is worth nothing afterwards; the site's facts stay."""
    enrol(database, "lincoln", "--name", "Lincoln Elementary")
    old = capsys.readouterr().out.strip()
    assert enrol(database, "lincoln", "--rotate") == 0
    new = capsys.readouterr().out.strip()
    store = open_store(database)
    found = store.site_with_token(token_hash(new))
    assert store.site_with_token(token_hash(old)) is None
    store.close()
    assert found is not None
    assert found.site.name == "Lincoln Elementary"


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["lincoln", "--rotate"], 1, 'site "lincoln": not enrolled yet; leave out --rotate'),
        (
            ["lincoln", "--rotate", "--name", "X"],
            2,
            "--rotate changes the token only; leave out --from and --name",
        ),
        (
            ["../etc"],
            78,
            "enrol id: found \"../etc\", expected letters, digits, '.', '_' or '-', up to 64, as text in quotes",
        ),
        (["lincoln", "--from", "/nonexistent"], 78, "/nonexistent: can't be read: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    database: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, line: str
) -> None:
    """Codes 1, 2 and 78 as everywhere in bandgap."""
    assert enrol(database, *words) == code
    assert capsys.readouterr().err == f"bandgap: {line}\n"


def test_a_token_file_is_its_owners_only(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mode 0600, and the token on no screen."""
    place = tmp_path / "token"
    assert enrol(database, "lincoln", "--token-file", str(place)) == 0
    said = capsys.readouterr()
    assert place.stat().st_mode & 0o777 == 0o600
    assert said.out == ""
    assert place.read_text().strip() not in said.err
    assert said.err == f'Site "lincoln" is enrolled; its token is in {place}.\n'


def test_an_existing_file_is_not_overwritten_with_a_token(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped path costs nobody a file, and the site isn't enrolled either."""
    place = tmp_path / "precious"
    place.write_text("precious")
    assert enrol(database, "lincoln", "--token-file", str(place)) == 1
    assert "exists already" in capsys.readouterr().err
    assert place.read_text() == "precious"
    assert enrol(database, "lincoln", "--token-file", str(tmp_path / "no" / "token")) == 1
    assert enrol(database, "lincoln") == 0


def test_sites_are_listed(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Id, name, since when, last heard; ids keep their leading zeros."""
    main(["sites", "--database", str(database)])
    assert "No site is enrolled yet" in capsys.readouterr().out
    enrol(database, "0170993", "--name", "Lincoln Elementary")
    capsys.readouterr()
    assert main(["sites", "--database", str(database)]) == 0
    row = capsys.readouterr().out.splitlines()[2]
    assert row.startswith("0170993  Lincoln Elementary")
    assert "never" in row


def test_the_database_is_its_owners_only(database: Path) -> None:
    """It holds every school's figures."""
    enrol(database, "lincoln")
    assert database.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", None), ("Bearer ", None), (None, None)],
)
def test_a_bearer_token_is_read_from_its_header(header: str | None, token: str | None) -> None:
    """The scheme's case doesn't matter (RFC 7235)."""
    assert bearer_token(header) == token


def test_two_sites_cannot_share_a_token(database: Path) -> None:
    """The database itself would refuse it."""
    enrol(database, "a")
    with sqlite3.connect(database) as connection:
        unique = [row for row in connection.execute("PRAGMA index_list(sites)") if row[3] == "u"]
        assert len(unique) == 2, "id and token"
    connection.close()
