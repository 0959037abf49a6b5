"""The units keep what they promise: hardened, never blocked by the network, not restarted on bad settings."""

import configparser
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from tests.commands import ROOT

UNITS = sorted((ROOT / "systemd").glob("*.service"))
AGENT, REPORT, TIMER, SOCKET = (
    ROOT / "systemd" / name
    for name in (
        *("bandgap-agent.service", "bandgap-report.service", "bandgap-report.timer"),
        "bandgap-collector.socket",
    )
)
systemd_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze isn't installed"
)


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys have capitals
    parser.read_string("\n".join(line for line in path.read_text().splitlines() if not line.startswith("#")))
    return parser


@systemd_analyze
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_exposure_is_at_most_1_3(path: Path) -> None:
    """systemd's own score of what a unit may do; 1.3 is 13 tenths."""
    said = analyze("security", "--offline=true", "--threshold=13", "--no-pager", str(path))
    assert said.returncode == 0, said.stdout[-300:] + said.stderr
    assert "ignoring" not in said.stderr  # an empty SetCredential= is, and stands in for nothing


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_bad_settings_are_not_tried_again(path: Path) -> None:
    """Exit code 78 ends it; everything else is started again, but for a report that is done."""
    service = unit(path)["Service"]
    assert "78" in service["RestartPreventExitStatus"].split()
    assert service["Restart"] == ("on-failure" if service["Type"] == "oneshot" else "always")


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
    assert section.get("Requires") in (None, "bandgap-collector.socket")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_call_the_console_script(path: Path) -> None:
    """`python -m agent` would run whatever folder of that name lies where the service starts."""
    command = "bandgap-collector" if path.stem == "bandgap-collector" else "bandgap"
    assert unit(path)["Service"]["ExecStart"].startswith(f"/usr/bin/{command} ")


HARDENING = (
    *("NoNewPrivileges", "CapabilityBoundingSet", "Protect", "Private", "Restrict", "LockPersonality"),
    *("MemoryDenyWriteExecute", "RemoveIPC", "SystemCall", "ProcSubset", "UMask", "MemoryMax", "CPUQuota"),
    *("DynamicUser", "User", "LoadCredential"),
)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_every_line_of_hardening_has_its_reason_above_it(path: Path) -> None:
    """A comment, or a line of the same key that has one."""
    lines = path.read_text().splitlines()
    bare = [
        line
        for before, line in pairwise(lines)
        if line.startswith(HARDENING)
        and not line.startswith(("Restart", "RestartSec"))
        and not before.startswith(("#", line.partition("=")[0] + "="))
    ]
    assert bare == []


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_what_it_may_cost_fits_a_small_machine(path: Path) -> None:
    """An agent and its report together take half of a Raspberry Pi 3's gigabyte at most, and not all its cores."""
    service = unit(path)["Service"]
    assert int(service["TasksMax"]) <= (512 if path.stem == "bandgap-collector" else 256)
    if path.stem != "bandgap-collector":
        assert service["MemoryMax"] == "256M"
        assert int(service["CPUQuota"].rstrip("%")) <= 200


def test_systemd_holds_the_collectors_socket() -> None:
    """On loopback, whatever the service does."""
    assert unit(SOCKET)["Socket"]["ListenStream"] == "127.0.0.1:8642"
    assert unit(SOCKET)["Install"]["WantedBy"] == "sockets.target"
    assert "PartOf" not in unit(SOCKET)["Unit"]


@systemd_analyze
def test_systemd_knows_every_line(tmp_path: Path) -> None:
    """`verify` names lines it doesn't know; the program is put where the units say, as it may not be here."""
    every = (*UNITS, TIMER, SOCKET)
    for path in every:
        text = re.sub(r"/usr/bin/bandgap(-collector)?", shutil.which("true") or "/bin/true", path.read_text())
        (tmp_path / path.name).write_text(text)
    said = analyze("verify", "--man=no", *(str(tmp_path / path.name) for path in every))
    ours = [line for line in said.stderr.splitlines() if "bandgap" in line]
    assert ours == [], said.stderr


def test_the_report_is_the_agents_user_and_shares_its_folder() -> None:
    """Two dynamic users would take the folder from each other: systemd gives it to whoever starts last."""
    agent, report = unit(AGENT)["Service"], unit(REPORT)["Service"]
    for key in ("DynamicUser", "User", "StateDirectory", "StateDirectoryMode", "UMask"):
        assert agent[key] == report[key]
    assert (agent["DynamicUser"], agent["User"]) == ("yes", "bandgap-agent")


def test_the_report_may_do_nothing_that_the_agent_may_not() -> None:
    """Each line of hardening is the agent's, or stricter."""
    agent, report = unit(AGENT)["Service"], unit(REPORT)["Service"]
    hardening = [
        key for key in agent if key.startswith(("Protect", "Private", "Restrict", "SystemCall", "No", "Lock"))
    ]
    hardening.remove("RestrictAddressFamilies")
    for key in hardening:
        if key not in ("Restart", "RestartPreventExitStatus", "NotifyAccess"):
            assert report[key] == agent[key], key
    families = (set(each["RestrictAddressFamilies"].split()) for each in (report, agent))
    assert next(families) < next(families)
    assert report["CapabilityBoundingSet"] == ""


def test_a_mail_server_that_is_away_is_tried_for_hours_and_not_for_ever() -> None:
    """Exit code 1 is tried again; bad words (2) and bad settings (78) aren't."""
    sections = unit(REPORT)
    service = sections["Service"]
    assert (service["Type"], service["Restart"], service["RestartSec"]) == ("oneshot", "on-failure", "30min")
    assert service["RestartPreventExitStatus"].split() == ["2", "78"]
    assert sections["Unit"]["StartLimitIntervalSec"] == "12h"
    assert service["ExecStart"].endswith(" report --week last --email")


@systemd_analyze
def test_the_timer_is_monday_morning_and_catches_up() -> None:
    """systemd's own reading of the calendar; a machine that was off mails when it is on again."""
    timer = unit(TIMER)["Timer"]
    said = analyze("calendar", "--base-time=2026-11-25 12:00", timer["OnCalendar"])
    assert said.returncode == 0
    assert "Mon 2026-11-30 06:30:00" in said.stdout
    assert timer["Persistent"] == "yes"
    assert timer["RandomizedDelaySec"] == "20min"
    assert "Unit" not in timer  # the service of the same name
