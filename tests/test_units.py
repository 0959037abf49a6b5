"""The units keep what they promise: hardened, never blocked by the network, not restarted on bad settings."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.commands import ROOT

UNITS = sorted((ROOT / "systemd").glob("*.service"))


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys have capitals
    parser.read_string("\n".join(line for line in path.read_text().splitlines() if not line.startswith("#")))
    return parser


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze isn't installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_exposure_is_at_most_1_3(path: Path) -> None:
    """systemd's own score of what a unit may do; 1.3 is 13 tenths."""
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=13", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout[-300:] + said.stderr
    assert "ignoring" not in said.stderr  # an empty SetCredential= is, and stands in for nothing


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_bad_settings_are_not_tried_again(path: Path) -> None:
    """Exit code 78 ends it; everything else is started again."""
    service = unit(path)["Service"]
    assert service["RestartPreventExitStatus"] == "78"
    assert service["Restart"] == "always"


def test_systemd_is_told_that_the_agent_measures_and_lives() -> None:
    """Ready when it says so, ended when it no longer does; nobody but the agent is listened to."""
    service = unit(ROOT / "systemd" / "bandgap-agent.service")["Service"]
    assert (service["Type"], service["NotifyAccess"], service["WatchdogSec"]) == ("notify", "main", "60")
    assert "AF_UNIX" in service["RestrictAddressFamilies"].split()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_the_network_is_waited_for_but_not_required(path: Path) -> None:
    """An agent that needs the network to start can't record that there is none."""
    section = unit(path)["Unit"]
    assert section["Wants"] == "network-online.target"
    assert "Requires" not in section


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_call_the_console_script(path: Path) -> None:
    """`python -m agent` would run whatever folder of that name lies where the service starts."""
    assert unit(path)["Service"]["ExecStart"].startswith("/usr/bin/bandgap ")
