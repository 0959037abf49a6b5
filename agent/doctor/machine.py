"""The machine: its port to the Internet, its processor and its clock."""

from __future__ import annotations

import os

from agent import clock, counters
from agent.doctor.finding import Finding, bad, doubtful, good
from agent.doctor.ground import Patient
from agent.reach import ladder


def port(patient: Patient) -> Finding:
    """The interface to the Internet and its carrier."""
    name = patient.interface
    if name is None:
        return bad("no interface has a default route", 'ip route; or name it: [measure] interface = "eth0"')
    if broken := ladder.link(name, patient.ground):
        return bad(broken.detail, f"ip link show {name}; is the cable in?")
    return good(f"{name} has carrier")


def speed(patient: Patient) -> Finding:
    """Whether the port carries what was bought, both ways at once."""
    name, config = patient.interface, patient.config
    if name is None:
        return bad("no interface to ask", "ip route")
    found, duplex = _number(patient, name, "speed"), _word(patient, name, "duplex")
    if duplex == "half":
        return bad(
            f"{name} is half duplex: a bad cable, or the other end is set by hand", f"sudo ethtool {name}"
        )
    bought = max(filter(None, (config.contract.down_mbps, config.contract.up_mbps)), default=None)
    if found is None or found <= 0:
        return doubtful(f"{name} doesn't tell its speed (Wi-Fi, a tunnel, a virtual port)")
    if bought is not None and found < bought:
        return bad(
            f"{name} runs at {found:g} Mbps, the contract is of {bought:g}: a bad cable, or an old port",
            f"change the cable, then: sudo ethtool {name}",
        )
    if bought is not None and found < bought * 1.06:  # headers of Ethernet, IP and TCP take as much
        return doubtful(f"{name} at {found:g} Mbps can't show all of a contract of {bought:g}")
    return good(f"{found:g} Mbps{', full duplex' if duplex == 'full' else ''}")


def _word(patient: Patient, name: str, what: str) -> str | None:
    """What the driver says (Documentation/ABI/testing/sysfs-class-net); EINVAL of a port that is down."""
    try:
        return (patient.ground.net / name / what).read_text().strip()
    except OSError:
        return None


def _number(patient: Patient, name: str, what: str) -> float | None:
    try:
        return float(_word(patient, name, what) or "")
    except ValueError:
        return None


def processor(patient: Patient) -> Finding:
    """Whether the processor has room for a test: what runs, by the kernel's mean of five minutes."""
    try:
        load = float((patient.ground.proc / "loadavg").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return doubtful("the kernel doesn't tell the load")
    cores = os.cpu_count() or 1
    words = f"load {load:g} on {cores} core{'s' if cores > 1 else ''}"
    if load > cores:
        return doubtful(f"{words}: tests would measure this machine", "top")
    return good(words)


def clock_set(patient: Patient) -> Finding:
    """Whether the clock is set at all, and by a time server."""
    if patient.now < clock.EARLIEST:
        return bad(f"the clock says {patient.now:%Y-%m-%d}", "sudo timedatectl set-ntp true")
    told = clock.synchronised()
    if told is False:
        return doubtful("no time server has set the clock since the start", "sudo timedatectl set-ntp true")
    return good("set by a time server" if told else "set; nobody says by whom")


def settings(patient: Patient) -> Finding:
    """Whether the school's facts are there. The file itself is right, or there were no doctor."""
    config = patient.config
    if config.path is None:
        return doubtful("no settings file; the defaults hold", "sudo bandgap setup")
    if config.missing_for_a_verdict:
        return doubtful(config.missing_for_a_verdict, "sudo bandgap setup")
    if counters.link(patient.interface or "").up is False and config.measure.interface != "auto":
        return bad(
            f"measure.interface names {config.measure.interface}, which is down or isn't there", "ip link"
        )
    return good(f"{config.path}")
