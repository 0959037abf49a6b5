"""The Ansible role of docs/ on a booted machine: a gateway measures after one run, and a second changes nothing.

A part of `make booted`. Debian's own Ansible runs inside the machine, on itself.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

import pytest

from tests.booted.gateway import AGENT, WAIT_S
from tests.booted.machine import Machine, furnished, machine, missing
from tests.booted.packages import needed, package
from tests.commands import ROOT, until

pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]
INVENTORY = """
gateways:
  vars: {ansible_connection: local, bandgap_package: /root/bandgap-agent.deb}
  hosts:
    north-elementary:
      bandgap_settings:
        site: {id: north-elementary, name: 'The "North" School', students: 600, staff: 60}
        contract: {down_mbps: 500, up_mbps: 500}
        reachability: {enabled: false}
      bandgap_token: bandgap_a-token-that-no-collector-knows
"""


@pytest.fixture(scope="module")
def gateway() -> Iterator[Machine]:
    with machine(furnished("bookworm", [*needed(package("agent")), "ansible-core", "python3-apt"])) as made:
        made.boot()
        shutil.copytree(ROOT / "docs/ansible", made.disk / "root/ansible")
        shutil.copy(package("agent"), made.disk / "root/bandgap-agent.deb")
        (made.disk / "root/ansible/here.yml").write_text(INVENTORY)
        yield made


def play(gateway: Machine) -> dict[str, int]:
    """What Ansible counted: ok, changed, failed, ..."""
    words = "cd /root/ansible && LC_ALL=C.UTF-8 ansible-playbook -i here.yml site.yml"
    done = gateway.online("sh", "-c", words, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "bandgap_a-token" not in done.stdout
    return {name: int(many) for name, many in re.findall(r"(\w+)=(\d+)", done.stdout)}


def test_one_run_and_it_measures(gateway: Machine) -> None:
    assert play(gateway)["changed"] > 3
    until(lambda: gateway.show(AGENT, "StatusText") == "measuring eth0", "the agent measures", WAIT_S)
    assert 'name = "The \\"North\\" School"' in (gateway.disk / "etc/bandgap/agent.toml").read_text()
    assert gateway.run("stat", "-c", "%a", "/etc/bandgap/token").stdout == "600\n"


def test_a_second_run_changes_nothing(gateway: Machine) -> None:
    before = gateway.show(AGENT, "MainPID")
    assert play(gateway)["changed"] == 0
    assert gateway.show(AGENT, "MainPID") == before


def test_other_settings_are_read_without_a_restart(gateway: Machine) -> None:
    before = gateway.show(AGENT, "MainPID")
    place = gateway.disk / "root/ansible/here.yml"
    place.write_text(place.read_text().replace("students: 600", "students: 650"))
    assert play(gateway)["changed"] == 2
    assert gateway.show(AGENT, "MainPID") == before
    until(
        lambda: "read again" in gateway.run("journalctl", "-u", AGENT, "-o", "cat").stdout, "it read them", 60
    )
