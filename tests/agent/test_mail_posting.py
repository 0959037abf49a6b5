"""`bandgap report --email`: each address gets a week once, and a person gets one line when it doesn't."""

from __future__ import annotations

import fcntl
import json
from contextlib import closing
from pathlib import Path

import pytest

from agent import store
from tests.agent.kept_history import kept
from tests.agent.mail_server import PASSWORD, USER, Box, certificate, mail_server
from tests.commands import bandgap, environment

ONE, OTHER = "board@school.example.org", "cto@example.org"
SCHOOL = '[site]\nname = "North Elementary"\nstudents = 400\nstaff = 40\ntimezone = "UTC"\n'


def settings(port: int, more: str = "") -> str:
    return (
        f'{SCHOOL}[email]\nto = ["{ONE}", "{OTHER}"]\nsender = "bandgap@school.example.org"\n'
        f'smtp = "localhost:{port}"\n' + (more or 'security = "none"\n')
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kept(tmp_path / "state")
    return tmp_path


def mail(folder: Path, port: int, *words: str, more: str = "") -> tuple[int, str, str]:
    environ = environment(folder, settings(port, more))
    said = bandgap(environ, "report", "--email", *(words or ("--week", "2026-W47")))
    assert "Traceback" not in said.stderr
    return said.returncode, said.stdout, said.stderr


def noted(folder: Path, key: str) -> dict[str, str]:
    with closing(store.open_store(folder / "state")) as connection:
        found = json.loads(store.noted(connection, key) or "{}")
        assert isinstance(found, dict)
        return found


def test_a_week_is_mailed_once_and_again_when_asked(folder: Path) -> None:
    box = Box()
    with mail_server(box) as port:
        first, second = mail(folder, port), mail(folder, port)
        again = mail(folder, port, "--week", "2026-W47", "--again")
    assert first == (0, f"2026-W47: handed to localhost:{port} for {ONE}, {OTHER}\n", "")
    assert second == (0, f"2026-W47: {ONE}, {OTHER} have it already; --again sends it again\n", "")
    assert again[0] == 0
    assert [message["Subject"].partition(":")[0] for message in box.messages] == [
        "North Elementary, week 47 of 2026"
    ] * 2
    assert box.messages[0]["Message-ID"] != box.messages[1]["Message-ID"]


def test_a_later_try_goes_to_those_who_were_put_off(folder: Path) -> None:
    """Greylisting: one gets it at once, the other half an hour later, and nobody twice."""
    box = Box(answers={OTHER: "451 4.7.1 Greylisted"})
    with mail_server(box) as port:
        code, out, err = mail(folder, port)
        assert (code, out) == (1, f"2026-W47: handed to localhost:{port} for {ONE}\n")
        assert err == (
            f"bandgap: localhost:{port}: refuses {OTHER} (451 4.7.1 Greylisted); the same command tries these again\n"
        )
        box.answers.clear()
        assert mail(folder, port)[0] == 0
    assert [recipients for _, recipients, _ in box.envelopes] == [[ONE], [OTHER]]
    assert sorted(noted(folder, "emailed 2026-W47")) == [ONE, OTHER]


def test_what_was_not_sent_is_not_noted(folder: Path) -> None:
    box = Box(data_answer="451 4.3.0 not now")
    with mail_server(box) as port:
        code, _, err = mail(folder, port)
        assert (code, err) == (1, f"bandgap: localhost:{port}: refuses it (451 4.3.0 not now); try later\n")
        box.data_answer = "250 OK"
        assert mail(folder, port)[0] == 0
    assert len(box.envelopes) == 1


def test_a_running_week_is_another_mail_than_the_whole_one(folder: Path) -> None:
    """`--week last` is the one that ended; without it the running one goes."""
    box = Box()
    with mail_server(box) as port:
        for words in (("--to", ONE), ("--week", "last", "--to", ONE), ("--week", "last", "--to", ONE)):
            assert mail(folder, port, *words)[0] == 0
    assert len(box.envelopes) == 2
    running, whole = (message["Subject"] for message in box.messages)
    assert running != whole


def test_to_names_others_than_the_settings(folder: Path) -> None:
    box = Box()
    with mail_server(box) as port:
        assert mail(folder, port, "--week", "2026-W47", "--to", "a@example.org", "b@example.org")[0] == 0
    assert box.envelopes[0][1] == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize(
    "bad", ["board", "a@b@c d", "x@example.org\nBcc: y@example.org", "<x@example.org>", "-x"]
)
def test_a_bad_address_is_a_usage_fault(folder: Path, bad: str) -> None:
    code, _, err = mail(folder, 1, f"--to={bad}")
    assert code == 2
    assert "--to: found " in err
    assert len(err.splitlines()) == len(bad.splitlines())


@pytest.mark.parametrize("way", ["file", "credential"])
def test_the_password_comes_from_a_file_or_from_systemd(folder: Path, way: str) -> None:
    """Never from the settings, and under systemd from the credential first."""
    made = certificate(folder)
    place = folder / ("password" if way == "file" else "bandgap-smtp-password")
    place.write_text(PASSWORD + "\n")
    place.chmod(0o600)
    more = f'user = "{USER}"\nca_file = "{made.path}"\npassword_file = "{folder}/password"\n'
    environ = {"CREDENTIALS_DIRECTORY": str(folder)} if way == "credential" else {}
    box = Box()
    with mail_server(box, starttls=made, password=True) as port:
        said = bandgap(
            environment(folder, settings(port, more), **environ), "report", "--week", "2026-W47", "--email"
        )
    assert (said.returncode, said.stderr) == (0, "")
    assert len(box.envelopes) == 1
    assert PASSWORD.encode() not in box.envelopes[0][2]


def test_without_settings_it_says_what_to_set(folder: Path) -> None:
    said = bandgap(environment(folder, SCHOOL), "report", "--email")
    assert said.returncode == 78
    assert said.stderr == (
        "bandgap: To send e-mail, set email.to, email.sender, email.smtp or email.sendmail "
        f"in {folder}/agent.toml.\n"
    )


def test_two_at_once_do_not_both_send(folder: Path) -> None:
    """The second is told, and finds the next time that it is done."""
    with open(folder / "state" / "email.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, _, err = mail(folder, 1)
    assert (code, err.endswith("another process is mailing a report\n")) == (1, True)


def test_nothing_is_sent_that_could_not_be_noted(folder: Path) -> None:
    """A store that takes nothing would make every try the first."""
    box = Box()
    with mail_server(box) as port:
        environ = environment(folder, settings(port))
        with closing(store.open_store(folder / "state")) as connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON notes BEGIN SELECT raise(ABORT, 'disk full'); END"
            )
        said = bandgap(environ, "report", "--week", "2026-W47", "--email")
    assert said.returncode == 78
    assert "bandgap.sqlite: can't be used: disk full" in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert box.envelopes == []


@pytest.mark.parametrize("words", [("--to", ONE), ("--again",)])
def test_words_for_a_mail_without_one_are_a_usage_fault(folder: Path, words: tuple[str, ...]) -> None:
    """Somebody meant to mail, and would believe that it was."""
    said = bandgap(environment(folder, settings(1)), "report", *words)
    assert said.returncode == 2
    assert "--to and --again go with --email" in said.stderr


def test_an_address_that_is_not_there_is_a_setting_to_mend(folder: Path) -> None:
    """The others have it, and no timer tries for hours."""
    box = Box(answers={OTHER: "550 5.1.1 No such user"})
    with mail_server(box) as port:
        code, _, err = mail(folder, port)
    assert code == 78
    assert err == f"bandgap: localhost:{port}: refuses {OTHER} (550 5.1.1 No such user); see email.to\n"
    assert sorted(noted(folder, "emailed 2026-W47")) == [ONE]
