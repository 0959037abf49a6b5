"""A gateway's first hour, on Debian 12: installed by one command, it measures, and comes back whatever is done to it.

The short form of `make booted` (`test_life.py`), which runs it on Debian 13 too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from tests.booted.gateway import AGENT, WAIT_S, Gateway, gateway
from tests.booted.machine import DEBIANS, missing, until

pytestmark = [
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(900),
]
TOKEN = "bandgap_no-collector-knows-this-token"
SUITES = DEBIANS if "BANDGAP_BOOTED" in os.environ else DEBIANS[:1]


@pytest.fixture(scope="module", params=SUITES)
def school(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One machine for all tests of this file, in their order; each leaves the agent measuring."""
    with gateway(request.param, tmp_path_factory.mktemp("school"), pristine=False) as made:
        made.machine.boot()
        made.settle()
        made.give(TOKEN)
        made.install()
        yield made


def test_settings_that_were_there_first_are_kept_and_the_agent_measures(school: Gateway) -> None:
    """Installed is enabled and started; the settings that roll-out wrote hold."""
    until(school.measures, "the agent measures", WAIT_S)
    assert school.machine.run("systemctl", "is-enabled", AGENT).stdout.strip() == "enabled"
    assert (
        school.machine.run("systemctl", "is-enabled", "bandgap-report.timer", check=False).stdout.strip()
        == "disabled"
    )
    assert school.machine.run("bandgap", "config", "check").returncode == 0
    assert school.status()["settings"] == "/etc/bandgap/agent.toml"
    assert "try-elementary" in (school.machine.disk / "etc/bandgap/agent.toml").read_text()
    assert school.machine.run("stat", "-c", "%a %U", "/etc/bandgap/token").stdout.split() == ["600", "root"]


def test_the_limits_hold(school: Gateway) -> None:
    """systemd says so, and the kernel's group has the number."""
    assert school.machine.show(AGENT, "MemoryMax") == str(256 * 1024 * 1024)
    assert school.machine.show(AGENT, "TasksMax") == "64"
    assert (
        school.machine.run("systemd-analyze", "security", "--threshold=13", "--no-pager", AGENT).returncode
        == 0
    )


def test_what_it_logs_has_fields_and_no_secret(school: Gateway) -> None:
    """One entry an event, of one line, with a priority, the event and the values that it names."""
    entries = school.journal()
    assert entries
    assert all("\n" not in entry["MESSAGE"] for entry in entries)
    measuring = next(entry for entry in entries if entry["MESSAGE"].startswith("measuring"))
    assert measuring["PRIORITY"] == "6"
    assert measuring["BANDGAP_EVENT"] == "measuring%(what)s, store %(store)s"
    assert measuring["BANDGAP_STORE"] == "/var/lib/bandgap/bandgap.sqlite"
    assert measuring["_SYSTEMD_UNIT"] == AGENT
    assert measuring["CODE_FILE"] == "/usr/share/bandgap/agent/daemon.py"
    assert TOKEN not in school.machine.run("journalctl", "-o", "export").stdout


def test_settings_are_read_again_without_a_restart(school: Gateway) -> None:
    """Also where no program is called kill, as on a minimal Debian."""
    before = school.pid()
    school.machine.run("systemctl", "reload", AGENT)
    until(lambda: school.logged("the settings were read again"), "it read them", WAIT_S)
    assert school.pid() == before


def test_killed_it_is_started_again(school: Gateway) -> None:
    before = school.pid()
    school.machine.run("systemctl", "kill", "--signal=KILL", AGENT)
    school.back(before)


def test_one_that_hangs_is_ended_and_started_again(school: Gateway) -> None:
    """A watchdog of four seconds instead of sixty, so that nobody waits."""
    school.drop_in(AGENT, "[Service]\nWatchdogSec=4\nTimeoutAbortSec=2\n")
    school.machine.run("systemctl", "restart", AGENT)
    until(school.measures, "the agent measures", WAIT_S)
    before = school.pid()
    school.machine.run("systemctl", "kill", "--signal=STOP", AGENT)
    school.back(before)
    assert "Watchdog timeout" in school.machine.run("journalctl", "-u", AGENT, "-o", "cat").stdout


def test_it_ends_well_when_told_to(school: Gateway) -> None:
    """What it had is written; the time is printed (the bar is 2 s) and not judged on a busy machine."""
    until(school.measures, "the agent measures", WAIT_S)
    since_s = time.monotonic()
    until(lambda: time.monotonic() - since_s > 3, "some polls are made")
    began_s = time.monotonic()
    school.machine.run("systemctl", "stop", AGENT)
    print(f"stop: {time.monotonic() - began_s:.2f} s")
    assert school.machine.show(AGENT, "Result") == "success"
    assert school.logged("stopped")
    assert school.minutes() != []


def test_purge_leaves_nothing(school: Gateway) -> None:
    (school.machine.disk / "etc/systemd/system" / f"{AGENT}.d/test.conf").unlink()
    (school.machine.disk / "etc/systemd/system" / f"{AGENT}.d").rmdir()
    school.machine.apt("purge", "bandgap-agent")
    assert school.left() == []
    assert not (school.machine.disk / "etc/bandgap").exists()
