"""`bandgap enrol` gets the site's token for a code, keeps it for its owner, and says in one line what failed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.commands import bandgap, environment
from tests.loopback import Answer, serving

TOKEN = "bandgap_0123456789abcdef0123456789abcdef"
GIVEN = Answer(body=json.dumps({"site": "lincoln", "token": TOKEN}).encode())


def problem(status: int, detail: str, **headers: str) -> Answer:
    return Answer(status, json.dumps({"title": "x", "status": status, "detail": detail}).encode(), headers)


def enrol(environ: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return bandgap(environ, "enrol", *words)


def test_a_code_becomes_a_token_file(tmp_path: Path) -> None:
    """Mode 0600, the token on no screen, and what is still to be set."""
    place = tmp_path / "token"
    with serving(lambda number, body: GIVEN) as server:
        done = enrol(
            environment(tmp_path), "--collector", server.url, "--code", "ABCDE", "--token-file", str(place)
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == (
            f'This is the site "lincoln"; its token is in {place}.\n'
            f'To send there, put into agent.toml under [upload]: collector = "{server.url}"\n'
        )
        assert place.read_text() == TOKEN + "\n"
        assert place.stat().st_mode & 0o777 == 0o600
        assert [(method, path, body) for method, path, _, body in server.seen] == [
            ("POST", "/v1/enrol", {"code": "ABCDE"})
        ]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["token"]


def test_the_code_may_come_from_standard_input(tmp_path: Path) -> None:
    """So that it is in no list of processes; address and file come from the settings."""
    place = tmp_path / "token"
    with serving(lambda number, body: GIVEN) as server:
        config = f'[site]\nid = "other"\n[upload]\ncollector = "{server.url}"\ntoken_file = "{place}"\n'
        environ = environment(tmp_path, config)
        from tests.commands import BANDGAP

        done = subprocess.run(
            [*BANDGAP, "enrol"],
            env=environ,
            input="ABCDE\n",
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert 'agent.toml calls it "other": uploads are refused until [site] id is mended.' in done.stdout
        assert server.seen[0][3] == {"code": "ABCDE"}
    assert place.read_text() == TOKEN + "\n"


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            problem(403, "the code has ended"),
            "{url} refuses (HTTP 403: the code has ended); have the site enrolled",
        ),
        (
            problem(429, "slow", **{"Retry-After": "90"}),
            "{url} has refused too many codes from here; try again in 90 s",
        ),
        (
            problem(503, "the database doesn't answer"),
            "{url} can't do it now (HTTP 503: the database doesn't",
        ),
        (Answer(404, b"<html>"), "{url} enrols nobody (HTTP 404); check the address"),
        (Answer(302, b"", {"Location": "https://portal.example"}), "{url} enrols nobody (HTTP 302)"),
        (Answer(200, b"<html>log in"), "{url} answered with something that is no token"),
        (
            Answer(200, b'{"site": "a", "token": "two words in it"}'),
            "{url} answered with something that is no",
        ),
        (
            Answer(200, b'{"site": "a\\nb", "token": "0123456789abcdef"}'),
            "{url} answered with something that",
        ),
        (Answer(200, b"[" * 60_000), "{url} answered with something that is no token"),
    ],
)
def test_what_fails_is_one_line_and_leaves_nothing(tmp_path: Path, answer: Answer, line: str) -> None:
    """Exit code 1; no file, nor half of one."""
    with serving(lambda number, body: answer) as server:
        done = enrol(
            environment(tmp_path),
            *("--collector", server.url, "--code", "A", "--token-file", str(tmp_path / "token")),
        )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("bandgap: " + line.format(url=server.url))
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_nobody_is_asked_when_the_token_could_not_be_kept(tmp_path: Path) -> None:
    """The code isn't used up for nothing."""
    (tmp_path / "there").write_text("precious")
    with serving(lambda number, body: GIVEN) as server:
        for place, words in (
            (tmp_path / "there", "exists already"),
            (tmp_path / "no/token", "can't be written"),
        ):
            done = enrol(
                environment(tmp_path), "--collector", server.url, "--code", "A", "--token-file", str(place)
            )
            assert done.returncode == 1
            assert words in done.stderr
        assert server.seen == []
    assert (tmp_path / "there").read_text() == "precious"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "no collector; name it in --collector, or set upload.collector in agent.toml"),
        (
            ("--collector", "http://example.org"),
            '--collector: found "http://example.org", expected an https://',
        ),
        (("--collector", "https://example.org", "--code", "A", "--renew"), "--renew needs no code"),
    ],
)
def test_words_that_do_not_fit_are_one_line(tmp_path: Path, words: tuple[str, ...], line: str) -> None:
    """Exit code 2."""
    done = enrol(environment(tmp_path), *words)
    assert done.returncode == 2
    assert done.stderr.startswith(f"bandgap: {line}")


def test_a_collector_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = enrol(
        environment(tmp_path),
        *("--collector", "http://127.0.0.1:9", "--code", "A", "--token-file", str(tmp_path / "token")),
    )
    assert (done.returncode, done.stderr) == (
        1,
        "bandgap: http://127.0.0.1:9 can't be reached; nothing was changed, try again\n",
    )


def test_a_token_is_changed_for_a_new_one(tmp_path: Path) -> None:
    """The file has the new one; when that fails, the present one stays."""
    place = tmp_path / "token"
    place.write_text("the-present-token-of-the-site\n")
    place.chmod(0o600)
    answers = [problem(503, "later"), GIVEN]
    with serving(lambda number, body: answers[number]) as server:
        words = ("--renew", "--collector", server.url, "--token-file", str(place))
        assert enrol(environment(tmp_path), *words).returncode == 1
        assert place.read_text() == "the-present-token-of-the-site\n"
        assert enrol(environment(tmp_path), *words).returncode == 0
        asked = server.seen[1]
        assert (asked[1], asked[2]["Authorization"]) == ("/v1/token", "Bearer the-present-token-of-the-site")
    assert place.read_text() == TOKEN + "\n"
    assert place.stat().st_mode & 0o777 == 0o600
