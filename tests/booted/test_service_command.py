"""`bandgap service` in a booted Debian: the wheel in an environment of its own, and the packaged units for it.

A part of `make booted`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted.gateway import AGENT, WAIT_S
from tests.booted.machine import Machine, furnished, machine, missing, until
from tests.booted.packages import needed, package
from tests.commands import ROOT

pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """What pipx makes of the wheel: an environment with a command, linked into /usr/local/bin."""
    wheels = tmp_path_factory.mktemp("wheel")
    build = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(ROOT))
    subprocess.run([sys.executable, *build], check=True)
    wheel = next(wheels.glob("*.whl"))
    with machine(furnished("bookworm", [*needed(package("agent")), "python3-venv"])) as made:
        made.boot()
        shutil.copy(wheel, made.disk / "root" / wheel.name)
        for place in ("/opt/bandgap", "/root/bandgap"):
            made.run("python3", "-m", "venv", "--system-site-packages", place)
            made.run(
                f"{place}/bin/pip", "install", "--quiet", "--no-deps", "--no-index", f"/root/{wheel.name}"
            )
        made.run("ln", "-s", "/opt/bandgap/bin/bandgap", "/usr/local/bin/bandgap")
        yield made


def test_install_writes_units_and_starts_the_agent(gateway: Machine) -> None:
    said = gateway.run("bandgap", "service", "install").stdout
    assert said.startswith(f"{AGENT} is enabled and running; written: {AGENT}")
    until(lambda: gateway.show(AGENT, "StatusText") == "measuring eth0", "the agent measures", WAIT_S)
    text = (gateway.disk / "etc/systemd/system" / AGENT).read_text()
    assert "ExecStart=/opt/bandgap/bin/bandgap run\n" in text
    shipped = (ROOT / "systemd" / AGENT).read_text()
    assert (
        text.splitlines()[1:]
        == shipped.replace("/usr/bin/bandgap ", "/opt/bandgap/bin/bandgap ").splitlines()
    )


def test_once_more_it_changes_nothing(gateway: Machine) -> None:
    before = gateway.show(AGENT, "MainPID")
    assert (
        gateway.run("bandgap", "service", "install").stdout
        == f"{AGENT} is enabled and running; nothing to change.\n"
    )
    assert gateway.show(AGENT, "MainPID") == before


def test_status_tells_of_each_unit(gateway: Machine) -> None:
    told = json.loads(gateway.run("bandgap", "service", "status", "--json").stdout)["units"]
    assert told[AGENT]["ActiveState"] == "active"
    assert told[AGENT]["UnitFileState"] == "enabled"
    assert told["bandgap-report.timer"]["UnitFileState"] == "disabled"
    assert "measuring eth0" in gateway.run("bandgap", "service", "status").stdout


def test_a_unit_of_somebodys_own_is_left_alone(gateway: Machine) -> None:
    place = Path(gateway.disk / "etc/systemd/system/bandgap-report.timer")
    before = place.read_text()
    place.write_text("[Timer]\nOnCalendar=daily\n")
    done = gateway.run("bandgap", "service", "install", check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "bandgap: /etc/systemd/system/bandgap-report.timer: not written by bandgap; move it away first\n"
    )
    place.write_text(before)


def test_an_installation_in_a_home_is_refused(gateway: Machine) -> None:
    """The service couldn't look into it."""
    done = gateway.run("/root/bandgap/bin/bandgap", "service", "install", check=False)
    assert done.returncode == 1
    assert "/root/bandgap/bin/bandgap: in somebody's home, where a service may not look" in done.stderr
    assert done.stderr.count("\n") == 1


def test_who_is_not_root_is_told_so(gateway: Machine) -> None:
    words = ("setpriv", "--reuid=65534", "--clear-groups", "bandgap", "service", "remove")
    done = gateway.run(*words, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "bandgap: only root may do that; run: sudo bandgap service remove\n",
    )


def test_remove_takes_the_units_and_leaves_the_samples(gateway: Machine) -> None:
    said = gateway.run("bandgap", "service", "remove").stdout
    assert said.startswith(f"removed: {AGENT}")
    assert not list((gateway.disk / "etc/systemd/system").glob("bandgap*"))
    assert (gateway.disk / "var/lib/private/bandgap/bandgap.sqlite").exists()
    assert (
        gateway.run("bandgap", "service", "remove").stdout
        == "There is no service that bandgap has installed.\n"
    )
    assert gateway.run("bandgap", "service", "status", check=False).returncode == 1
