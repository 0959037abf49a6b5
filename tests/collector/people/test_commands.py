"""``person``, ``api-token``, ``audit`` and ``revoke``: what they make, print and refuse, on both databases."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from collector.cli import main
from collector.database import Database
from collector.engine import engine, reading, writing
from collector.people import api_tokens, passwords, register, sessions, tree
from collector.people.settings import PeopleSettings
from collector.people.tables import people
from collector.registry import add_place
from reports.faults import Fault
from tests.collector import made
from tests.collector.people.district import OPERATOR, kept_password

PASSWORD = "seven green lanterns"  # made up
SETTINGS = PeopleSettings()


class Machine:
    """The collector's machine: its database, and a person at its command line."""

    def __init__(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._words = ("--database", database.url or str(database.path))
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def run(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main([*words, *self._words])
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def machine(
    database: Database, source: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Machine:
    monkeypatch.delenv("BANDGAP_COLLECTOR_CONFIG", raising=False)
    with writing(source) as connection:
        state = add_place(connection, "state", "01", "Alabama")
        add_place(connection, "district", "0100005", "Lakes", state)
    return Machine(database, monkeypatch, capsys)


def test_a_person_is_added_listed_changed_and_removed(machine: Machine, source: Engine) -> None:
    """The password comes by standard input, and is kept as its argon2id hash alone."""
    added = machine.run(
        *("person", "add", "Vera", "--role", "district_admin", "--place", "district:0100005"),
        typed=PASSWORD + "\n",
    )
    assert added == (0, "", 'Person "vera" may sign in.\n')
    with reading(source) as connection:
        kept = connection.execute(select(people.c.password)).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(PASSWORD, kept)
    assert not passwords.matches(PASSWORD + " ", kept)
    row = machine.run("person", "list")[1].splitlines()[2]
    assert row.split()[:4] == ["vera", "district", "admin", "district:0100005"]
    assert machine.run("person", "passwd", "vera", typed="another password\n")[0] == 0
    with reading(source) as connection:
        assert connection.execute(select(people.c.password)).scalar_one() != kept
    assert machine.run("person", "remove", "vera") == (0, "", "")
    assert machine.run("person", "list")[1] == "Nobody may sign in yet.\n"


def test_a_password_can_be_made_up(machine: Machine, source: Engine) -> None:
    """Printed once, and nothing else with it."""
    code, out, err = machine.run("person", "add", "vera", "--generate")
    assert (code, err) == (0, 'Person "vera" may sign in.\n')
    with reading(source) as connection:
        kept = connection.execute(select(people.c.password)).scalar_one()
    assert passwords.matches(out.strip(), kept)


@pytest.mark.parametrize(
    ("words", "typed", "line"),
    [
        (["person", "add", "vera"], "short\n", "the password has 5 characters, expected 12 to 256"),
        (["person", "add", "vera"], "vera is my name\n", "the password is too easy to guess"),
        (["person", "add", "a/b"], PASSWORD, 'person "a/b": expected a name'),
        (["person", "add", " "], PASSWORD, 'person " ": expected a name'),
        (["person", "add", "v", "--place", "lakes"], PASSWORD, 'place "lakes": expected a place as in'),
        (
            ["person", "add", "v", "--place", "district:100005"],
            PASSWORD,
            'place "district:100005": no such district is known here',
        ),
        (["person", "remove", "nobody"], "", 'person "nobody": no such person'),
        (["person", "passwd", "nobody"], PASSWORD, 'person "nobody": no such person'),
        (["api-token", "add", "a", "--scope", "read:site"], "", 'did you mean "read:sites"?'),
        (["api-token", "add", "", "--scope", "read:sites"], "", 'API token "": expected a name'),
        (["api-token", "remove", "a"], "", 'API token "a": no such token'),
        (["revoke", "lincoln"], "", 'site "lincoln": not enrolled'),
    ],
)
def test_what_cannot_be_done_is_one_line(machine: Machine, words: list[str], typed: str, line: str) -> None:
    """Exit code 1, and nothing of it is in the log."""
    code, out, err = machine.run(*words, typed=typed)
    assert (code, out) == (1, "")
    assert line in err
    assert err.count("\n") == 1
    assert machine.run("audit")[1] == "Nothing has been changed yet.\n"


def test_a_name_is_there_once(machine: Machine) -> None:
    """However it is written."""
    assert machine.run("person", "add", "vera", typed=PASSWORD)[0] == 0
    assert machine.run("person", "add", "VERA ", typed=PASSWORD) == (
        1,
        "",
        'bandgap: person "vera": exists already\n',
    )


def test_an_api_token_is_made_listed_and_ended(machine: Machine, source: Engine) -> None:
    """Printed once; listed with its scopes, its end and the day it was last used on."""
    code, out, _ = machine.run(
        *("api-token", "add", "export", "--scope", "read:sites", "--scope", "read:fleet"),
        *("--place", "district:0100005", "--expires", "30d"),
    )
    assert code == 0
    token = out.strip()
    assert token.startswith("bandgap_api_")
    assert machine.run("api-token", "add", "export", "--scope", "read:sites")[0] == 1
    row = machine.run("api-token", "list")[1].splitlines()[2].split()
    assert row[:4] == ["export", "read:fleet,", "read:sites", "district:0100005"]
    assert row[-1] == "never"
    found = api_tokens.viewer(source, token, made.NOW - timedelta(days=365))
    assert found is not None
    assert found[1] == {"read:sites", "read:fleet"}
    assert "2025-11-27" in machine.run("api-token", "list")[1]
    assert machine.run("api-token", "remove", "export")[0] == 0
    assert api_tokens.viewer(source, token, made.NOW - timedelta(days=365)) is None


def test_an_api_token_ends_by_itself(source: Engine) -> None:
    """To the second."""
    with writing(source) as connection:
        token = api_tokens.add(connection, OPERATOR, made.NOW, "a", ["read:sites"], (), timedelta(seconds=10))
    assert api_tokens.viewer(source, token, made.NOW + timedelta(seconds=9)) is not None
    assert api_tokens.viewer(source, token, made.NOW + timedelta(seconds=10)) is None
    assert api_tokens.viewer(source, "bandgap_" + token.removeprefix("bandgap_api_"), made.NOW) is None


def test_every_change_is_in_the_log(machine: Machine) -> None:
    """Who, when, by which way, what; newest first; no password, no token, no address."""
    machine.run("person", "add", "vera", typed=PASSWORD)
    machine.run("person", "passwd", "vera", typed="another password")
    token = machine.run("api-token", "add", "export", "--scope", "read:sites")[1].strip()
    machine.run("api-token", "remove", "export")
    machine.run("person", "remove", "vera")
    rows = list(csv.reader(io.StringIO(machine.run("audit", "--csv")[1])))
    assert rows[0] == ["when", "who", "how", "what", "about", "detail"]
    assert [(row[2], row[3], row[4]) for row in rows[1:]] == [
        ("command line", "person removed", "vera"),
        ("command line", "API token removed", "export"),
        ("command line", "API token added", "export"),
        ("command line", "password changed", "vera"),
        ("command line", "person added", "vera"),
    ]
    text = str(rows)
    assert not any(secret in text for secret in (PASSWORD, "another password", token, "argon2"))
    assert machine.run("audit", "--most", "1")[1].count("person removed") == 1
    assert machine.run("audit", "--most", "0")[0] == 2


def test_a_name_that_is_a_formula_is_none_in_the_logs_csv(machine: Machine) -> None:
    machine.run("person", "add", "=cmd|'calc'!A1", typed=PASSWORD)
    assert "'=cmd|" in machine.run("audit", "--csv")[1]


def test_a_part_of_the_tree_is_all_that_is_under_it(source: Engine) -> None:
    """A state's districts, and a district that comes later."""
    with writing(source) as connection:
        state = add_place(connection, "state", "01", "Alabama")
        lakes = add_place(connection, "district", "0100005", "Lakes", state)
        elsewhere = add_place(connection, "district", "0200001", "Far")
        places = tree.named(connection, ["state:01"])
        key = register.add(connection, OPERATOR, made.NOW, "sam", "viewer", places, kept_password())
        secret = sessions.begin(connection, key, "session", made.NOW)
        late = add_place(connection, "district", "0100007", "Late", state)
    viewer = sessions.viewer(source, SETTINGS, secret, made.NOW)
    assert viewer is not None
    assert viewer.places == frozenset({state, lakes, late})
    assert [viewer.sees(place) for place in (lakes, late, elsewhere, None)] == [True, True, False, False]


def test_removing_a_person_leaves_nothing_of_them_but_the_log(source: Engine) -> None:
    with writing(source) as connection:
        key = register.add(connection, OPERATOR, made.NOW, "sam", "viewer", (), kept_password())
        secret = sessions.begin(connection, key, "session", made.NOW)
        register.remove(connection, OPERATOR, made.NOW, "sam")
    assert sessions.viewer(source, SETTINGS, secret, made.NOW) is None
    with reading(source) as connection:
        assert register.everyone(connection) == []
        assert register.closed(connection)
        with pytest.raises(Fault):
            register.remove(connection, OPERATOR, made.NOW, "sam")


def test_what_is_typed_at_a_terminal_is_asked_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that differ change nothing."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    typed = iter([PASSWORD, PASSWORD + "!", PASSWORD, PASSWORD])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    words = ["person", "add", "vera", "--database", str(tmp_path / "collector.sqlite")]
    assert main(words) == 1
    assert main(words) == 0
    source = engine(Database(tmp_path / "collector.sqlite"))
    with reading(source) as connection:
        assert [one.name for one in register.everyone(connection)] == ["vera"]
    source.dispose()
