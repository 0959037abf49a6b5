"""The Ansible role of docs/ on a booted machine: one run sets a gateway up, and a second changes nothing.

A part of `make booted`. Debian's own Ansible runs inside the machine, on itself; the collector stands beside it.
"""

from __future__ import annotations

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

pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]
INVENTORY = """
gateways:
  vars: {{ansible_connection: local, bandgap_package: /root/bandgap-agent.deb}}
  hosts:
    north-elementary:
      bandgap_settings:
        site: {{name: 'The "North" School', students: 600, staff: 60}}
        contract: {{down_mbps: 500, up_mbps: 500}}
        measure: {{engines: [http]}}
        reachability: {{enabled: false}}
        upload: {{collector: "http://127.0.0.1:{port}"}}
      bandgap_code: {code}
      bandgap_may_fail: [dns]
"""
"""The machine has no name server."""


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    more = ["ansible-core", "python3-apt"]
    with (
        gateway("bookworm", tmp_path_factory.mktemp("school"), furnished_with=more) as made,
        made.collector(),
    ):
        made.machine.boot()
        shutil.copytree(ROOT / "docs/ansible", made.machine.disk / "root/ansible")
        shutil.copy(package("agent"), made.machine.disk / "root/bandgap-agent.deb")
        inventory(made).write_text(INVENTORY.format(port=PORT, code=made.code()))
        yield made


def inventory(school: Gateway) -> Path:
    return school.machine.disk / "root/ansible/here.yml"


def play(school: Gateway, *words: str) -> dict[str, int]:
    """What Ansible counted: ok, changed, failed, ..."""
    command = f"cd /root/ansible && LC_ALL=C.UTF-8 ansible-playbook -i here.yml site.yml {' '.join(words)}"
    done = school.machine.run("sh", "-c", command, check=False, seconds=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return {name: int(many) for name, many in re.findall(r"(\w+)=(\d+)", done.stdout)}


def test_check_mode_does_nothing_where_there_is_nothing_yet(school: Gateway) -> None:
    assert play(school, "--check")["changed"] > 0
    assert not (school.machine.disk / "usr/bin/bandgap").exists()
    assert not (school.machine.disk / "etc/bandgap").exists()


def test_one_run_and_it_measures_and_reports(school: Gateway) -> None:
    assert play(school)["changed"] > 3
    until(school.measures, "the agent measures", WAIT_S)
    until(school.sent, "all is sent", WAIT_S)
    assert school.heard()
    assert 'name = "The \\"North\\" School"' in settings(school)
    for secret in ("token", "site.toml"):
        assert school.machine.run("stat", "-c", "%a", f"/etc/bandgap/{secret}").stdout == "600\n"


def test_a_second_run_changes_nothing(school: Gateway) -> None:
    before, text = school.pid(), settings(school)
    assert play(school)["changed"] == 0
    assert play(school, "--check")["changed"] == 0
    assert (school.pid(), settings(school)) == (before, text)


def test_other_settings_are_read_without_a_restart(school: Gateway) -> None:
    before = school.pid()
    place = inventory(school)
    place.write_text(place.read_text().replace("students: 600", "students: 650"))
    assert play(school)["changed"] == 2
    assert school.pid() == before
    until(lambda: school.logged("read again"), "it read them", 60)
    assert "students = 650" in settings(school)


def test_what_the_doctor_finds_stops_the_roll_out(school: Gateway) -> None:
    """Here that no name server answers, which set-up gets along without."""
    place = inventory(school)
    place.write_text(place.read_text().replace("bandgap_may_fail: [dns]", "bandgap_may_fail: []"))
    words = "cd /root/ansible && LC_ALL=C.UTF-8 ansible-playbook -i here.yml site.yml"
    done = school.machine.run("sh", "-c", words, check=False, seconds=600)
    assert done.returncode == 2
    assert "dns: " in done.stdout


def settings(school: Gateway) -> str:
    return (school.machine.disk / "etc/bandgap/agent.toml").read_text()
