"""The agent itself: whether it runs, is watched, runs once, and keeps a store that is in order."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from agent import __version__, agent_lock, damage, heartbeat, low_disk, service_manager, store, units
from agent.doctor.finding import Finding, bad, doubtful, good
from agent.doctor.ground import Patient
from reports.faults import Fault
from reports.sentences import octets, span

BEAT_LATE = timedelta(minutes=25)
"""Two of the heartbeat's ten minutes, and a little."""


def unit(patient: Patient) -> Finding:
    """Whether systemd has the agent at work now and after the next start of the machine."""
    if not patient.systemd.is_dir():
        if agent_lock.taken(patient.state):
            return doubtful(
                "an agent runs, but systemd doesn't run this machine: who starts it after a power cut?"
            )
        return bad("no agent runs, and systemd doesn't run this machine", "bandgap run")
    told = service_manager.shown(units.AGENT)
    if told["LoadState"] != "loaded":
        return bad(f"{units.AGENT} isn't installed", "sudo bandgap service install")
    if told["ActiveState"] != "active":
        return bad(f"{units.AGENT} is {told['ActiveState']}", f"sudo systemctl enable --now {units.AGENT}")
    if told["UnitFileState"] != "enabled":
        return doubtful(
            f"{units.AGENT} runs, but not after a restart", f"sudo systemctl enable {units.AGENT}"
        )
    return good(f"{units.AGENT} runs, and starts with the machine")


def watchdog(patient: Patient) -> Finding:
    """Whether systemd watches that the agent's loop turns, and hasn't had to start it again lately."""
    if not patient.systemd.is_dir():
        return doubtful("nobody watches the agent: systemd doesn't run this machine")
    told = service_manager.shown(units.AGENT, ("WatchdogUSec", "NRestarts", "Result"))
    if told["Result"] == "watchdog":
        return bad(
            "the agent stood still and was ended", f"journalctl -u {units.AGENT}; sudo bandgap support"
        )
    if told["WatchdogUSec"] in ("", "0", "infinity"):
        return doubtful("the unit has no watchdog", f"systemctl cat {units.AGENT}")
    if told["NRestarts"] not in ("", "0"):
        return doubtful(f"it was started again {told['NRestarts']} times", f"journalctl -u {units.AGENT}")
    return good(f"fed; it would be started again after {told['WatchdogUSec']}")


def heartbeats(patient: Patient) -> Finding:
    """Whether the agent said lately that it samples."""
    beat = heartbeat.read(patient.state)
    if beat is None:
        return bad("no heartbeat: no agent has worked here yet", f"sudo systemctl start {units.AGENT}")
    if beat.state.reason:
        return doubtful(f"quiet because {beat.state.reason}", "bandgap status")
    if beat.state.at is None:
        return doubtful("its heartbeat has no date: the clock isn't believed yet", "timedatectl")
    age = patient.now - beat.state.at
    if age > BEAT_LATE:
        return bad(
            f"the last heartbeat is {span(age.total_seconds())} old", f"sudo systemctl restart {units.AGENT}"
        )
    return good(f"the last heartbeat is {span(max(0.0, age.total_seconds()))} old")


def alone(patient: Patient) -> Finding:
    """Whether another agent counts the same line: two that test it are in each other's way."""
    import psutil

    found = {}
    for process in psutil.process_iter(["pid", "ppid", "cmdline"]):
        words = process.info["cmdline"] or []
        if any(word.rpartition("/")[2] == "bandgap" for word in words[:3]) and words[-1] == "run":
            found[process.info["pid"]] = process.info["ppid"]
    others = sorted(pid for pid, parent in found.items() if parent not in found)  # its own copies aside
    if len(others) > 1:
        return doubtful(
            f"{len(others)} agents run here (pids {', '.join(map(str, others))})",
            "stop all but one; bandgap status tells which folder it is of",
        )
    return good("no second agent runs here")


def version(patient: Patient) -> Finding:
    """Whether the agent at work is the version that is installed."""
    beat = heartbeat.read(patient.state)
    if beat and beat.version != __version__ and agent_lock.taken(patient.state):
        return doubtful(
            f"{beat.version} is at work, {__version__} is installed", f"sudo systemctl restart {units.AGENT}"
        )
    return good(f"{__version__}")


def whole_store(patient: Patient) -> Finding:
    """Whether the store can be read; the whole file isn't, which would take its time."""
    if not (patient.state / store.FILE).exists():
        return doubtful("no store yet: nothing was kept", f"sudo systemctl start {units.AGENT}")
    if damage.suspected(patient.state):
        return bad("the store is damaged; the agent sets it aside at its next start", "sudo bandgap salvage")
    try:
        connection = store.open_store(patient.state, read_only=True)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        waiting = damage.waiting(patient.state, connection)
        connection.close()
    except (Fault, sqlite3.Error) as fault:
        return bad(str(fault), "sudo bandgap salvage")
    if waiting:
        return doubtful(f"{len(waiting)} damaged stores wait to be salvaged", "sudo bandgap upload")
    return good(f"in order, {octets((patient.state / store.FILE).stat().st_size)}")


def disk(patient: Patient) -> Finding:
    """Room for years, and a disk that takes writing."""
    folder = next(one for one in (patient.state, *patient.state.parents) if one.exists())
    if low_disk.read_only(folder):
        return bad(f"the disk of {folder} is mounted read-only", "dmesg | tail; sudo mount -o remount,rw /")
    free = low_disk.free_bytes(folder)
    if free < low_disk.LOW_BYTES:
        return bad(
            f"{octets(free)} free: the store grows no more",
            "sudo apt clean; sudo journalctl --vacuum-size=50M",
        )
    if free < 20 * low_disk.LOW_BYTES:
        return doubtful(f"{octets(free)} free", "sudo apt clean; sudo journalctl --vacuum-size=50M")
    return good(f"{octets(free)} free")


def wear(patient: Patient) -> Finding:
    """What an eMMC says of its own life (JESD84-B51, DEVICE_LIFE_TIME_EST); other disks aren't asked."""
    worst = 0
    for file in sorted(patient.sys.glob("block/mmcblk*/device/life_time")):
        try:
            worst = max([worst, *(int(each, 16) for each in file.read_text().split())])
        except (OSError, ValueError):
            continue
    if worst >= 0x0B:
        return bad("the eMMC has outlived what it was made for", "replace it; sudo bandgap backup FILE first")
    if worst >= 0x09:
        return doubtful(
            f"{(worst - 1) * 10} % of the eMMC's life is used", "plan to replace it; bandgap backup FILE"
        )
    return good(f"less than {worst * 10} % of the eMMC's life is used" if worst else "this disk doesn't tell")
