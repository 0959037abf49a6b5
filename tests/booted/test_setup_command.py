"""Two commands on a booted Debian 12: installed and set up, it measures, reports, and a doctor has nothing against it.

A part of `make booted`.
"""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterator

import pytest

from tests.booted.gateway import AGENT, PORT, WAIT_S, Gateway, gateway
from tests.booted.machine import missing, until

pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]
ANSWERS = f"""
[site]
name = "North School"
students = 420
staff = 38
[contract]
down_mbps = 100
[measure]
engines = ["http"]
[reachability]
enabled = false
[upload]
collector = "http://127.0.0.1:{PORT}"
"""
SETUP = ("bandgap", "setup", "--yes", "--from", "/root/site.toml")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway("bookworm", tmp_path_factory.mktemp("school"), pristine=False) as made:
        made.machine.boot()
        made.install()
        with made.collector():
            yield made


def test_from_nothing_to_a_summary_at_the_collector(school: Gateway) -> None:
    """The token reaches the service, which was running before there was one."""
    (school.machine.disk / "root/site.toml").write_text(ANSWERS)
    before = school.pid()
    done = school.machine.run(*SETUP, "--code", school.code(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Service: {AGENT} is enabled and running now" in done.stdout
    school.back(before)
    until(school.sent, "all is sent", WAIT_S)
    assert school.heard()
    assert school.machine.run("stat", "-c", "%a %U", "/etc/bandgap/token").stdout.split() == ["600", "root"]


def test_a_second_run_changes_nothing(school: Gateway) -> None:
    before, text = school.pid(), (school.machine.disk / "etc/bandgap/agent.toml").read_text()
    done = school.machine.run(*SETUP)
    assert "/etc/bandgap/agent.toml: nothing to change" in done.stdout
    assert school.pid() == before
    assert (school.machine.disk / "etc/bandgap/agent.toml").read_text() == text


def test_the_doctor_finds_the_service_well_and_what_was_stopped(school: Gateway) -> None:
    def told() -> dict[str, str]:
        done = school.machine.run("bandgap", "doctor", "--json", check=False)
        return {one["check"]: one["verdict"] for one in json.loads(done.stdout)["checks"]}

    well = told()
    for name in (
        "settings",
        "service",
        "watchdog",
        "heartbeat",
        "other_agent",
        "collector",
        "token",
        "store",
    ):
        assert well[name] == "pass", well
    school.machine.run("systemctl", "stop", AGENT)
    assert told()["service"] == "fail"
    school.machine.run("systemctl", "start", AGENT)
    until(school.measures, "the agent measures", WAIT_S)


def test_the_bundle_has_the_journal_and_not_the_token(school: Gateway) -> None:
    school.machine.run("bandgap", "support", "-o", "/root/support.tar.gz")
    token = (school.machine.disk / "etc/bandgap/token").read_text().strip()
    name = school.machine.run("uname", "-n").stdout.strip()
    with tarfile.open(school.machine.disk / "root/support.tar.gz") as bundle:
        texts = {one.name: bundle.extractfile(one).read().decode() for one in bundle.getmembers()}  # type: ignore[union-attr]
    assert "measuring" in texts[f"bandgap-support/journal-{AGENT}.log"]
    assert not any(token in text for text in texts.values())
    assert f" {name} " not in texts[f"bandgap-support/journal-{AGENT}.log"]
