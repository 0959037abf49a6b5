"""`bandgap setup` brings a gateway from nothing to a first sample and a summary at its collector."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import load
from reports.faults import UsageFault
from tests.collector.kept import kept_summaries
from tests.commands import bandgap, environment
from tests.gateway_to_be import District
from tests.line import line_to
from tests.terminal import Terminal

LONG_S = 240.0


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    with made.collector():
        made.wait()
        yield made


def test_unattended_from_nothing_to_a_summary_at_the_collector(district: District) -> None:
    """One command; a second run gives the same file and says that there is nothing to change."""
    with line_to(district.port, down_mbps=100, up_mbps=20) as line:
        words = (
            "setup",
            "--yes",
            "--from",
            str(district.answers("north", server=f"http://127.0.0.1:{line}")),
        )
        done = bandgap(district.environ, *words, seconds=LONG_S)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "clock: agrees with the collector's" in done.stdout
    assert 'enrolled as "north"' in done.stdout
    assert "This goes to the collector, once an hour, and nothing else:" in done.stdout
    assert "First upload:" in done.stdout
    assert f"{district.url}/sites/north" in done.stdout
    assert district.codes["north"] not in done.stdout + done.stderr
    assert district.token.read_text().strip() not in done.stdout + done.stderr
    assert district.token.stat().st_mode & 0o777 == 0o600
    status = json.loads(bandgap(district.environ, "status", "--json").stdout)
    assert "Mbps down" in status["last_test"]
    assert status["unsent"] == 0
    assert len(kept_summaries(district.database)) >= 1

    text = district.settings.read_text()
    assert "# The hours in which demand counts." in text
    config = load(district.settings, zone="UTC")
    assert (config.site.id, config.site.students, config.contract.down_mbps) == ("north", 420, 100)
    again = bandgap(district.environ, *words, seconds=LONG_S)
    assert again.returncode == 0, again.stderr
    assert f"{district.settings}: nothing to change" in again.stdout
    assert "First measurement" not in again.stdout
    assert district.settings.read_text() == text
    assert sorted(one.name for one in district.settings.parent.iterdir()) == ["agent.toml", "token"]


def test_flags_come_before_the_file_and_a_token_that_is_refused_is_replaced(district: District) -> None:
    district.token.parent.mkdir()
    district.token.write_text("bandgap_a-token-that-no-collector-knows\n")
    district.token.chmod(0o600)
    words = ("--from", str(district.answers("south")), "--students", "99", "--no-test")
    done = bandgap(district.environ, "setup", "--yes", *words, seconds=LONG_S)
    assert done.returncode == 0, done.stderr
    assert load(district.settings, zone="UTC").site.students == 99
    assert "no-collector-knows" not in district.token.read_text()


def test_a_token_left_by_a_run_that_was_broken_off_tells_its_site(district: District) -> None:
    """Its code is used up; the settings were never written."""
    district.token.parent.mkdir()
    words = (
        "--collector",
        district.url,
        "--code",
        district.codes["south"],
        "--token-file",
        str(district.token),
    )
    assert bandgap(environment(district.folder), "enrol", *words).returncode == 0
    facts = ("--students", "9", "--staff", "1", "--down", "10", "--interface", "lo", "--no-test")
    done = bandgap(district.environ, "setup", "--yes", "--collector", district.url, *facts, seconds=LONG_S)
    assert done.returncode == 0, done.stderr
    assert load(district.settings, zone="UTC").site.id == "south"


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (("--code", "00000-00000-00000-00000"), 1, "{url} refuses (HTTP 403"),
        (("--site", "west"), 1, '{url} knows the code or token as the site "south", not "west"'),
        (("--students", "many"), 2, '--students: [site] students: found "many", expected a whole number'),
        (("--collector", "http://elsewhere.example"), 2, "--collector: [upload] collector: found"),
        (("--collector", "http://127.0.0.1:9"), 1, "http://127.0.0.1:9 can't be reached"),
    ],
)
def test_what_is_wrong_is_one_line_and_writes_no_settings(
    district: District, change: tuple[str, ...], code: int, line: str
) -> None:
    words = ("setup", "--yes", "--from", str(district.answers("south")), *change)
    done = bandgap(district.environ, *words, seconds=LONG_S)
    assert done.returncode == code
    assert done.stderr.startswith("bandgap: " + line.format(url=district.url))
    assert done.stderr.count("\n") == 1
    assert not district.settings.exists()


def test_a_token_of_another_site_is_told_every_time(district: District) -> None:
    """Also once its code is used up; the right id then goes on with the token that was kept."""
    words = ("setup", "--yes", "--no-test", "--from", str(district.answers("south")))
    for _ in range(2):
        done = bandgap(district.environ, *words, "--site", "west", seconds=LONG_S)
        assert done.returncode == 1
        assert 'as the site "south", not "west"' in done.stderr
        assert not district.settings.exists()
    assert bandgap(district.environ, *words, seconds=LONG_S).returncode == 0
    assert load(district.settings, zone="UTC").site.id == "south"


def test_what_nobody_told_is_named_before_the_code_is_used_up(tmp_path: Path) -> None:
    environ = {**environment(tmp_path), "BANDGAP_CONFIG": str(tmp_path / "agent.toml")}
    done = bandgap(
        environ, "setup", "--yes", "--collector", "http://127.0.0.1:9", "--code", "A", "--staff", "4"
    )
    assert (done.returncode, done.stderr) == (
        UsageFault.exit_code,
        "bandgap: not told: --students, --down; give them as flags or in the file of --from\n",
    )
    assert bandgap(environ, "setup").returncode == UsageFault.exit_code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[site]\nstudnets = 4\n", '[site] studnets: unknown key, did you mean "students"?'),
        ("[enrolment]\ncodes = 'A'\n", '[enrolment] codes: unknown key, did you mean "code"?'),
        ("[site\n", "not valid TOML"),
    ],
)
def test_a_file_of_answers_is_read_strictly(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "site.toml").write_text(text)
    done = bandgap(environment(tmp_path), "setup", "--yes", "--from", str(tmp_path / "site.toml"))
    assert done.returncode == 78
    assert line in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_person_is_asked_and_a_wrong_answer_is_asked_again(district: District) -> None:
    """On a terminal of 80 columns, with no colour and no sign that moves the cursor."""
    told = Terminal(district.environ, "setup", "--no-test")
    told.answer("Collector's address", "http://127.0.0.1:9")
    told.answer("Collector's address", district.url)
    told.answer("Enrolment code", district.codes["north"])
    told.answer("The school's name", "North School")
    told.answer("Students", "many")
    told.answer("Students", "420")
    told.answer("Staff", "")
    told.answer("Staff", "38")
    told.answer("Time zone", "America/Chicago")
    told.answer("Mbps down", "100 Mbps")
    told.answer("Mbps up", "")
    told.answer("Interface", "lo")
    told.answer("Write the settings", "")
    assert told.ended() == 0, told.seen
    assert "\x1b" not in told.seen
    assert "\r\r" not in told.seen
    assert "http://127.0.0.1:9 can't be reached" in told.seen
    assert 'found "many", expected a whole number' in told.seen
    site = load(district.settings, zone="UTC").site
    assert (site.id, site.students, site.staff, site.timezone) == ("north", 420, 38, "America/Chicago")


def test_who_says_no_and_who_interrupts_finds_the_settings_as_they_were(district: District) -> None:
    """The token is kept, for its code is used up; the next run uses it and asks for none."""
    told = Terminal(district.environ, "setup", "--no-test")
    told.answer("Collector's address", district.url)
    told.answer("Enrolment code", district.codes["north"])
    told.answer("The school's name", "North School")
    told.process.send_signal(signal.SIGINT)
    assert told.ended() == 1
    assert "Traceback" not in told.seen
    assert [one.name for one in district.settings.parent.iterdir()] == ["token"]

    told = Terminal(district.environ, "setup", "--no-test", "--students", "4", "--staff", "1", "--down", "9")
    told.answer("Collector's address", district.url)
    for question in ("name", "Students", "Staff", "Time zone", "down", "up"):
        told.answer(question, "")
    told.answer("Interface", "lo")
    told.answer("Write the settings", "no")
    assert told.ended() == 1
    assert [one.name for one in district.settings.parent.iterdir()] == ["token"]
    assert kept_summaries(district.database) == []
