"""docs/operate.md, followed line by line on a booted Debian 12: each command as it stands, in the page's order.

A part of `make booted`. The collector's part comes first, as it does in a district, and on the same machine: its
address is loopback. What a person writes into a file the test writes, as the page has it.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted.gateway import PORT, WAIT_S, Gateway, gateway
from tests.booted.machine import missing, until
from tests.booted.packages import package
from tests.commands import ROOT
from tests.terminal import Terminal
from tests.test_documents import shell_lines

pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]
PAGE = (ROOT / "docs/operate.md").read_text()
COLLECTOR = f"http://127.0.0.1:{PORT}"
SITE = "north-elementary"
BY_A_PERSON = ("sudo bandgap setup", "sudo nano ", "sudo systemctl edit ")
UNWELL = "sudo bandgap doctor"
"""It finds that this machine has no name server."""
MORE = ["sudo", "curl", "postgresql", "python3-psycopg"]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One machine for all tests of this file, in their order."""
    with gateway("bookworm", tmp_path_factory.mktemp("school"), furnished_with=MORE) as made:
        made.machine.boot()
        for name in ("agent", "collector"):
            shutil.copy(package(name), made.machine.disk / "root")
        yield made


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(language: str, text: str) -> list[str]:
    """What the page shows of a kind of file, with this machine's collector in it."""
    found = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return [one.replace("https://collector.example.org", COLLECTOR) for one in found]


def follow(school: Gateway, text: str) -> str:
    """Types each line; what all of them said."""
    return "".join(typed(school, line) for line in shell_lines(text) if not by_a_person(line))


def typed(school: Gateway, line: str) -> str:
    """One line, in the folder where the packages were copied to; Enter to whatever it asks."""
    done = school.machine.run("sh", "-c", f"cd /root && echo | {line}", check=False, seconds=600)
    assert done.returncode == (1 if line == UNWELL else 0), f"{line}: {done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout


def by_a_person(line: str) -> bool:
    return line == BY_A_PERSON[0] or line.startswith(BY_A_PERSON[1:])


def code(school: Gateway) -> str:
    (school.machine.disk / "root/sites.csv").write_text(f"site,name\n{SITE},North Elementary\n")
    said = typed(school, "sudo bandgap-collector enrol --csv sites.csv")
    return next(csv.DictReader(io.StringIO(said)))["code"]


def test_the_collector(school: Gateway) -> None:
    text = section("The collector").partition("**PostgreSQL**")[0]
    lines = shell_lines(text)
    assert [line.split()[1] for line in lines] == ["apt", "bandgap-collector", COLLECTOR + "/healthz"]
    typed(school, lines[0])
    until(lambda: school.machine.show("bandgap-collector.service", "ActiveState") == "active", "it is up")
    assert "bandgap_" in typed(school, lines[1])
    assert '"status"' in typed(school, lines[2])


def test_postgresql_beside_it(school: Gateway) -> None:
    """Debian's own, without a password anywhere; then the site is enrolled there."""
    text = section("The collector").partition("**PostgreSQL**")[2]
    lines = shell_lines(text)
    for line in lines[:-1]:
        typed(school, line)
    (address,) = re.findall(r"`(database = [^`]+)`", text)
    place = school.machine.disk / "etc/bandgap/collector.toml"
    place.write_text(f"[store]\n{address}\n")
    typed(school, lines[-1])
    until(lambda: school.machine.show("bandgap-collector.service", "ActiveState") == "active", "it is up")
    typed(school, f"curl --silent --fail {COLLECTOR}/healthz")
    (command,) = re.findall(r"`(sudo -u bandgap-collector [^`]+)`", text)
    assert SITE not in typed(school, command)  # it was in the other database
    typed(school, f'sudo -u bandgap-collector bandgap-collector enrol {SITE} --name "North Elementary"')
    assert SITE in typed(school, command)
    # The rest of the page uses the file again.
    place.write_text("")
    typed(school, lines[-1])


def test_install_and_answer_its_questions(school: Gateway) -> None:
    text = section("Install")
    lines = shell_lines(text)
    assert lines[1] == BY_A_PERSON[0]
    typed(school, lines[0])
    until(school.measures, "it measures already", WAIT_S)
    enter = ("nsenter", "-t", str(school.machine._leader()), "-a", "--")
    told = Terminal(os.environ, *lines[1].split(), command=enter)
    told.answer("Collector's address", COLLECTOR)
    told.answer("Enrolment code", code(school))
    told.answer("The school's name", "North Elementary")
    for question, answer in (("Students", "600"), ("Staff", "60"), ("Time zone", ""), ("down", "500")):
        told.answer(question, answer)
    for question in ("up", "Interface", "Write the settings"):
        told.answer(question, "")
    assert told.ended() == 0, told.seen
    assert "This goes to the collector, once an hour, and nothing else:" in told.seen
    assert f"At the collector: {COLLECTOR}/sites/{SITE}" in told.seen


def test_the_same_from_a_file(school: Gateway) -> None:
    """The page's own; the code in it isn't looked at, since there is a token that holds."""
    text = section("Install")
    (answers,) = blocks("toml", text)
    (school.machine.disk / "root/site.toml").write_text(answers)
    line = shell_lines(text)[2]
    assert "written" in typed(school, line)
    assert "nothing to change" in typed(school, line)
    place = school.machine.disk / "etc/bandgap/site.toml"
    assert not place.exists()


def test_install_by_hand(school: Gateway) -> None:
    text = section("Install by hand")
    (settings,) = blocks("toml", text)
    (school.machine.disk / "etc/bandgap/agent.toml").write_text(settings)
    follow(school, text)
    until(school.measures, "the agent measures", WAIT_S)


def test_is_it_working(school: Gateway) -> None:
    """Every line that the table speaks of is there, and sign-off's words are too."""
    until(school.sent, "all is sent", WAIT_S)
    until(lambda: school.minutes() != [], "a minute is stored", WAIT_S)
    said = follow(school, section("Is it working?"))
    named = re.findall(r"^\| ([^|]+?) \|", section("Is it working?"), re.MULTILINE)[1:]
    assert len(named) == 5
    for name in named:
        assert re.search(rf"^{name}\s+\S", said, re.MULTILINE | re.IGNORECASE), f"{name}: {said}"
    assert "fault" not in said
    assert re.search(r"^agent\s+running", said, re.MULTILINE | re.IGNORECASE)


def test_when_something_is_wrong(school: Gateway) -> None:
    said = follow(school, section("When something is wrong"))
    assert "fail  dns" in said
    assert "-> cat /etc/resolv.conf" in said
    assert "Firewall rules for bandgap" in typed(school, "bandgap doctor --firewall")
    assert list((school.machine.disk / "root").glob("bandgap-support-*"))


def test_where_things_are(school: Gateway) -> None:
    """Every file, folder and unit of the table."""
    for place in re.findall(r"^\| `(/[^`]+)` \|", section("What it does there"), re.MULTILINE):
        typed(school, f"sudo ls -d {place}")
    for unit in re.findall(
        r"^\| `([\w-]+\.(?:service|timer))` \|", section("What it does there"), re.MULTILINE
    ):
        typed(school, f"systemctl cat {unit}")
    typed(school, "sudo systemctl reload bandgap-agent")


def test_the_journal(school: Gateway) -> None:
    follow(school, section("The journal"))


def test_a_token_that_only_this_machine_can_read(school: Gateway) -> None:
    text = section("A token that only this machine can read")
    (drop_in,) = blocks("ini", text)
    for line in shell_lines(text):
        if line.startswith(BY_A_PERSON[2]):
            school.drop_in("bandgap-agent.service", drop_in)
        else:
            typed(school, line)
    assert not (school.machine.disk / "etc/bandgap/token").exists()
    until(school.measures, "the agent measures", WAIT_S)
    assert re.search(r"^pass  token +the collector knows it", typed(school, UNWELL), re.MULTILINE)
    assert "sent to" in typed(school, "sudo bandgap upload")


def test_backup_remove_and_purge(school: Gateway) -> None:
    """The table's, but for a newer version, which test_life.py has."""
    table = section("Upgrade, go back, remove")
    lines = [line for line in re.findall(r"\| `(sudo [^`]+)` \|", table) if " apt install " not in line]
    assert len(lines) == 3
    for line in lines:
        typed(school, line)
    assert (school.machine.disk / "root/school.backup").exists()
    assert not (school.machine.disk / "var/lib/private/bandgap").exists()
    assert not Path(school.machine.disk / "etc/bandgap/agent.toml").exists()
